#include "filters/headers/filter.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"
#include "test/source/log/allocations.h"
#include "test/support/fake_stream_handle.h"

namespace headgate::filters::headers {
namespace {

class HeadersFilterTest : public testing::Test {
 protected:
  HeadersFilterTest() {
    stream_.info().request = &stream_.requestHead();
    stream_.info().clientText = stream_.info().peerText = "192.0.2.9";
    stream_.requestHead().path = "/a?b";
    response_.status = 200;
  }

  api::Filter& filter(const std::string& text) {
    config::Errors errors("test.json", text);
    const std::optional<config::Node> node = config::parseJson(text, {}, errors);
    config::Object object(*node, errors);
    const auto options = std::make_shared<const Options>(readOptions(object));
    object.finish();
    errors_ = errors.text();
    worker_ = std::make_unique<WorkerHeaders>(options);
    return *worker_->create(stream_.arena(), stream_, nullptr);
  }

  test::FakeStreamHandle stream_;
  http::MessageHead response_{stream_.arena()};
  std::unique_ptr<WorkerHeaders> worker_;
  std::string errors_;
};

TEST_F(HeadersFilterTest, ChangesTheRequest) {
  api::Filter& subject = filter(R"({"request": {"set": {"x-from": "%REQ(:PATH)%"}, "remove": ["X-Debug"]}})");
  EXPECT_EQ(errors_, "");
  stream_.requestHead().headers.add("x-debug", "1");
  EXPECT_EQ(subject.onRequestHeaders(stream_.requestHead(), true), api::FilterStatus::Continue);
  EXPECT_EQ(stream_.requestHead().headers.get("x-from"), "/a?b");
  EXPECT_EQ(stream_.requestHead().headers.find("x-debug"), nullptr);
}

TEST_F(HeadersFilterTest, ChangesTheResponseAndSeesBothHeads) {
  api::Filter& subject = filter(R"({"response": {"set": {"x-both": "%REQ(:PATH)% %RESP(SERVER)%"}}})");
  response_.headers.add("server", "origin");
  EXPECT_EQ(subject.onRequestHeaders(stream_.requestHead(), true), api::FilterStatus::Continue);
  EXPECT_TRUE(stream_.requestHead().headers.empty());
  EXPECT_EQ(subject.onResponseHeaders(response_, true), api::FilterStatus::Continue);
  EXPECT_EQ(response_.headers.get("x-both"), "/a?b origin");
}

TEST_F(HeadersFilterTest, TakesNothingFromTheHeap) {
  api::Filter& subject = filter(R"({"request": {"set": {"x-a": "%REQ(:PATH)%", "x-b": "c"}, "remove": ["x-d"]}})");
  stream_.requestHead().headers.add("x-a", "1");
  const size_t before = log::allocationsOfThisThread();
  (void)subject.onRequestHeaders(stream_.requestHead(), true);
  EXPECT_EQ(log::allocationsOfThisThread() - before, 0U);
}

TEST_F(HeadersFilterTest, SaysWhatIsWrongWithItsOptions) {
  (void)filter(R"({"request": {"set": {"host": "a"}}, "response": {"ad": {}}, "responses": {}})");
  EXPECT_NE(errors_.find("/request/set/host: \"host\" belongs to"), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("did you mean \"add\""), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("did you mean \"response\""), std::string::npos) << errors_;
}

}  // namespace
}  // namespace headgate::filters::headers
