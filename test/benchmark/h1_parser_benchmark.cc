// What a head costs: a browser's, curl's, a backend's answer, and a head that drips in; and the chunked decoder.

#include <benchmark/benchmark.h>

#include <string>

#include "source/http/h1/body_decoder.h"
#include "source/http/h1/head_parser.h"
#include "source/http/path.h"

namespace headgate::http::h1 {
namespace {

constexpr std::string_view kBrowserRequest =
    "GET /products/42/reviews?page=2&sort=newest HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://www.example.com/products\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes\r\n"
    "Cache-Control: max-age=0\r\n"
    "X-Client-ID: mobile-app-7\r\n"
    "X-Request-ID: 5f2b8a90-3a1e-4b77-9d7e-0c2f0a6d8f11\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "\r\n";
constexpr std::string_view kCurlRequest =
    "GET / HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: backend/1.0\r\n"
    "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 512\r\n"
    "Cache-Control: no-store\r\n"
    "ETag: \"5f2b8a903a1e4b77\"\r\n"
    "Vary: Accept-Encoding\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

void parseRequest(benchmark::State& state, std::string_view bytes) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  for (auto _ : state) {
    MessageHead head(arena);
    HeadFacts facts;
    auto outcome = RequestHeadParser::parse(bytes, 0, {}, head, facts);
    if (!outcome || outcome->status != ParseStatus::Done) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(head.headers.begin());
    arena.reset();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK_CAPTURE(parseRequest, browser12Fields, kBrowserRequest);
BENCHMARK_CAPTURE(parseRequest, curl3Fields, kCurlRequest);

void parseResponse(benchmark::State& state) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  for (auto _ : state) {
    MessageHead head(arena);
    HeadFacts facts;
    auto outcome = ResponseHeadParser::parse(kResponse, 0, {}, Method::Get, false, head, facts);
    if (!outcome || outcome->status != ParseStatus::Done) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(head.headers.begin());
    arena.reset();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kResponse.size()));
}
BENCHMARK(parseResponse);

// All calls of a head that comes byte by byte: per byte it must not grow with the size.
void dripRequest(benchmark::State& state) {
  const std::string bytes =
      "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(static_cast<size_t>(state.range(0)), 'a') + "\r\n\r\n";
  base::ChunkPool pool;
  base::Arena arena(pool);
  for (auto _ : state) {
    MessageHead head(arena);
    HeadFacts facts;
    for (size_t size = 1; size <= bytes.size(); ++size) {
      auto outcome = RequestHeadParser::parse({bytes.data(), size}, size - 1, {}, head, facts);
      benchmark::DoNotOptimize(outcome);
    }
    arena.reset();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(dripRequest)->Arg(500)->Arg(5000)->Arg(50000);

void normalizePath(benchmark::State& state, std::string_view target) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  for (auto _ : state) {
    benchmark::DoNotOptimize(normalizeTarget(target, arena));
    arena.reset();
  }
}
BENCHMARK_CAPTURE(normalizePath, canonical, "/products/42/reviews?page=2&sort=newest");
BENCHMARK_CAPTURE(normalizePath, encodedDots, "/products/%34%32/./x/%2e%2e/reviews?page=2");

// 64 KiB of chunks of the given size.
void decodeChunks(benchmark::State& state) {
  const auto chunk = static_cast<size_t>(state.range(0));
  char sizeLine[32];
  std::snprintf(sizeLine, sizeof sizeLine, "%zx\r\n", chunk);
  std::string bytes;
  while (bytes.size() + chunk + 40 < base::SlabPool::kLargeBytes) bytes += sizeLine + std::string(chunk, 'x') + "\r\n";
  bytes += "0\r\n\r\n";
  base::SlabPool slabs;
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  HeaderList trailers(arena);
  base::Buffer out(slabs);
  BodyDecoder decoder;
  base::Slab* slab = slabs.takeLarge();
  bytes.copy(slab->data(), bytes.size());
  for (auto _ : state) {
    base::Slice in(slab, slab->data(), static_cast<uint32_t>(bytes.size()));
    decoder.start(BodyFraming::Chunked, 0, base::ErrorSource::Upstream, {});
    auto done = decoder.decode(in, out, trailers);
    if (!done || !*done) return state.SkipWithError("refused");
    out.clear();
  }
  slabs.release(slab);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(decodeChunks)->Arg(16)->Arg(1024)->Arg(16384);

}  // namespace
}  // namespace headgate::http::h1
