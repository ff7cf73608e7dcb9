#include "source/server/configure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "test/source/server/fake_filters.h"

namespace headgate::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kOneOfEach = R"({
  "workers": 3,
  "listeners": [{"address": "127.0.0.1:80", "max_connections": 7, "routes": [{"cluster": "app"}]}],
  "clusters": [{"name": "app", "endpoints": ["127.0.0.1:81"], "connect_timeout": "9s"}]})";
constexpr std::string_view kTwoOfEach = R"({
  "listeners": [{"address": ":80", "routes": [{"cluster": "a"}]}, {"address": ":81", "routes": [{"cluster": "b"}]}],
  "clusters": [{"name": "a", "endpoints": ["127.0.0.1:1"]}, {"name": "b", "endpoints": ["127.0.0.1:2"]}]})";

class ConfigureTest : public testing::Test {
 protected:
  ConfigureTest() { registerFakeFilters(); }
  ~ConfigureTest() override { std::remove(path_.c_str()); }

  Startup run(std::vector<std::string> arguments) {
    std::vector<const char*> argv{"headgate"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    config::ReferenceSources sources;
    sources.variable = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      if (found == environment_.end()) return std::nullopt;
      return found->second;
    };
    return prepare(static_cast<int>(argv.size()), argv.data(), sources);
  }

  const std::string& file(std::string_view text) {
    const int fd = ::mkstemp(path_.data());
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fd);
    return path_;
  }

  std::map<std::string, std::string, std::less<>> environment_;
  std::string path_ = testing::TempDir() + "headgate-configure-test-XXXXXX";
};

TEST_F(ConfigureTest, FlagsAloneKeepClientsInMemory) {
  const Startup startup = run({"--listen", ":8080", "--backend", "127.0.0.1:8081"});
  ASSERT_TRUE(startup.bootstrap) << startup.err;
  EXPECT_EQ(startup.bootstrap->storage.kind, limits::StorageKind::Memory);
}

TEST_F(ConfigureTest, AFileKeepsClientsInTheStateDirectory) {
  const std::string& path = file(kOneOfEach);
  EXPECT_EQ(run({"-c", path}).bootstrap->storage.kind, limits::StorageKind::Sqlite);
  EXPECT_EQ(run({"-c", path}).bootstrap->storage.sqlite.path, "./headgate.db");
  environment_["STATE_DIRECTORY"] = "/var/lib/headgate";
  EXPECT_EQ(run({"-c", path}).bootstrap->storage.sqlite.path, "/var/lib/headgate/headgate.db");
  EXPECT_EQ(run({"-c", path}).bootstrap->storage.localCopy.path, "/var/lib/headgate/headgate-copy.db");
}

TEST_F(ConfigureTest, RunsFromFlagsAlone) {
  const Startup startup = run({"--listen", ":8080", "--backend", "http://127.0.0.1:8081/", "--backend",
                               "localhost:8082", "--lb", "least_conn"});
  ASSERT_TRUE(startup.bootstrap) << startup.err;
  EXPECT_EQ(startup.bootstrap->listeners.at(0).address.text(), "0.0.0.0:8080");
  EXPECT_EQ(startup.bootstrap->listeners.at(0).name, "0.0.0.0:8080");
  const upstream::ClusterConfig& cluster = startup.bootstrap->clusters.at(0);
  ASSERT_EQ(cluster.endpoints.size(), 2u);
  EXPECT_EQ(cluster.endpoints[1].address.text(), "127.0.0.1:8082");
  EXPECT_EQ(cluster.lbPolicy, upstream::LbPolicy::LeastRequest);
}

TEST_F(ConfigureTest, RunsFromTheEnvironmentAlone) {
  environment_ = {
      {"HEADGATE_LISTEN", "127.0.0.1:1"}, {"HEADGATE_BACKENDS", "127.0.0.1:2,127.0.0.1:3"}, {"HEADGATE_WORKERS", "5"}};
  const Startup startup = run({});
  ASSERT_TRUE(startup.bootstrap) << startup.err;
  EXPECT_EQ(startup.bootstrap->clusters.at(0).endpoints.size(), 2u);
  EXPECT_EQ(startup.bootstrap->workers, 5u);
}

