// The price of an access log line: formatting it into a worker's buffer.

#include <benchmark/benchmark.h>

#include <vector>

#include "filters/access_log/filter.h"
#include "filters/access_log/format.h"
#include "source/event/loop.h"
#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/source/format/exchange.h"

namespace headgate::filters::access_log {
namespace {

// A browser's request has more headers than the log looks for.
void addHeaders(format::Exchange& exchange) {
  exchange.request.headers.set(
      "user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0");
  for (const char* name : {"accept", "accept-language", "accept-encoding", "cookie", "referer", "cache-control",
                           "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"}) {
    exchange.request.headers.add(name, "some value of middling length");
  }
}

void formatLine(benchmark::State& state, Format format) {
  const format::Formatter formatter = makeFormatter(format);
  format::Exchange exchange;
  addHeaders(exchange);
  format::StartTimeText startTime;
  std::vector<char> room(formatter.maxBytes());
  size_t bytes = 0;
  for (auto _ : state) {
    bytes += formatter.write(room.data(), format::Facts(exchange.info), startTime);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK_CAPTURE(formatLine, default_line, Format::Default);
BENCHMARK_CAPTURE(formatLine, json_line, Format::Json);

// With the buffer, the hand-over and the writer's thread at work beside it. Lines that the writer cannot take in time
// are dropped, as they would be in the proxy: the worker's price is the same.
void logLine(benchmark::State& state, Format format) {
  stats::Registry registry;
  log::LogWriter writer(registry.addShard());
  writer.start();
  event::Loop loop;
  format::Exchange exchange;
  addHeaders(exchange);
  {
    const auto options = std::make_shared<const Options>(Options{"/dev/null", makeFormatter(format), {}});
    WorkerAccessLog worker(options, writer.open("/dev/null").value(), loop, registry.addShard(), 0);
    for (auto _ : state) worker.log(exchange.info);
  }
  state.counters["dropped"] = static_cast<double>(registry.counter("log.lines_dropped"));
}
BENCHMARK_CAPTURE(logLine, default_line, Format::Default);
BENCHMARK_CAPTURE(logLine, json_line, Format::Json);

}  // namespace
}  // namespace headgate::filters::access_log
