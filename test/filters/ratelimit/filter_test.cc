#include "filters/ratelimit/filter.h"

#include <gtest/gtest.h>

#include <cstddef>

#include "source/event/loop.h"
#include "source/log/event_log.h"
#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/source/limits/fake_clock.h"
#include "test/source/log/allocations.h"

namespace headgate::filters::ratelimit {
namespace {

using api::FilterStatus;
using api::LimitDecision;
using limits::Mode;

template <typename T>
T& untouchable() {
  alignas(16) static std::byte nothing[16];
  return *static_cast<T*>(static_cast<void*>(nothing));
}

/// Only what the filter asks of a stream; a reply passes the filter as the proxy's does.
class FakeStream final : public api::StreamHandle {
 public:
  FakeStream(event::Loop& loop, const char* peer)
      : loop_(loop), arena_(loop.chunks()), request_(arena_), response_(arena_) {
    if (peer != nullptr) info_.client = *net::IpAddress::parse(peer, 1);
  }
  event::Loop& loop() override { return loop_; }
  base::Arena& arena() override { return arena_; }
  api::StreamInfo& info() override { return info_; }
  const routing::Route* route() const override { return nullptr; }
  http::MessageHead& requestHead() override { return request_; }
  FilterStatus reply(uint16_t status, std::string_view reasonToken, std::string_view) override {
    response_.status = status;
    info_.details = reasonToken;
    (void)filter_->onResponseHeaders(response_, false);
    return FilterStatus::Done;
  }
  FilterStatus reply(const base::Error&) override { return FilterStatus::Done; }
  FilterStatus replyWith(http::MessageHead&, std::string_view, std::string_view) override { return FilterStatus::Done; }
  void addRequestData(base::Buffer&) override {}
  void addResponseData(base::Buffer&) override {}
  void resumeRequest() override {}
  void resumeResponse() override {}
  void continueRequest() override {}
  void respondInformational(http::MessageHead&) override {}
  void respondHead(http::MessageHead&, bool) override {}
  void respondData(base::Buffer&, bool) override {}
  void respondTrailers(http::HeaderList&) override {}
  void abortResponse(const base::Error&) override {}
  void pauseRequest(api::PauseReason) override {}
  void unpauseRequest(api::PauseReason) override {}

  event::Loop& loop_;
  base::Arena arena_;
  http::MessageHead request_;
  http::MessageHead response_;
  api::StreamInfo info_;
  api::Filter* filter_ = nullptr;
};

class RateLimitFilterTest : public testing::Test {
 protected:
  struct Answer {
    uint16_t status;  ///< 200: it was admitted
    LimitDecision decision;
    uint32_t flags;
    std::string client, details;
    std::map<std::string, std::string> fields;
  };

  RateLimitFilterTest() { config_.defaults = {3, 1}; }

  void use(limits::UnknownClients unknown) {
    config_.unknownClients = unknown;
    worker_.reset();
  }
  void define(std::string id, double capacity, Mode mode = Mode::Enforce) {
    limits::Client client;
    client.id = std::move(id);
    client.limit = {capacity, 1};
    client.mode = mode;
    table_.define(client);
  }
  Answer ask(std::string_view id = {}, const RouteOptions* route = nullptr, const char* peer = "192.0.2.1") {
    loop_.runOnce(false);
    if (worker_ == nullptr) worker_ = factory_.makeWorkerFilter(context());
    FakeStream stream(loop_, peer);
    if (!id.empty()) stream.request_.headers.add("x-client-id", id);
    stream.filter_ = worker_->create(stream.arena(), stream, route);
    if (stream.filter_->onRequestHeaders(stream.request_, true) == FilterStatus::Continue) {
      stream.response_.status = 200;
      (void)stream.filter_->onResponseHeaders(stream.response_, false);
    }
    Answer answer{stream.response_.status,
                  stream.info_.limit,
                  stream.info_.flags,
                  std::string(stream.info_.clientId),
                  std::string(stream.info_.details),
                  {}};
    for (const http::Header& header : stream.response_.headers) answer.fields.emplace(header.name, header.value);
    stream.filter_->~Filter();
    return answer;
  }
  uint16_t status(std::string_view id = {}, const RouteOptions* route = nullptr) { return ask(id, route).status; }
  api::WorkerContext context() {
    return {loop_, 0, untouchable<upstream::WorkerClusters>(), events_, shard_, config_, view_};
  }

