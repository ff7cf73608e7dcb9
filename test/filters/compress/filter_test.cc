#include "filters/compress/filter.h"

#include <gtest/gtest.h>

#include "source/stats/registry.h"
#include "test/filters/compress/decode.h"
#include "test/source/log/allocations.h"
#include "test/support/fake_stream_handle.h"

namespace headgate::filters::compress {
namespace {

using api::FilterStatus;

/// Keeps what a filter puts before the trailers.
class Handle final : public test::FakeStreamHandle {
 public:
  void addResponseData(base::Buffer& data) override {
    added += data.toString();
    data.clear();
  }
  std::string added;
};

class CompressFilterTest : public testing::Test {
 protected:
  CompressFilterTest() { request().headers.add("accept-encoding", "gzip"); }

  http::MessageHead& request() { return stream_.requestHead(); }
  api::Filter& filter(Options options = {}) {
    worker_ = std::make_unique<WorkerCompress>(std::make_shared<const Options>(std::move(options)), shard_);
    return *worker_->create(stream_.arena(), stream_, nullptr);
  }
  http::MessageHead& html(std::optional<uint64_t> length = 5000) {
    auto* head = stream_.arena().make<http::MessageHead>(stream_.arena());
    head->status = 200;
    head->contentLength = length;
    head->headers.add("content-type", "text/html");
    return *head;
  }
  std::string through(api::Filter& subject, const std::string& text, bool end) {
    base::Buffer data(stream_.loop().slabs());
    data.append(text);
    EXPECT_EQ(subject.onResponseData(data, end), FilterStatus::Continue);
    return data.toString();
  }

  stats::Registry registry_;
  stats::Shard& shard_ = registry_.addShard();
  Handle stream_;
  std::unique_ptr<WorkerCompress> worker_;
};

TEST_F(CompressFilterTest, CompressesAnAnswerPieceByPiece) {
  api::Filter& subject = filter();
  http::MessageHead& head = html();
  (void)subject.onRequestHeaders(request(), true);
  (void)subject.onResponseHeaders(head, false);
  EXPECT_EQ(head.headers.get("content-encoding"), "gzip");
  EXPECT_EQ(head.headers.get("vary"), "accept-encoding");
  EXPECT_FALSE(head.contentLength);
  std::string body = through(subject, std::string(3000, 'a'), false);
  EXPECT_EQ(decode(Coding::Gzip, body).text, std::string(3000, 'a')) << "readable before the rest has come";
  body += through(subject, "end", true);
  const Decoded decoded = decode(Coding::Gzip, body);
  EXPECT_EQ(decoded.text, std::string(3000, 'a') + "end");
  EXPECT_TRUE(decoded.ended);
  EXPECT_EQ(registry_.counter("compress.responses"), 1U);
  EXPECT_EQ(registry_.counter("compress.bytes_in"), 3003U);
  subject.~Filter();
}

TEST_F(CompressFilterTest, EndsTheBodyBeforeTrailers) {
  api::Filter& subject = filter();
  (void)subject.onRequestHeaders(request(), true);
  (void)subject.onResponseHeaders(html(std::nullopt), false);
  const std::string body = through(subject, "some text", false);
  http::HeaderList trailers(stream_.arena());
  EXPECT_EQ(subject.onResponseTrailers(trailers), FilterStatus::Continue);
  const Decoded decoded = decode(Coding::Gzip, body + stream_.added);
  EXPECT_EQ(decoded.text, "some text");
  EXPECT_TRUE(decoded.ended);
  subject.~Filter();
}

TEST_F(CompressFilterTest, MarksAnEligibleAnswerForCachesAlsoWhenItStaysPlain) {
  request().headers.set("accept-encoding", "identity");
  api::Filter& subject = filter();
  http::MessageHead& head = html();
  (void)subject.onRequestHeaders(request(), true);
  (void)subject.onResponseHeaders(head, false);
  EXPECT_EQ(head.headers.get("vary"), "accept-encoding");
  EXPECT_EQ(head.contentLength, 5000U);
  EXPECT_EQ(through(subject, "plain", true), "plain");
}

TEST_F(CompressFilterTest, GivesHeadTheHeadOfGet) {
  request().method = http::Method::Head;
  api::Filter& subject = filter();
  http::MessageHead& head = html();
  (void)subject.onRequestHeaders(request(), true);
  (void)subject.onResponseHeaders(head, true);
  EXPECT_EQ(head.headers.get("content-encoding"), "gzip");
  EXPECT_FALSE(head.contentLength);
}

TEST_F(CompressFilterTest, LeavesAloneWhatMayNotBeChanged) {
  for (int which = 0; which < 4; ++which) {
    api::Filter& subject = filter();
    http::MessageHead& head = html();
    http::MessageHead asked(stream_.arena());
    asked.headers.add("accept-encoding", "gzip");
    if (which == 0) asked.headers.add("cache-control", "no-transform");
    if (which == 1) asked.protocol = "websocket";
    if (which == 2) head.headers.add("content-encoding", "br");
    if (which == 3) head.status = 206;
    (void)subject.onRequestHeaders(asked, true);
    (void)subject.onResponseHeaders(head, false);
    EXPECT_NE(head.headers.get("content-encoding"), "gzip") << which;
    EXPECT_EQ(through(subject, "same", true), "same");
  }
}

TEST_F(CompressFilterTest, ForgetsAnAnswerThatAReplyReplaces) {
  api::Filter& subject = filter();
  (void)subject.onRequestHeaders(request(), true);
  (void)subject.onResponseHeaders(html(), false);
  (void)through(subject, "old", false);
  http::MessageHead& reply = html(40);
  (void)subject.onResponseHeaders(reply, false);
  EXPECT_EQ(reply.headers.find("content-encoding"), nullptr) << "too short";
  EXPECT_EQ(through(subject, "new", true), "new");
}

TEST_F(CompressFilterTest, BoundsHowManyAreCompressedAtATime) {
  Options options;
  options.maxStreams = 1;
  api::Filter& first = filter(options);
  (void)first.onRequestHeaders(request(), true);
  (void)first.onResponseHeaders(html(), false);
  api::Filter& second = *worker_->create(stream_.arena(), stream_, nullptr);
  http::MessageHead& plain = html();
  (void)second.onRequestHeaders(request(), true);
  (void)second.onResponseHeaders(plain, false);
  EXPECT_EQ(plain.headers.find("content-encoding"), nullptr);
  EXPECT_EQ(plain.contentLength, 5000U);
  EXPECT_EQ(registry_.counter("compress.overflow"), 1U);
  first.~Filter();
  http::MessageHead& head = html();
  (void)second.onResponseHeaders(head, false);
  EXPECT_EQ(head.headers.get("content-encoding"), "gzip") << "the first has given its place back";
  second.~Filter();
}

TEST_F(CompressFilterTest, TakesNothingFromTheHeapOnceWarm) {
  api::Filter& subject = filter();
  (void)subject.onRequestHeaders(request(), true);
  http::MessageHead& cold = html();
  http::MessageHead& warm = html();
  const std::string text(4000, 'x');
  size_t before = 0;
  for (http::MessageHead* head : {&cold, &warm}) {
    base::Buffer data(stream_.loop().slabs());
    data.append(text);
    before = log::allocationsOfThisThread();
    (void)subject.onResponseHeaders(*head, false);
    (void)subject.onResponseData(data, true);
  }
  EXPECT_EQ(log::allocationsOfThisThread() - before, 0U);
}

}  // namespace
}  // namespace headgate::filters::compress
