// What can befall a SQLite file. What it has in common with other stores: store_conformance_test.cc.
#include "source/limits/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "source/limits/migrations.h"
#include "test/support/temporary_folder.h"

namespace headgate::limits {
namespace {

using testing::HasSubstr;

class SqliteStoreTest : public testing::Test {
 protected:
  base::Status put(SqliteStore& store, const std::string& id) {
    Write write;
    write.client.id = id;
    write.client.labels = {{"padding", std::string(200, 'x')}};
    const auto result = store.write(write, 1);
    if (!result) return tl::unexpected(result.error());
    return {};
  }
  size_t count(SqliteStore& store) {
    const auto page = store.page("", 1'000'000);
    EXPECT_TRUE(page) << page.error().message;
    return page ? page->size() : 0;
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_.path("clients.db");
};

TEST_F(SqliteStoreTest, APlaceThatCannotBeWrittenIsNamedAndNeedsAPerson) {
  for (const std::string& path : {folder_.path("no/such/folder.db"), folder_.path("")}) {
    SqliteStore store(path);
    const base::Status opened = store.open();
    ASSERT_FALSE(opened) << path;
    EXPECT_FALSE(opened.error().retryable);
    EXPECT_THAT(opened.error().message, HasSubstr(path));
  }
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsNamedAndLeftAlone) {
  const std::string text(10'000, 'x');
  std::ofstream(path_) << text;
  SqliteStore store(path_);
  const base::Status opened = store.open();
  ASSERT_FALSE(opened);
  EXPECT_FALSE(opened.error().retryable);
  EXPECT_THAT(opened.error().message, HasSubstr(path_));
  EXPECT_THAT(opened.error().message, HasSubstr("restore it from a backup"));
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(SqliteStoreTest, ADamagedPageIsAnErrorThatNamesTheFile) {
  {
    SqliteStore store(path_);
    ASSERT_TRUE(store.open());
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(put(store, "c" + std::to_string(i)));
  }
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path_));
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(size / 2);
    file << std::string(static_cast<size_t>(size / 3), '\x7f');
  }
  SqliteStore store(path_);
  base::Status status = store.open();
  if (status) {
    const auto page = store.page("", 1000);
    if (!page) status = tl::unexpected(page.error());
  }
  ASSERT_FALSE(status);
  EXPECT_FALSE(status.error().retryable);
  EXPECT_THAT(status.error().message, HasSubstr(path_));
}

TEST_F(SqliteStoreTest, ALockThatAnotherProcessHoldsPasses) {
  SqliteStore store(path_);
  ASSERT_TRUE(store.open());
  ASSERT_TRUE(put(store, "before"));
  auto other = sqlite::Database::open(path_, sqlite::Database::Create::No);
  ASSERT_TRUE(other->exec("BEGIN IMMEDIATE"));
  const base::Status locked = put(store, "during");
  ASSERT_FALSE(locked);
  EXPECT_TRUE(locked.error().retryable);
  EXPECT_THAT(locked.error().message, HasSubstr("another process holds the lock"));
  EXPECT_EQ(count(store), 1U) << "reads go on";
  EXPECT_FALSE(store.open());

  ASSERT_TRUE(other->exec("ROLLBACK"));
  ASSERT_TRUE(store.open());
  EXPECT_TRUE(put(store, "after"));
  EXPECT_EQ(count(store), 2U);
}

/// While it lives no file of this process may grow beyond some bytes, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(SqliteStoreTest, AFullDiskRefusesWritesAndLosesNothing) {
  SqliteStore store(path_);
  ASSERT_TRUE(store.open());
  size_t acknowledged = 0;
  {
    const FullDisk full(400'000);
    base::Status status;
    while ((status = put(store, "c" + std::to_string(acknowledged)))) ++acknowledged;
    EXPECT_TRUE(status.error().retryable) << status.error().message;
    EXPECT_THAT(status.error().message, HasSubstr(path_));
    EXPECT_EQ(count(store), acknowledged);
  }
  EXPECT_GT(acknowledged, 10U);
  ASSERT_TRUE(store.open());
  EXPECT_TRUE(put(store, "more"));
  EXPECT_EQ(count(store), acknowledged + 1);
}

TEST_F(SqliteStoreTest, AProcessThatIsKilledLosesNothingThatItAcknowledged) {
  int acknowledged[2];
  ASSERT_EQ(::pipe(acknowledged), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SqliteStore store(path_);
    if (!store.open()) ::_exit(1);
    for (int i = 0;; ++i) {
      if (!put(store, "c" + std::to_string(i))) ::_exit(1);
      if (::write(acknowledged[1], &i, sizeof(i)) != sizeof(i)) ::_exit(1);
    }
  }
  int last = 0;
  while (last < 50 && ::read(acknowledged[0], &last, sizeof(last)) == sizeof(last)) continue;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(acknowledged[1]);
  while (::read(acknowledged[0], &last, sizeof(last)) == sizeof(last)) continue;
  ::close(acknowledged[0]);
  ASSERT_GE(last, 50);

  SqliteStore store(path_);
  ASSERT_TRUE(store.open());
  const size_t found = count(store);
  EXPECT_GE(found, static_cast<size_t>(last) + 1);
  EXPECT_EQ(store.head()->revision, found);
}

TEST_F(SqliteStoreTest, ASchemaOfANewerProgramIsRefused) {
  {
    SqliteStore store(path_);
    ASSERT_TRUE(store.open());
  }
  auto database = sqlite::Database::open(path_, sqlite::Database::Create::No);
  ASSERT_TRUE(database->exec("PRAGMA user_version = 1000"));
  SqliteStore store(path_);
  const base::Status opened = store.open();
  ASSERT_FALSE(opened);
  EXPECT_FALSE(opened.error().retryable);
  EXPECT_THAT(opened.error().message, HasSubstr("version 1000"));
}

TEST_F(SqliteStoreTest, AnOlderSchemaIsBroughtUpToDateWithItsClients) {
  {
    auto database = sqlite::Database::open(path_, sqlite::Database::Create::Yes);
    ASSERT_TRUE(database->exec(std::string(migrations()[0].sqlite).c_str()));
    ASSERT_TRUE(
        database->exec("INSERT INTO headgate_state VALUES (1, 'abc', 4, 0, '');"
                       "INSERT INTO headgate_clients VALUES ('old', 7, 0.5, 'shadow', '{\"a\":\"b\"}', 4, 1, 2); "
                       "PRAGMA user_version = 1"));
  }
  SqliteStore store(path_);
  const auto told = store.migrate(true);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->before, 1U);
  EXPECT_EQ(told->steps, (std::vector<std::string>{"2 buckets"}));
  const base::Status opened = store.open();
  ASSERT_TRUE(opened) << opened.error().message;
  const auto page = store.page("", 10);
  ASSERT_EQ(page->size(), 1U);
  EXPECT_EQ(page->front().mode, Mode::Shadow);
  EXPECT_EQ(page->front().labels, (Labels{{"a", "b"}}));
  EXPECT_EQ(store.head()->identity, "abc");
  EXPECT_TRUE(store.saveBuckets("n", std::vector<BucketCheckpoint>{{"old", {}}}));
}

TEST_F(SqliteStoreTest, LabelsThatSomebodyElseBrokeCountAsNone) {
  SqliteStore store(path_);
  ASSERT_TRUE(store.open());
  ASSERT_TRUE(put(store, "a"));
  auto other = sqlite::Database::open(path_, sqlite::Database::Create::No);
  for (const char* labels : {"", "{", "[1]", "{\"a\":1}", "7"}) {
    auto statement = other->prepare("UPDATE headgate_clients SET labels = ?1");
    ASSERT_TRUE(statement->bind(1, std::string_view(labels)).run());
    const auto page = store.page("", 10);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_TRUE(page->front().labels.empty()) << labels;
  }
}

TEST_F(SqliteStoreTest, TheTablesRefuseWhatIsNoClient) {
  SqliteStore store(path_);
  ASSERT_TRUE(store.open());
  auto other = sqlite::Database::open(path_, sqlite::Database::Create::No);
  for (const char* values :
       {"'', 1, 1, 'off'", "'a', 0.5, 1, 'off'", "'a', 1, -1, 'off'", "'a', 1, 1, 'on'", "'a', 1e9, 0.1, 'off'"}) {
    const std::string sql =
        std::string("INSERT INTO headgate_clients (id, capacity, rate_per_sec, mode, revision, created_at, ") +
        "updated_at) VALUES (" + values + ", 1, 1, 1)";
    EXPECT_FALSE(other->exec(sql.c_str())) << values;
  }
}

}  // namespace
}  // namespace headgate::limits
