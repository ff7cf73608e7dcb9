// What can befall a PostgreSQL. What it has in common with other stores: store_conformance_test.cc.
#include "source/limits/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "source/limits/migrations.h"
#include "test/source/limits/proxy.h"
#include "test/support/postgres_server.h"
#include "test/support/temporary_folder.h"

namespace headgate::limits {
namespace {

using namespace std::chrono_literals;
using postgres::Connection;
using test::PostgresServer;
using testing::HasSubstr;
using testing::Not;

Write putOf(std::string id, double capacity = 10) {
  Write write;
  write.client.id = std::move(id);
  write.client.limit = {capacity, 0};
  return write;
}

base::Status exec(const std::string& dsn, const std::string& sql) {
  auto connection = Connection::open(dsn);
  if (!connection) return tl::unexpected(connection.error());
  return connection->exec(sql);
}

/// With the server that all tests share.
class PostgresStoreTest : public testing::Test {
 protected:
  const std::string dsn_ = PostgresServer::shared().newDatabase();
  PostgresStore store_{dsn_};
};

TEST_F(PostgresStoreTest, ManyProxiesMayStartOnAnEmptyDatabaseAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> errors(8);
  for (std::string& error : errors) {
    threads.emplace_back([&error, this] {
      PostgresStore store(dsn_);
      if (const auto opened = store.open(); !opened) error = opened.error().message;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(errors, std::vector<std::string>(8));
}

TEST_F(PostgresStoreTest, ADryRunTellsTheStepsAndMakesNothing) {
  const auto told = store_.migrate(true);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->steps, (std::vector<std::string>{"1 clients", "2 buckets"}));
  EXPECT_FALSE(exec(dsn_, "SELECT 1 FROM headgate_schema"));
}

TEST_F(PostgresStoreTest, AnOlderSchemaIsBroughtUpToDateWithItsClients) {
  ASSERT_TRUE(
      exec(dsn_, std::string(migrations()[0].postgres) +
                     "CREATE TABLE headgate_schema (version integer PRIMARY KEY, name text NOT NULL, applied_at "
                     "timestamptz NOT NULL DEFAULT now());"
                     "INSERT INTO headgate_schema VALUES (1, 'clients');"
                     "INSERT INTO headgate_state VALUES (1, 'abc', 4, 0);"
                     "INSERT INTO headgate_clients VALUES ('old', 7, 0.5, 'shadow', '{}', 4, 1, 2)"));
  const base::Status opened = store_.open();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(store_.page("", 10)->front().mode, Mode::Shadow);
  EXPECT_EQ(store_.head()->identity, "abc");
  EXPECT_TRUE(store_.saveBuckets("n", std::vector<BucketCheckpoint>{{"old", {}}}));
}

TEST_F(PostgresStoreTest, ASchemaOfANewerProgramIsRefused) {
  ASSERT_TRUE(store_.open());
  ASSERT_TRUE(exec(dsn_, "INSERT INTO headgate_schema VALUES (1000, 'x')"));
  PostgresStore store(dsn_);
  const base::Status opened = store.open();
  ASSERT_FALSE(opened);
  EXPECT_FALSE(opened.error().retryable);
  EXPECT_THAT(opened.error().message, HasSubstr("version 1000"));
}

TEST_F(PostgresStoreTest, AWriteOfAnotherWakesAndOnesOwnDoesNot) {
  PostgresStore other(dsn_);
  ASSERT_TRUE(store_.open());
  ASSERT_TRUE(other.open());
  ASSERT_TRUE(store_.write(putOf("own"), 1));
  EXPECT_FALSE(*store_.takeWakes());
  ASSERT_TRUE(other.write(putOf("other"), 1));
  pollfd wake{store_.wakeDescriptor(), POLLIN, 0};
  ASSERT_EQ(::poll(&wake, 1, 30'000), 1);
  EXPECT_TRUE(*store_.takeWakes());
  EXPECT_FALSE(*store_.takeWakes());
}

TEST_F(PostgresStoreTest, AWriteThatChangesNothingWakesNobody) {
  PostgresStore other(dsn_);
  ASSERT_TRUE(store_.open());
  ASSERT_TRUE(other.open());
  ASSERT_TRUE(other.write(putOf("a"), 1));
  ASSERT_TRUE(store_.head());
  ASSERT_TRUE(store_.takeWakes());
  EXPECT_EQ(other.write(putOf("a"), 1)->status, WriteStatus::Unchanged);
  ASSERT_TRUE(store_.head());
  EXPECT_FALSE(*store_.takeWakes());
}

TEST_F(PostgresStoreTest, AnotherWritersLockIsWaitedForAndThenGivenUp) {
  ASSERT_TRUE(store_.open());
  auto other = Connection::open(dsn_);
  ASSERT_TRUE(other->exec("BEGIN; UPDATE headgate_state SET revision = revision"));
  const auto locked = store_.write(putOf("a"), 1);
  ASSERT_FALSE(locked);
  EXPECT_TRUE(locked.error().retryable);
  EXPECT_THAT(locked.error().message, HasSubstr("lock timeout"));
  ASSERT_TRUE(other->exec("ROLLBACK"));
  EXPECT_TRUE(store_.write(putOf("a"), 1)) << "the session lives on";
}

TEST_F(PostgresStoreTest, AReadOnlyServerIsNotOpen) {
  ASSERT_TRUE(store_.open());
  PostgresStore readOnly(dsn_ + " options='-c default_transaction_read_only=on'");
  const base::Status opened = readOnly.open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().retryable);
  EXPECT_THAT(opened.error().message, HasSubstr("read-only"));
}

TEST(PostgresConnection, TellsAWrongDsnWithoutRepeatingIt) {
  EXPECT_FALSE(Connection::problemOf("postgres://me:secret@host:5432/db?sslmode=require"));
  EXPECT_FALSE(Connection::problemOf("host=a,b port=1,2 target_session_attrs=read-write"));
  const auto problem = Connection::problemOf("hots=db password=hunter2");
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, Not(HasSubstr("hunter2")));
}

TEST(PostgresConnection, ShowsADsnWithoutItsSecrets) {
  EXPECT_EQ(Connection::redacted("host=db user=me"), "host=db user=me");
  const std::string shown = Connection::redacted("postgres://me:hunter2@db/clients?sslmode=require");
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, HasSubstr("password='***'"));
  EXPECT_THAT(shown, HasSubstr("sslmode='require'"));
  EXPECT_THAT(Connection::redacted("host=db sslpassword=hunter2"), Not(HasSubstr("hunter2")));
}

/// With a server of its own, which may be killed.
class PostgresOutage : public testing::Test {
 protected:
  std::unique_ptr<Store> store() { return std::make_unique<PostgresStore>(server_.dsn()); }
  std::map<std::string, double> capacities() {
    PostgresStore store(server_.dsn());
    EXPECT_TRUE(store.open());
    std::map<std::string, double> found;
    const auto page = store.page("", 100'000);
    for (const Client& client : *page) found[client.id] = client.limit.capacity;
    return found;
  }

  PostgresServer server_;
};

TEST_F(PostgresOutage, AServerThatIsAwayIsTriedAgainUntilItIsBack) {
  PostgresStore store(server_.dsn());
  ASSERT_TRUE(store.open());
  ASSERT_TRUE(store.write(putOf("a"), 1));
  server_.kill();
  const auto lost = store.write(putOf("b"), 1);
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().retryable);
  EXPECT_FALSE(store.takeWakes());
  const base::Status away = store.open();
  ASSERT_FALSE(away);
  EXPECT_TRUE(away.error().retryable);
  EXPECT_FALSE(store.page("", 1));
  server_.start();
  ASSERT_TRUE(store.open());
  EXPECT_EQ(store.page("", 10)->size(), 1U);
  EXPECT_TRUE(store.write(putOf("b"), 1));
}

TEST_F(PostgresOutage, AServerThatStandsStillIsGivenUp) {
  PostgresStore store(server_.dsn(), 300ms);
  ASSERT_TRUE(store.open());
  server_.freeze();
  const auto silent = store.write(putOf("a"), 1);
  ASSERT_FALSE(silent);
  EXPECT_TRUE(silent.error().retryable);
  EXPECT_THAT(silent.error().message, HasSubstr("no answer"));
  EXPECT_FALSE(store.head());
  server_.thaw();
  ASSERT_TRUE(store.open());
  EXPECT_TRUE(store.write(putOf("a"), 1));
}

TEST_F(PostgresOutage, AServerThatReadsNoMoreIsGivenUp) {
  auto connection = Connection::open(server_.dsn(), 300ms);
  ASSERT_TRUE(connection);
  server_.freeze();
  const base::Status sent = connection->exec("SELECT '" + std::string(size_t{32} << 20, 'x') + "'");
  server_.thaw();
  ASSERT_FALSE(sent);
  EXPECT_TRUE(sent.error().retryable);
  EXPECT_THAT(sent.error().message, HasSubstr("no answer"));
}

TEST_F(PostgresOutage, NoAcknowledgedWriteIsLostAndTheProxiesAgreeAfterwards) {
  Proxy one("one");
  Proxy two("two");
  ASSERT_TRUE(one.start(store()));
  ASSERT_TRUE(two.start(store()));
  std::map<std::string, double> acknowledged;
  size_t asked = 0;
  size_t answered = 0;
  const auto ask = [&](Proxy& proxy) {
    const std::string id = "c" + std::to_string(asked % 17);
    const double capacity = 1.0 + static_cast<double>(asked++);
    // One at a time for each client, so that the last acknowledged one is the one that must stand.
    proxy.registry.write(putOf(id, capacity), [&, id, capacity](const WriteResult& result) {
      ++answered;
      if (isChange(result.status)) acknowledged[id] = capacity;
    });
    while (answered < asked) {
      one.loop.runOnce(false);
      two.loop.runOnce(false);
    }
  };
  for (int i = 0; i < 40; ++i) ask(i % 2 == 0 ? one : two);
  std::thread killer([this] { server_.kill(); });
  while (one.registry.status().connected || two.registry.status().connected) {
    ask(one);
    ask(two);
  }
  killer.join();
  EXPECT_EQ(one.put("x", 1).status, WriteStatus::Unavailable);
  server_.start();
  one.turnUntilConnected(true);
  two.turnUntilConnected(true);
  for (int i = 0; i < 40; ++i) ask(i % 2 == 0 ? one : two);

  const std::map<std::string, double> stored = capacities();
  EXPECT_EQ(stored, acknowledged);
  const uint64_t revision = std::max(one.registry.status().revision, two.registry.status().revision);
  for (Proxy* proxy : {&one, &two}) {
    proxy->turnUntil([&] { return proxy->registry.status().revision >= revision; });
    for (const auto& [id, capacity] : stored) EXPECT_EQ(proxy->capacityOf(id), capacity) << id;
  }
}

TEST_F(PostgresOutage, AStartWhileTheServerIsAwayUsesTheLocalCopy) {
  const test::TemporaryFolder folder;
  {
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store(), folder.path("copy.db")));
    proxy.put("a", 10);
    EXPECT_EQ(proxy.spend("a", 6), 6);
  }
  server_.kill();
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store(), folder.path("copy.db"), 50ms));
  EXPECT_TRUE(proxy.registry.status().degraded);
  EXPECT_EQ(proxy.spend("a", 100), 4);
  server_.start();
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.put("a", 20).status, WriteStatus::Updated);
}

}  // namespace
}  // namespace headgate::limits
