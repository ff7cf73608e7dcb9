#include "admin/client_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/config/parser.h"

namespace headgate::admin {
namespace {

using testing::HasSubstr;

struct Read {
  limits::Client client;
  std::vector<config::Error> errors;
};

Read read(std::string_view text, const Dialect& dialect = kClients, const IdRule& rule = {}) {
  config::Errors errors("", text);
  const auto root = config::parseJson(text, {}, errors);
  Read result;
  if (root) result.client = readClient(*root, dialect, rule, errors);
  result.errors = errors.sorted();
  return result;
}

TEST(ClientJson, ReadsAWholeClientInBothDialects) {
  const Read current = read(R"({"client_id":"a","capacity":2.5,"rate_per_sec":0,"mode":"block","labels":{"k":"v"}})");
  EXPECT_TRUE(current.errors.empty());
  EXPECT_EQ(current.client.id, "a");
  EXPECT_EQ(current.client.limit, (limits::LimitSpec{2.5, 0}));
  EXPECT_EQ(current.client.mode, limits::Mode::Block);
  const Read older = read(R"({"id":"a","capacity":2.5,"refill_rate":7})", kOlder);
  EXPECT_TRUE(older.errors.empty());
  EXPECT_EQ(older.client.limit.ratePerSec, 7);
}

TEST(ClientJson, TellsNullFromAbsent) {
  const Read given = read(R"({"capacity":1,"rate_per_sec":1,"mode":null,"labels":null})");
  ASSERT_EQ(given.errors.size(), 2U);
  EXPECT_EQ(given.errors[0].pointer, "/mode");
  EXPECT_EQ(given.errors[1].pointer, "/labels");
}

TEST(ClientJson, WantsTheIdOfThePathIfAny) {
  const std::string_view text = R"({"client_id":"b","capacity":1,"rate_per_sec":1})";
  EXPECT_TRUE(read(text, kClients, {IdRule::Kind::Optional, "b"}).errors.empty());
  const Read other = read(text, kClients, {IdRule::Kind::Optional, "a"});
  ASSERT_EQ(other.errors.size(), 1U);
  EXPECT_THAT(other.errors[0].message, HasSubstr("expected the id of the path, \"a\", got \"b\""));
  EXPECT_EQ(read(R"({"capacity":1,"rate_per_sec":1})", kClients, {IdRule::Kind::Required, {}}).errors.at(0).pointer,
            "/client_id");
}

TEST(ClientJson, ChecksAPatchAgainstWhatStands) {
  const std::string_view text = R"({"rate_per_sec":0.5})";
  config::Errors errors("", text);
  const auto root = config::parseJson(text, {}, errors);
  limits::Client standing;
  standing.limit = {1e9, 1};
  (void)readPatch(*root, kClients, "a", &standing, errors);
  ASSERT_EQ(errors.count(), 1U);
  EXPECT_EQ(errors.sorted()[0].pointer, "/rate_per_sec");
  config::Errors none("", text);
  EXPECT_EQ(readPatch(*root, kClients, "a", nullptr, none).ratePerSec, 0.5);
  EXPECT_TRUE(none.empty());
}

TEST(ClientJson, SaysWhatChanged) {
  limits::Client before;
  before.limit = {100, 10};
  limits::Client after = before;
  EXPECT_EQ(difference(before, after), "");
  after.limit.capacity = 200;
  after.mode = limits::Mode::Shadow;
  after.labels["plan"] = "gold";
  EXPECT_EQ(difference(before, after), "capacity 100 -> 200, mode enforce -> shadow, labels changed");
}

TEST(ClientJson, ShowsABucketThatNeverComesBackAsNull) {
  limits::BucketView view;
  view.retryAfter = limits::Terms::kNever;
  const std::string text = clientDocument(kClients, "a", nullptr, view);
  EXPECT_THAT(text, HasSubstr(R"("retry_after_s":null)"));
  EXPECT_THAT(text, HasSubstr(R"("source":"default")"));
  EXPECT_THAT(text, HasSubstr(R"("last_seen":null)"));
}

}  // namespace
}  // namespace headgate::admin
