#include "filters/cors/filter.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"
#include "test/source/log/allocations.h"
#include "test/support/fake_stream_handle.h"

namespace headgate::filters::cors {
namespace {

using api::FilterStatus;

class CorsFilterTest : public testing::Test {
 protected:
  std::shared_ptr<const Options> read(const std::string& text) {
    config::Errors errors("test.json", text);
    const std::optional<config::Node> node = config::parseJson(text, {}, errors);
    config::Object object(*node, errors);
    std::shared_ptr<const Options> options = readOptions(object);
    object.finish();
    errors_ = errors.text();
    return options;
  }
  api::Filter& filter(const std::string& text) {
    worker_ = std::make_unique<WorkerCors>(read(text));
    EXPECT_EQ(errors_, "");
    return *worker_->create(stream_.arena(), stream_, nullptr);
  }
  void preflight(const char* origin) {
    request().method = http::Method::Options;
    request().headers.add("origin", origin);
    request().headers.add("access-control-request-method", "PUT");
    request().headers.add("access-control-request-headers", "x-a, x-b");
  }
  http::MessageHead& request() { return stream_.requestHead(); }
  std::string_view header(std::string_view name) { return response_.headers.get(name); }

  test::FakeStreamHandle stream_;
  http::MessageHead response_{stream_.arena()};
  std::unique_ptr<WorkerCors> worker_;
  std::string errors_;
};

TEST_F(CorsFilterTest, LetsAListedOriginRead) {
  api::Filter& subject = filter(
      R"({"allow_origins": ["https://a.example"], "allow_credentials": true, "expose_headers": ["x-a", "x-b"]})");
  request().headers.add("origin", "https://a.example");
  response_.headers.add("access-control-allow-origin", "*");
  const size_t before = log::allocationsOfThisThread();
  EXPECT_EQ(subject.onRequestHeaders(request(), true), FilterStatus::Continue);
  EXPECT_EQ(subject.onResponseHeaders(response_, true), FilterStatus::Continue);
  EXPECT_EQ(log::allocationsOfThisThread() - before, 0U);
  EXPECT_EQ(header("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(header("access-control-allow-credentials"), "true");
  EXPECT_EQ(header("access-control-expose-headers"), "x-a, x-b");
  EXPECT_EQ(header("vary"), "origin");
}

TEST_F(CorsFilterTest, SaysNothingToOthersButMarksTheAnswerForCaches) {
  for (const char* origin : {"https://evil.example", ""}) {
    api::Filter& subject = filter(R"({"allow_origins": ["https://a.example"]})");
    if (*origin != '\0') request().headers.set("origin", origin);
    EXPECT_EQ(subject.onRequestHeaders(request(), true), FilterStatus::Continue);
    http::MessageHead response(stream_.arena());
    EXPECT_EQ(subject.onResponseHeaders(response, true), FilterStatus::Continue);
    EXPECT_EQ(response.headers.find("access-control-allow-origin"), nullptr);
    EXPECT_EQ(response.headers.get("vary"), "origin");
  }
}

TEST_F(CorsFilterTest, SaysAStarToEverybodyWithoutMarking) {
  api::Filter& subject = filter(R"({"allow_origins": ["*"]})");
  request().headers.add("origin", "https://whoever");
  (void)subject.onRequestHeaders(request(), true);
  (void)subject.onResponseHeaders(response_, true);
  EXPECT_EQ(header("access-control-allow-origin"), "*");
  EXPECT_EQ(response_.headers.find("vary"), nullptr);
}

TEST_F(CorsFilterTest, AnswersAPreflight) {
  api::Filter& subject = filter(
      R"({"allow_origins": ["https://a.example"], "allow_methods": ["GET", "PUT"], "allow_headers": ["*"], "max_age": "10m"})");
  preflight("https://a.example");
  EXPECT_EQ(subject.onRequestHeaders(request(), true), FilterStatus::Done);
  ASSERT_NE(stream_.repliedHead, nullptr);
  http::HeaderList& headers = stream_.repliedHead->headers;
  EXPECT_EQ(stream_.repliedStatus, 204);
  EXPECT_EQ(headers.get("access-control-allow-methods"), "GET, PUT");
  EXPECT_EQ(headers.get("access-control-allow-headers"), "x-a, x-b");
  EXPECT_EQ(headers.get("access-control-max-age"), "600");
  EXPECT_EQ(subject.onResponseHeaders(*stream_.repliedHead, true), FilterStatus::Continue) << "it passes as any answer";
  EXPECT_EQ(headers.get("access-control-allow-origin"), "https://a.example");
}

TEST_F(CorsFilterTest, RefusesThePreflightOfAnotherOrigin) {
  api::Filter& subject = filter(R"({"allow_origins": ["https://a.example"]})");
  preflight("https://evil.example");
  EXPECT_EQ(subject.onRequestHeaders(request(), true), FilterStatus::Done);
  EXPECT_EQ(stream_.repliedStatus, 403);
  EXPECT_EQ(stream_.repliedReason, "cors_origin_denied");
}

TEST_F(CorsFilterTest, SaysNothingBackThatABrowserWouldNotSend) {
  api::Filter& subject = filter(R"({"allow_origins": ["*"], "allow_headers": ["*"], "allow_methods": ["*"]})");
  preflight("https://a.example");
  request().headers.set("access-control-request-headers", "x-a, <script>");
  (void)subject.onRequestHeaders(request(), true);
  ASSERT_NE(stream_.repliedHead, nullptr);
  EXPECT_EQ(stream_.repliedHead->headers.find("access-control-allow-headers"), nullptr);
  EXPECT_EQ(stream_.repliedHead->headers.get("access-control-allow-methods"), "PUT");
}

TEST_F(CorsFilterTest, LeavesOtherOptionsRequestsToTheBackend) {
  api::Filter& subject = filter(R"({"allow_origins": ["*"]})");
  request().method = http::Method::Options;
  EXPECT_EQ(subject.onRequestHeaders(request(), true), FilterStatus::Continue);
  request().headers.add("origin", "https://a.example");
  EXPECT_EQ(subject.onRequestHeaders(request(), true), FilterStatus::Continue);
}

TEST_F(CorsFilterTest, NeverTakesEverybodyWithCredentials) {
  (void)read(R"({"allow_origins": ["https://a.example", "*"], "allow_credentials": true})");
  EXPECT_NE(errors_.find("/allow_credentials: expected a list of origins"), std::string::npos) << errors_;
  (void)read(R"({"allow_origins": ["https://a.example"], "allow_credentials": true, "expose_headers": ["*"]})");
  EXPECT_NE(errors_.find("/expose_headers: expected the names"), std::string::npos) << errors_;
}

TEST_F(CorsFilterTest, SaysWhatIsWrongWithItsOptions) {
  (void)read(R"({"allow_origins": ["a.example", {"regex": "("}], "allow_methods": ["G T"], "max_age": "25h"})");
  EXPECT_NE(errors_.find("/allow_origins/0: expected an origin such as"), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("/allow_origins/1: expected a regular expression"), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("/allow_methods/0: expected the name of a method"), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("/max_age: expected a duration"), std::string::npos) << errors_;
  (void)read("{}");
  EXPECT_NE(errors_.find("/allow_origins: "), std::string::npos) << errors_;
}

}  // namespace
}  // namespace headgate::filters::cors