TEST_F(ConfigureTest, WithoutAnythingSaysWhatToDo) {
  const Startup startup = run({});
  EXPECT_FALSE(startup.bootstrap);
  EXPECT_EQ(startup.exitCode, kExitBadUsage);
  EXPECT_EQ(
      startup.err,
      "headgate: no configuration; give a file with -c FILE, or an address and backends: --listen :8080 --backend "
      "http://127.0.0.1:8081\n");
}

TEST_F(ConfigureTest, SaysWhichHalfOfTheFlagsIsMissing) {
  EXPECT_THAT(run({"--listen", ":80"}).err, HasSubstr("--backend: missing"));
  EXPECT_THAT(run({"--backend", "127.0.0.1:1"}).err, HasSubstr("--listen: missing"));
}

TEST_F(ConfigureTest, FlagsReplaceWhatTheFileSays) {
  environment_ = {{"HEADGATE_LB", "random"}, {"HEADGATE_LISTEN", ":9"}};
  const Startup startup =
      run({"-c", file(kOneOfEach), "--listen", "127.0.0.1:90", "--backend", "127.0.0.1:91", "--log-level", "error"});
  ASSERT_TRUE(startup.bootstrap) << startup.err;
  const proxy::ListenerConfig& listener = startup.bootstrap->listeners.at(0);
  EXPECT_EQ(listener.address.text(), "127.0.0.1:90");
  EXPECT_EQ(listener.name, "127.0.0.1:90");
  EXPECT_EQ(listener.maxConnections, 7u);
  const upstream::ClusterConfig& cluster = startup.bootstrap->clusters.at(0);
  ASSERT_EQ(cluster.endpoints.size(), 1u);
  EXPECT_EQ(cluster.endpoints[0].address.text(), "127.0.0.1:91");
  EXPECT_EQ(cluster.connectTimeout, std::chrono::seconds(9));
  EXPECT_EQ(cluster.lbPolicy, upstream::LbPolicy::Random);
  EXPECT_EQ(startup.bootstrap->workers, 3u);
  EXPECT_EQ(startup.bootstrap->log.level, LogLevel::Error);
}

TEST_F(ConfigureTest, RefusesToReplaceOneOfSeveral) {
  const Startup startup = run({"-c", file(kTwoOfEach), "--listen", ":1", "--backend", "127.0.0.1:1", "--lb", "random"});
  EXPECT_EQ(startup.exitCode, kExitBadUsage);
  EXPECT_EQ(startup.err,
            "--listen: can replace the address of a single listener only, and the file has 2\n"
            "--backend: can replace the endpoints of a single cluster only, and the file has 2\n"
            "--lb: can replace the policy of a single cluster only, and the file has 2\n");
}

TEST_F(ConfigureTest, NamesTheFlagOrVariableOfABadValue) {
  environment_ = {{"HEADGATE_BACKENDS", "app,127.0.0.1:1,127.0.0.1:1"}, {"HEADGATE_WORKERS", "many"}};
  const Startup startup = run({"--listen", "nowhere", "--lb", "rr", "--log-level", "loud"});
  EXPECT_EQ(startup.exitCode, kExitBadUsage);
  EXPECT_THAT(startup.err, HasSubstr("--listen: expected an address such as"));
  EXPECT_THAT(startup.err, HasSubstr("HEADGATE_BACKENDS: expected an address such as"));
  EXPECT_THAT(startup.err, HasSubstr("HEADGATE_BACKENDS: \"127.0.0.1:1\" is given twice"));
  EXPECT_THAT(startup.err, HasSubstr("HEADGATE_WORKERS: expected a whole number from 0 to 256, got \"many\""));
  EXPECT_THAT(startup.err, HasSubstr("--lb: expected one of \"round_robin\", \"least_request\", \"random\", "
                                     "\"ring_hash\", \"maglev\", got \"rr\""));
  EXPECT_THAT(startup.err, HasSubstr("--log-level: expected one of \"debug\""));
}

