#include "test/example/require_header/filter.h"

#include <gtest/gtest.h>

#include "source/stats/registry.h"
#include "test/support/fake_stream_handle.h"

namespace headgate::filters::require_header {
namespace {

class RequireHeader : public testing::Test {
 protected:
  api::FilterStatus ask() {
    api::Filter* filter = worker_.create(stream_.arena(), stream_, nullptr);
    return filter->onRequestHeaders(stream_.requestHead(), true);
  }

  stats::Registry registry_;
  test::FakeStreamHandle stream_;
  WorkerRequireHeader worker_{std::make_shared<const Options>(Options{"x-team"}), registry_.addShard()};
};

TEST_F(RequireHeader, LetsARequestThatHasItPass) {
  stream_.requestHead().headers.add("x-team", "water");
  EXPECT_EQ(ask(), api::FilterStatus::Continue);
}

TEST_F(RequireHeader, RefusesOneThatHasNot) {
  EXPECT_EQ(ask(), api::FilterStatus::Done);
  EXPECT_EQ(stream_.repliedStatus, 401);
  EXPECT_EQ(registry_.counter("require_header.refused"), 1U);
}

TEST_F(RequireHeader, IsInTheRegistry) { EXPECT_NE(api::findFilter("require_header"), nullptr); }

}  // namespace
}  // namespace headgate::filters::require_header
