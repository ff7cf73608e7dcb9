#include "source/server/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "source/limits/sqlite_store.h"
#include "test/source/server/fake_filters.h"
#include "test/support/temporary_folder.h"

namespace headgate::server {
namespace {

using testing::HasSubstr;

class Migrate : public testing::Test {
 protected:
  Migrate() {
    registerFakeFilters();
    std::ofstream(config_) << R"({ "storage": { "sqlite": { "path": ")" << database_ << R"(" } },
      "listeners": [ { "address": ":80", "routes": [ { "cluster": "a" } ] } ],
      "clusters": [ { "name": "a", "endpoints": ["127.0.0.1:1"] } ] })";
  }
  Startup run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"headgate", "migrate"});
    config::ReferenceSources sources;
    sources.variable = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    };
    return prepare(static_cast<int>(arguments.size()), arguments.data(), sources);
  }

  test::TemporaryFolder folder_;
  const std::string database_ = folder_.path("clients.db");
  const std::string config_ = folder_.path("proxy.json");
  std::map<std::string, std::string, std::less<>> environment_;
};

TEST_F(Migrate, ADryRunTellsTheStepsAndMakesNothing) {
  const Startup told = run({"--dry-run", "-c", config_.c_str()});
  EXPECT_EQ(told.exitCode, kExitOk);
  EXPECT_EQ(told.out, "sqlite: version 0 to 2, not done yet\n  would apply 1 clients\n  would apply 2 buckets\n");
  EXPECT_FALSE(told.bootstrap);
  EXPECT_FALSE(std::filesystem::exists(database_));
}

TEST_F(Migrate, AppliesTheStepsOnce) {
  EXPECT_EQ(run({"-c", config_.c_str()}).out, "sqlite: version 0 to 2\n  applied 1 clients\n  applied 2 buckets\n");
  EXPECT_EQ(run({"-c", config_.c_str()}).out, "sqlite: the schema is up to date (version 2)\n");
  EXPECT_EQ(run({"--dry-run", "-c", config_.c_str()}).out, "sqlite: the schema is up to date (version 2)\n");
}

TEST_F(Migrate, FindsTheConfigByTheEnvironment) {
  environment_["HEADGATE_CONFIG"] = config_;
  EXPECT_EQ(run({}).exitCode, kExitOk);
}

TEST_F(Migrate, WithoutAConfigItSaysWhatIsMissing) {
  const Startup refused = run({});
  EXPECT_EQ(refused.exitCode, kExitBadUsage);
  EXPECT_THAT(refused.err, HasSubstr("-c FILE"));
  EXPECT_EQ(run({"--dry", "-c", config_.c_str()}).exitCode, kExitBadUsage);
}

TEST_F(Migrate, MistakesInTheConfigArePrinted) {
  std::ofstream(config_) << R"({ "storage": { "sqlte": {} } })";
  const Startup refused = run({"-c", config_.c_str()});
  EXPECT_EQ(refused.exitCode, kExitBadConfig);
  EXPECT_THAT(refused.err, HasSubstr("did you mean \"sqlite\"?"));
}

TEST_F(Migrate, ASchemaOfANewerProgramIsRefused) {
  {
    auto database = limits::sqlite::Database::open(database_, limits::sqlite::Database::Create::Yes);
    ASSERT_TRUE(database->exec("PRAGMA user_version = 99"));
  }
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"-c", config_.c_str()}, {"--dry-run", "-c", config_.c_str()}}) {
    const Startup refused = run(arguments);
    EXPECT_EQ(refused.exitCode, kExitBadConfig);
    EXPECT_THAT(refused.err,
                HasSubstr("clients.db: its schema has version 99, and this program knows versions up to 2"));
  }
}

TEST_F(Migrate, APlaceThatCannotBeWrittenIsNamed) {
  std::ofstream(config_) << R"({ "storage": { "sqlite": { "path": "/no/such/folder/clients.db" } },
      "listeners": [ { "address": ":80", "routes": [ { "cluster": "a" } ] } ],
      "clusters": [ { "name": "a", "endpoints": ["127.0.0.1:1"] } ] })";
  const Startup refused = run({"-c", config_.c_str()});
  EXPECT_EQ(refused.exitCode, kExitBadConfig);
  EXPECT_THAT(refused.err, HasSubstr("/no/such/folder/clients.db"));
  EXPECT_THAT(refused.err, HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace headgate::server