  limits::FakeClock clock_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  stats::Shard& shard_ = registry_.addShard();
  log::LogWriter writer_{registry_.addShard()};
  log::EventLog events_{loop_, writer_};
  limits::LimitsConfig config_;
  limits::BucketTable table_{{3, 1}, 1000, clock_};
  limits::TableView view_{table_};
  RateLimitFactory factory_{Options()};
  std::unique_ptr<api::WorkerFilter> worker_;
};

TEST_F(RateLimitFilterTest, AdmitsAsLongAsThereAreTokensAndSaysHowMany) {
  const Answer first = ask("alice");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.decision, LimitDecision::Allowed);
  EXPECT_EQ(first.client, "alice");
  EXPECT_EQ(first.fields.at("ratelimit-policy"), R"("default";q=3;w=3)");
  EXPECT_EQ(first.fields.at("ratelimit"), R"("default";r=2;t=1)");
  ask("alice"), ask("alice");
  const Answer refused = ask("alice");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.decision, LimitDecision::Denied);
  EXPECT_EQ(refused.flags, api::kRateLimited);
  EXPECT_EQ(refused.details, "rate_limited");
  EXPECT_EQ(refused.fields.at("retry-after"), "1");
  EXPECT_EQ(refused.fields.at("ratelimit"), R"("default";r=0;t=1)");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(status("alice"), 200);
}

TEST_F(RateLimitFilterTest, HasABucketForEachIdAndEachAddress) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status("alice"), 200);
  EXPECT_EQ(status("alice"), 429);
  EXPECT_EQ(status("bob"), 200);
  EXPECT_EQ(ask().client, "ip:192.0.2.1");
  EXPECT_EQ(ask({}, nullptr, "2001:db8::1").client, "ip:2001:db8::/64");
  EXPECT_EQ(ask({}, nullptr, nullptr).client, "ip:unix");
}

TEST_F(RateLimitFilterTest, NeverTakesAHeaderForAnAddress) {
  define("ip:198.51.100.9", 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status("ip:198.51.100.9"), 200);
  EXPECT_EQ(status("ip:198.51.100.9"), 429);
  EXPECT_EQ(table_.look("ip:198.51.100.9")->state.allowedTotal, 0U);
  EXPECT_EQ(ask({}, nullptr, "198.51.100.9").fields.at("ratelimit-policy"), R"("default";q=1;w=1)");
}

TEST_F(RateLimitFilterTest, LimitsByAddressWhatCannotBeAnId) {
  const std::string tooLong(limits::kMaxIdBytes + 1, 'x');
  EXPECT_EQ(ask(tooLong).client, "ip:192.0.2.1");
  EXPECT_EQ(ask("caf\xc3\xa9").client, "ip:192.0.2.1");
  EXPECT_EQ(ask("ip:" + std::string(limits::kMaxIdBytes - 3, '1')).client, "ip:192.0.2.1");
  EXPECT_EQ(status(), 429);
}

TEST_F(RateLimitFilterTest, ByAddressLimitsEveryUnknownIdByItsAddress) {
  use(limits::UnknownClients::ByAddress);
  define("alice", 5);
  EXPECT_EQ(ask("alice").client, "alice");
  for (const char* id : {"x", "y", "ip:192.0.2.77"}) EXPECT_EQ(ask(id).client, "ip:192.0.2.1");
  EXPECT_EQ(status("z"), 429);
  EXPECT_EQ(status("alice"), 200);
  EXPECT_FALSE(table_.look("x"));
}

TEST_F(RateLimitFilterTest, RefusesUnknownClientsWhereToldTo) {
  use(limits::UnknownClients::Refuse);
  define("alice", 5);
  define("ip:192.0.2.1", 5);
  EXPECT_EQ(status("alice"), 200);
  EXPECT_EQ(status(), 200);
  const Answer refused = ask("bob");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.decision, LimitDecision::Unknown);
  EXPECT_EQ(refused.details, "unknown_client");
  EXPECT_EQ(refused.fields.count("www-authenticate"), 1U);
  EXPECT_EQ(refused.fields.count("ratelimit"), 0U);
  EXPECT_EQ(status("ip:192.0.2.1"), 401);
  EXPECT_EQ(status(std::string(300, 'x')), 401);
  EXPECT_EQ(ask({}, nullptr, "192.0.2.2").status, 401);
  EXPECT_EQ(table_.facts().tracked, 2U);
}

