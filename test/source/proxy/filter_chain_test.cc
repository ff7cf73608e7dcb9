#include "source/proxy/filter_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/fake_stream_handle.h"

namespace headgate::proxy {
namespace {

using testing::ElementsAre;

/// What the filters of a test did, in order.
using Journal = std::vector<std::string>;

struct Cost final : api::RouteOptions {
  explicit Cost(int cost) : points(cost) {}
  const int points;
};

/// Writes its name, and the cost that the route gives it, into the journal.
class NamedFilter final : public api::Filter {
 public:
  NamedFilter(std::string name, Journal& journal) : name_(std::move(name)), journal_(journal) {}
  api::FilterStatus onRequestHeaders(http::MessageHead& /*head*/, bool /*end*/) override {
    journal_.push_back(name_);
    return api::FilterStatus::Continue;
  }

 private:
  std::string name_;
  Journal& journal_;
};

class NamedWorkerFilter final : public api::WorkerFilter {
 public:
  NamedWorkerFilter(std::string name, Journal& journal) : name_(std::move(name)), journal_(journal) {}
  api::Filter* create(base::Arena& arena, api::StreamHandle& /*stream*/, const api::RouteOptions* options) override {
    const auto* cost = static_cast<const Cost*>(options);
    return arena.make<NamedFilter>(cost == nullptr ? name_ : name_ + " at " + std::to_string(cost->points), journal_);
  }

 private:
  const std::string name_;
  Journal& journal_;
};

class FilterChainTest : public testing::Test, private FilterChainHost {
 protected:
  FilterChainTest() {
    for (const char* name : {"log", "limit", "end"})
      filters_.push_back(std::make_unique<NamedWorkerFilter>(name, journal_));
  }

  Journal run(std::span<const routing::RouteFilter> route) {
    FilterChain chain(filters_, route, stream_.arena(), stream_, *this, stream_.loop().slabs());
    chain.request().head(stream_.requestHead(), true);
    return journal_;
  }

 private:
  void responseHeadPassed(http::MessageHead&, bool) override {}
  void responseDataPassed(base::Buffer&, bool) override {}
  void responseTrailersPassed(http::HeaderList&) override {}
  void requestBufferFull(bool) override {}
  void responseBufferFull(bool) override {}
  void requestBodyWanted() override {}
  void requestBodyTooLarge(size_t) override {}
  void responseBodyTooLarge(size_t) override {}

  Journal journal_;
  std::vector<std::unique_ptr<api::WorkerFilter>> filters_;
  test::FakeStreamHandle stream_;
};

TEST_F(FilterChainTest, RunsAllFiltersWhenTheRouteSaysNothing) {
  EXPECT_THAT(run({}), ElementsAre("log", "limit", "end"));
}

TEST_F(FilterChainTest, HandsEachFilterTheOptionsOfTheRoute) {
  const std::vector<routing::RouteFilter> route{{}, {std::make_shared<Cost>(5), false}, {}};
  EXPECT_THAT(run(route), ElementsAre("log", "limit at 5", "end"));
}

TEST_F(FilterChainTest, LeavesOutWhatIsOffForTheRoute) {
  const std::vector<routing::RouteFilter> route{{}, {nullptr, true}, {}};
  EXPECT_THAT(run(route), ElementsAre("log", "end"));
}

}  // namespace
}  // namespace headgate::proxy
