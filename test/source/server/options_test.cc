#include "source/server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace headgate::server {
namespace {

using testing::HasSubstr;

using Environment = std::map<std::string, std::string, std::less<>>;

std::variant<Options, Farewell> parse(std::vector<const char*> arguments, const Environment& environment = {}) {
  arguments.insert(arguments.begin(), "headgate");
  return parseOptions(static_cast<int>(arguments.size()), arguments.data(),
                      [&environment](std::string_view name) -> std::optional<std::string> {
                        const auto found = environment.find(name);
                        if (found == environment.end()) return std::nullopt;
                        return found->second;
                      });
}

Options options(std::vector<const char*> arguments, const Environment& environment = {}) {
  std::variant<Options, Farewell> result = parse(std::move(arguments), environment);
  if (const Farewell* farewell = std::get_if<Farewell>(&result)) {
    ADD_FAILURE() << farewell->text;
    return {};
  }
  return std::get<Options>(result);
}

Farewell farewell(std::vector<const char*> arguments) {
  std::variant<Options, Farewell> result = parse(std::move(arguments));
  if (!std::holds_alternative<Farewell>(result)) {
    ADD_FAILURE() << "expected a farewell";
    return {};
  }
  return std::get<Farewell>(result);
}

TEST(Options, NothingGivenIsNothingSet) {
  const Options none = options({});
  EXPECT_FALSE(none.config || none.listen || none.lb || none.workers || none.logLevel);
  EXPECT_TRUE(none.backends.empty());
  EXPECT_FALSE(none.test || none.printConfig || none.json);
}

TEST(Options, ReadsEveryFlag) {
  const Options all = options({"-c", "proxy.json", "--listen", ":8080", "--backend", "http://127.0.0.1:8081",
                               "--backend=127.0.0.1:8082", "--lb", "random", "--workers", "4", "--log-level", "debug",
                               "-t", "--format", "json", "--print-config"});
  EXPECT_EQ(all.config->value, "proxy.json");
  EXPECT_EQ(all.config->origin, "--config");
  EXPECT_EQ(all.listen->value, ":8080");
  ASSERT_EQ(all.backends.size(), 2u);
  EXPECT_EQ(all.backends[0].value, "http://127.0.0.1:8081");
  EXPECT_EQ(all.backends[1].value, "127.0.0.1:8082");
  EXPECT_EQ(all.lb->value, "random");
  EXPECT_EQ(all.workers->value, "4");
  EXPECT_EQ(all.logLevel->value, "debug");
  EXPECT_TRUE(all.test && all.json && all.printConfig);
}

TEST(Options, ReadsTheEnvironment) {
  const Options all = options({}, {{"HEADGATE_CONFIG", "c"},
                                   {"HEADGATE_LISTEN", ":1"},
                                   {"HEADGATE_BACKENDS", "127.0.0.1:1, http://127.0.0.1:2,"},
                                   {"HEADGATE_LB", "random"},
                                   {"HEADGATE_WORKERS", "2"},
                                   {"HEADGATE_LOG_LEVEL", "error"}});
  EXPECT_EQ(all.config->value, "c");
  EXPECT_EQ(all.listen->origin, "HEADGATE_LISTEN");
  ASSERT_EQ(all.backends.size(), 2u);
  EXPECT_EQ(all.backends[1].value, "http://127.0.0.1:2");
  EXPECT_EQ(all.backends[1].origin, "HEADGATE_BACKENDS");
  EXPECT_EQ(all.lb->value, "random");
  EXPECT_EQ(all.workers->value, "2");
  EXPECT_EQ(all.logLevel->value, "error");
}

TEST(Options, FlagsWinOverTheEnvironment) {
  const Options all =
      options({"--listen", ":2", "--backend", "127.0.0.1:9"},
              {{"HEADGATE_LISTEN", ":1"}, {"HEADGATE_BACKENDS", "127.0.0.1:1,127.0.0.1:2"}, {"HEADGATE_LB", "random"}});
  EXPECT_EQ(all.listen->value, ":2");
  ASSERT_EQ(all.backends.size(), 1u);
  EXPECT_EQ(all.backends[0].value, "127.0.0.1:9");
  EXPECT_EQ(all.lb->value, "random");
}

TEST(Options, AnEmptyVariableCountsAsNotSet) { EXPECT_FALSE(options({}, {{"HEADGATE_CONFIG", ""}}).config); }

TEST(Options, HelpAndVersionGoToStdoutAndEndWell) {
  EXPECT_EQ(farewell({"--help"}).exitCode, kExitOk);
  EXPECT_THAT(farewell({"-h"}).text, HasSubstr("--print-config"));
  EXPECT_EQ(farewell({"--version"}).exitCode, kExitOk);
  EXPECT_EQ(farewell({"--version"}).text, std::string(versionLine()) + "\n");
}

TEST(Options, HelpNamesEveryFlagAndVariable) {
  const std::string help = farewell({"--help"}).text;
  for (const char* word : {"--config", "--listen", "--backend", "--lb", "--workers", "--log-level", "--test",
                           "--format", "--print-config", "--version", "--help", "HEADGATE_CONFIG", "HEADGATE_LISTEN",
                           "HEADGATE_BACKENDS", "HEADGATE_LB", "HEADGATE_WORKERS", "HEADGATE_LOG_LEVEL"}) {
    EXPECT_THAT(help, HasSubstr(word));
  }
}

TEST(Options, BadUsageEndsWithTwoAndSaysWhat) {
  EXPECT_EQ(farewell({"--lisen", ":1"}).exitCode, kExitBadUsage);
  EXPECT_THAT(farewell({"--lisen", ":1"}).text, HasSubstr("unknown option \"--lisen\"; did you mean --listen?"));
  EXPECT_THAT(farewell({"--zzz=1"}).text, HasSubstr("unknown option \"--zzz\"\n"));
  EXPECT_THAT(farewell({"proxy.json"}).text, HasSubstr("unexpected argument \"proxy.json\""));
  EXPECT_EQ(farewell({"--listen"}).exitCode, kExitBadUsage);
  EXPECT_EQ(farewell({"--format", "xml"}).exitCode, kExitBadUsage);
}

}  // namespace
}  // namespace headgate::server
