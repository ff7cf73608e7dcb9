#include "source/http/h1/writer.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::http::h1 {
namespace {

class H1Writer : public testing::Test {
 protected:
  std::string take() {
    std::string bytes = out.toString();
    out.clear();
    return bytes;
  }
  base::Buffer bufferOf(std::string_view bytes) {
    base::Buffer buffer(slabs);
    buffer.append(bytes);
    return buffer;
  }
  std::string response(uint16_t status, OutFraming framing, bool declareLength = false,
                       std::string_view connection = {}) {
    head.status = status;
    writeResponseHead(out, head, framing, declareLength, connection);
    return take();
  }

  base::SlabPool slabs;
  base::ChunkPool chunks;
  base::Arena arena{chunks};
  base::Buffer out{slabs};
  MessageHead head{arena};
};

// ---- requests

TEST_F(H1Writer, ARequestHeadBeginsWithItsHost) {
  head.methodText = "PURGE";
  head.path = "/a?b";
  head.authority = "example.org:8080";
  head.headers.add("accept", "*/*");
  head.headers.add("empty", "");
  writeRequestHead(out, head, OutFraming::None);
  EXPECT_EQ(take(), "PURGE /a?b HTTP/1.1\r\nhost: example.org:8080\r\naccept: */*\r\nempty: \r\n\r\n");
}

TEST_F(H1Writer, ARequestOfHttp10GoesOnAsHttp11) {
  head.methodText = "GET";
  head.path = "/";
  head.version = Version::Http10;
  writeRequestHead(out, head, OutFraming::None);
  EXPECT_EQ(take(), "GET / HTTP/1.1\r\nhost: \r\n\r\n");
}

TEST_F(H1Writer, ARequestHeadDeclaresItsFraming) {
  head.methodText = "PUT";
  head.path = "/";
  head.authority = "a";
  head.contentLength = 18446744073709551615U;
  writeRequestHead(out, head, OutFraming::ContentLength);
  EXPECT_EQ(take(), "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 18446744073709551615\r\n\r\n");
  writeRequestHead(out, head, OutFraming::Chunked);
  EXPECT_EQ(take(), "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
}

// ---- responses

TEST_F(H1Writer, AResponseHeadDeclaresItsFraming) {
  head.contentLength = 5;
  EXPECT_EQ(response(200, OutFraming::ContentLength), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  EXPECT_EQ(response(200, OutFraming::Chunked), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_EQ(response(200, OutFraming::UntilClose), "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_F(H1Writer, AResponseWithoutBodyDeclaresALengthOnlyWhenToldTo) {
  head.contentLength = 5;
  EXPECT_EQ(response(304, OutFraming::None, true), "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n");
  EXPECT_EQ(response(204, OutFraming::None, false), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(H1Writer, ALengthThatIsNotSaidIsZero) {
  EXPECT_EQ(response(200, OutFraming::ContentLength), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(H1Writer, TheConnectionFieldComesLast) {
  head.headers.add("server", "x");
  EXPECT_EQ(response(200, OutFraming::ContentLength, false, "close"),
            "HTTP/1.1 200 OK\r\nserver: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

TEST_F(H1Writer, AHeadLargerThanASlabIsWrittenWhole) {
  const std::string large(base::SlabPool::kSmallBytes * 3, 'v');
  head.headers.add("large", large);
  head.headers.add("after", "b");
  EXPECT_EQ(response(200, OutFraming::UntilClose), "HTTP/1.1 200 OK\r\nlarge: " + large + "\r\nafter: b\r\n\r\n");
}

TEST_F(H1Writer, EveryHeadSizeAroundASlabIsWrittenWhole) {
  for (size_t size = base::SlabPool::kSmallBytes - 300; size < base::SlabPool::kSmallBytes + 10; ++size) {
    MessageHead other(arena);
    other.status = 200;
    const std::string value(size, 'v');
    other.headers.add("a", value);
    out.append("before ");
    writeResponseHead(out, other, OutFraming::Chunked, false, "close");
    ASSERT_EQ(take(),
              "before HTTP/1.1 200 OK\r\na: " + value + "\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
  }
}

TEST_F(H1Writer, KnowsTheReasonPhrases) {
  EXPECT_EQ(reasonPhrase(100), "Continue");
  EXPECT_EQ(reasonPhrase(413), "Content Too Large");
  EXPECT_EQ(reasonPhrase(502), "Bad Gateway");
  EXPECT_EQ(reasonPhrase(299), "Unknown");
  EXPECT_EQ(response(299, OutFraming::UntilClose), "HTTP/1.1 299 Unknown\r\n\r\n");
}

// ---- chunks

TEST_F(H1Writer, AChunkIsAroundAllOfItsData) {
  base::Buffer data = bufferOf("hello");
  data.append(std::string(11, 'x'));
  writeChunk(out, data);
  EXPECT_TRUE(data.empty());
  EXPECT_EQ(take(), "10\r\nhelloxxxxxxxxxxx\r\n");
}

TEST_F(H1Writer, NoDataIsNoChunk) {
  // A chunk of size 0 would end the body.
  base::Buffer none(slabs);
  writeChunk(out, none);
  EXPECT_EQ(take(), "");
}

TEST_F(H1Writer, TheLastChunkCarriesTheTrailers) {
  writeLastChunk(out, nullptr);
  EXPECT_EQ(take(), "0\r\n\r\n");
  HeaderList trailers(arena);
  writeLastChunk(out, &trailers);
  EXPECT_EQ(take(), "0\r\n\r\n");
  trailers.add("digest", "abc");
  trailers.add("x", "");
  writeLastChunk(out, &trailers);
  EXPECT_EQ(take(), "0\r\ndigest: abc\r\nx: \r\n\r\n");
}

}  // namespace
}  // namespace headgate::http::h1
