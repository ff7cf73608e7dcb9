// What each filter adds to an exchange, beside one that passes no filter of its kind.

#include <benchmark/benchmark.h>

#include <optional>

#include "api/filter_factory.h"
#include "source/config/object.h"
#include "source/config/parser.h"
#include "source/log/event_log.h"
#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/support/fake_stream_handle.h"

namespace headgate {
namespace {

/// A reference to something that no filter here looks at.
template <typename T>
T& untouchable() {
  alignas(16) static std::byte nothing[16];
  return *static_cast<T*>(static_cast<void*>(nothing));
}

/// One filter with its options, as the program has it, and a browser's exchange.
class Bench {
 public:
  Bench(const std::string& name, const std::string& options) {
    config::Errors errors("options", options);
    node_ = config::parseJson(options, {}, errors);
    config::Object object(*node_, errors);
    factory_ = api::findFilter(name)->read(object);
    worker_ = factory_->makeWorkerFilter({stream_.loop(), 0, untouchable<upstream::WorkerClusters>(), events_,
                                          registry_.addShard(), untouchable<limits::LimitsConfig>(),
                                          untouchable<limits::TableView>()});
    stream_.info().client = stream_.info().peer = net::IpAddress::parse("192.0.2.9", 5).value();
  }

  void exchange(size_t bodyBytes) {
    base::Arena arena(chunks_);
    http::MessageHead request(arena);
    request.method = http::Method::Get;
    request.path = "/some/path?with=query";
    for (const auto& [header, value] : {std::pair{"accept", "text/html"},
                                        {"accept-language", "en"},
                                        {"cookie", "a=b"},
                                        {"accept-encoding", encoding.data()},
                                        {"user-agent", "Mozilla/5.0"},
                                        {"referer", "/"}}) {
      request.headers.add(header, value);
    }
    if (!origin.empty()) request.headers.add("origin", origin);
    http::MessageHead response(arena);
    response.status = 200;
    response.contentLength = bodyBytes;
    response.headers.add("content-type", "text/html");
    response.headers.add("etag", "\"5\"");
    api::Filter* filter = worker_->create(arena, stream_, nullptr);
    benchmark::DoNotOptimize(filter->onRequestHeaders(request, true));
    benchmark::DoNotOptimize(filter->onResponseHeaders(response, false));
    base::Buffer body(stream_.loop().slabs());
    body.append(std::string_view(text_).substr(0, bodyBytes));
    benchmark::DoNotOptimize(filter->onResponseData(body, true));
    filter->~Filter();
  }

  std::string encoding = "identity";
  std::string origin;

 private:
  static std::string text() {
    std::string result;
    for (int i = 0; result.size() < 65536; ++i)
      result += "<li class=\"item-" + std::to_string(i * 7919 % 1000) + "\">gate</li>\n";
    return result;
  }
  const std::string text_ = text();
  std::optional<config::Node> node_;
  test::FakeStreamHandle stream_;
  base::ChunkPool chunks_;
  stats::Registry registry_;
  log::LogWriter writer_{registry_.addShard()};
  log::EventLog events_{stream_.loop(), writer_};
  std::shared_ptr<const api::FilterFactory> factory_;
  std::unique_ptr<api::WorkerFilter> worker_;
};

// The exchange alone: what the others are compared with.
void nothing(benchmark::State& state) {
  Bench bench("headers", "{}");
  for (auto _ : state) bench.exchange(0);
}
BENCHMARK(nothing);

void headers(benchmark::State& state) {
  Bench bench("headers", R"({"request": {"set": {"x-path": "%REQ(:PATH)%", "x-a": "b"}, "remove": ["x-c"]}})");
  for (auto _ : state) bench.exchange(0);
}
BENCHMARK(headers);

void ipAccess(benchmark::State& state) {
  std::string blocks;
  for (int i = 0; i < state.range(0); ++i) {
    blocks += (i == 0 ? "\"10." : ", \"10.") + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ".0/24\"";
  }
  Bench bench("ip_access", "{\"deny\": [" + blocks + "]}");
  for (auto _ : state) bench.exchange(0);
}
BENCHMARK(ipAccess)->Arg(10)->Arg(1000)->Arg(10000);

void cors(benchmark::State& state, const char* origin) {
  Bench bench("cors", R"({"allow_origins": ["https://a.example", "https://*.b.example"], "allow_credentials": true})");
  bench.origin = origin;
  for (auto _ : state) bench.exchange(0);
}
BENCHMARK_CAPTURE(cors, without_origin, "");
BENCHMARK_CAPTURE(cors, listed_origin, "https://x.b.example");

void compress(benchmark::State& state, const char* encoding) {
  Bench bench("compress", R"({"min_length": 1})");
  bench.encoding = encoding;
  const auto bytes = static_cast<size_t>(state.range(0));
  for (auto _ : state) bench.exchange(bytes);
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * static_cast<int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(compress, plain, "identity")->Arg(4096)->Arg(65536);
BENCHMARK_CAPTURE(compress, gzip, "gzip")->Arg(4096)->Arg(65536);
BENCHMARK_CAPTURE(compress, br, "br")->Arg(4096)->Arg(65536);
BENCHMARK_CAPTURE(compress, zstd, "zstd")->Arg(4096)->Arg(65536);

}  // namespace
}  // namespace headgate