TEST_F(ConfigureTest, ABackendMustNotBeAnUrlWithAPath) {
  EXPECT_EQ(run({"--listen", ":1", "--backend", "http://127.0.0.1:80/app"}).exitCode, kExitBadUsage);
  EXPECT_THAT(run({"--listen", ":1", "--backend", "https://127.0.0.1:443"}).err, HasSubstr("no TLS to backends"));
}

TEST_F(ConfigureTest, ABadFileEndsWithOneAndReportsFlagsToo) {
  const Startup startup = run({"--test", "-c", file("{\"workers\": -1}"), "--lb", "rr"});
  EXPECT_EQ(startup.exitCode, kExitBadConfig);
  EXPECT_THAT(startup.out, IsEmpty());
  EXPECT_THAT(startup.err, HasSubstr("--lb: expected"));
  EXPECT_THAT(startup.err, HasSubstr(path_ + ":1:13 /workers: expected a whole number from 0 to 256, got -1"));
  EXPECT_THAT(startup.err, HasSubstr("/listeners: missing"));
}

TEST_F(ConfigureTest, AMissingFileEndsWithOne) {
  const Startup startup = run({"-c", "/does/not/exist.json"});
  EXPECT_EQ(startup.exitCode, kExitBadConfig);
  EXPECT_EQ(startup.err, "/does/not/exist.json: cannot be read: No such file or directory\n");
  EXPECT_EQ(run({"-c", ""}).exitCode, kExitBadUsage);
}

TEST_F(ConfigureTest, TestOfAGoodFileSaysSo) {
  const Startup startup = run({"-t", "-c", file(kTwoOfEach)});
  EXPECT_EQ(startup.exitCode, kExitOk);
  EXPECT_FALSE(startup.bootstrap);
  EXPECT_EQ(startup.out, path_ + ": OK (2 listeners, 2 clusters)\n");
}

TEST_F(ConfigureTest, AWarningDoesNotMakeAFileBad) {
  constexpr std::string_view kTwice =
      R"({"listeners": [{"address": ":80", "routes": [{"cluster": "a"}, {"cluster": "a"}]}],
      "clusters": [{"name": "a", "endpoints": ["127.0.0.1:1"]}]})";
  const Startup startup = run({"-t", "-c", file(kTwice)});
  EXPECT_EQ(startup.exitCode, kExitOk);
  EXPECT_THAT(startup.err, HasSubstr("/listeners/0/routes/1: warning: never matches: /listeners/0/routes/0 takes"));
  EXPECT_THAT(startup.out, HasSubstr("OK"));
  const Startup json = run({"-t", "--format", "json", "-c", path_});
  EXPECT_THAT(json.out, HasSubstr("{\"ok\":true,\"count\":0,\"errors\":[],\"warnings\":[{"));
  EXPECT_THAT(json.err, IsEmpty());
}

TEST_F(ConfigureTest, FormatJsonIsForMachines) {
  EXPECT_EQ(run({"-t", "--format", "json", "--listen", ":1", "--backend", "127.0.0.1:1"}).out,
            "{\"ok\":true,\"count\":0,\"errors\":[],\"warnings\":[]}\n");
  const Startup bad = run({"-t", "--format", "json", "-c", file("{")});
  EXPECT_EQ(bad.exitCode, kExitBadConfig);
  EXPECT_THAT(bad.err, IsEmpty());
  EXPECT_THAT(bad.out, HasSubstr("\"line\":1,\"column\":2"));
}

TEST_F(ConfigureTest, PrintConfigShowsTheFileThatFlagsStandFor) {
  const Startup startup = run({"--print-config", "--listen", ":8080", "--backend", "127.0.0.1:8081"});
  EXPECT_EQ(startup.exitCode, kExitOk);
  EXPECT_FALSE(startup.bootstrap);
  EXPECT_THAT(startup.out, HasSubstr("\"address\": \"0.0.0.0:8080\""));
  const Startup again = run({"--test", "-c", file(startup.out)});
  EXPECT_EQ(again.exitCode, kExitOk) << again.err;
}

}  // namespace
}  // namespace headgate::server