TEST_F(RateLimitFilterTest, ShadowAdmitsWhatItWouldRefuse) {
  define("alice", 1, Mode::Shadow);
  EXPECT_EQ(ask("alice").decision, LimitDecision::Allowed);
  const Answer shadow = ask("alice");
  EXPECT_EQ(shadow.status, 200);
  EXPECT_EQ(shadow.decision, LimitDecision::ShadowDenied);
  EXPECT_EQ(shadow.flags, api::kRateLimited);
  EXPECT_EQ(shadow.fields.at("ratelimit"), R"("default";r=0;t=1)");
  EXPECT_EQ(shadow.fields.count("retry-after"), 0U);
  EXPECT_EQ(table_.look("alice")->state.deniedTotal, 1U);
}

TEST_F(RateLimitFilterTest, BlocksAndExempts) {
  define("blocked", 5, Mode::Block);
  define("exempt", 1, Mode::Off);
  const Answer blocked = ask("blocked");
  EXPECT_EQ(blocked.status, 403);
  EXPECT_EQ(blocked.decision, LimitDecision::Blocked);
  EXPECT_EQ(blocked.fields.count("ratelimit"), 0U);
  for (int i = 0; i < 3; ++i) {
    const Answer exempt = ask("exempt");
    EXPECT_EQ(exempt.status, 200);
    EXPECT_EQ(exempt.decision, LimitDecision::Exempt);
    EXPECT_TRUE(exempt.fields.empty());
  }
}

TEST_F(RateLimitFilterTest, TakesTheCostAndTheKeyOfTheRoute) {
  RouteOptions dear;
  dear.cost = 2;
  EXPECT_EQ(status("alice", &dear), 200);
  EXPECT_EQ(status("alice", &dear), 429);
  EXPECT_EQ(status("alice"), 200);
  RouteOptions tooDear;
  tooDear.cost = 4;
  const Answer never = ask("bob", &tooDear);
  EXPECT_EQ(never.status, 429);
  EXPECT_EQ(never.fields.count("retry-after"), 0U);
  RouteOptions byAddress;
  byAddress.clientKey = limits::KeySources{limits::KeySource{}};
  EXPECT_EQ(ask("carol", &byAddress).client, "ip:192.0.2.1");
}

TEST_F(RateLimitFilterTest, CountsWhatItDecides) {
  define("blocked", 5, Mode::Block);
  define("exempt", 5, Mode::Off);
  define("shadow", 1, Mode::Shadow);
  for (int i = 0; i < 5; ++i) ask("alice");
  ask("shadow"), ask("shadow"), ask("blocked"), ask("exempt");
  EXPECT_EQ(registry_.counter("ratelimit.allowed"), 4U);
  EXPECT_EQ(registry_.counter("ratelimit.denied"), 2U);
  EXPECT_EQ(registry_.counter("ratelimit.shadow_denied"), 1U);
  EXPECT_EQ(registry_.counter("ratelimit.blocked"), 1U);
  EXPECT_EQ(registry_.counter("ratelimit.exempt"), 1U);
}

TEST_F(RateLimitFilterTest, AllocatesNothingForAWarmRequest) {
  const auto request = [this](std::string_view id) {
    FakeStream stream(loop_, "192.0.2.1");
    if (!id.empty()) stream.request_.headers.add("x-client-id", id);
    stream.filter_ = worker_->create(stream.arena(), stream, nullptr);
    if (stream.filter_->onRequestHeaders(stream.request_, true) == FilterStatus::Continue) {
      (void)stream.filter_->onResponseHeaders(stream.response_, false);
    }
    stream.filter_->~Filter();
  };
  define("rich", 1e6);
  for (int i = 0; i < 10; ++i) ask("rich"), ask("poor"), ask();
  const size_t before = log::allocationsOfThisThread();
  for (int i = 0; i < 100; ++i) request("rich"), request("poor"), request({});
  EXPECT_EQ(log::allocationsOfThisThread(), before);
}

}  // namespace
}  // namespace headgate::filters::ratelimit
