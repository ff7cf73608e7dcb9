// Figures of the stores, for tools/store/figures.py: clients that load at a start, changes that reach another proxy,
// writes through an outage. Each proxy here is what a real one has of clients: loop, table, registry, store thread.
//
//   headgate-store-figures fill KIND WHERE COUNT         stores COUNT clients
//   headgate-store-figures load KIND WHERE               how long a start takes until all are in the table
//   headgate-store-figures propagation WHERE EDITS       from the answer of an edit to its force on a second proxy
//   headgate-store-figures writes WHERE SECONDS          edits one after the other, then checks what was acknowledged
// KIND is sqlite (WHERE: a file) or postgres (WHERE: a dsn, as for the last two).

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>

#include "source/limits/client_registry.h"
#include "source/limits/storage_config.h"
#include "source/stats/registry.h"

namespace {

using namespace headgate;
using namespace headgate::limits;

[[noreturn]] void die(std::string_view what) {
  fmt::print(stderr, "headgate-store-figures: {}\n", what);
  std::exit(1);
}

StorageConfig storageOf(std::string_view kind, const char* where) {
  StorageConfig config;
  if (kind == "sqlite") {
    config.sqlite.path = where;
  } else if (kind == "postgres") {
    config.kind = StorageKind::Postgres;
    config.dsn = where;
  } else {
    die("KIND is sqlite or postgres");
  }
  return config;
}

class Proxy {
 public:
  Proxy(const StorageConfig& storage, std::string node) {
    writer_.start();
    StoreThread::Options options;
    options.node = std::move(node);
    const auto started = registry.start({makeStore(storage), nullptr, options, writer_, stats_.addShard()});
    if (!started) die(started.error().message);
    if (registry.status().degraded) die(registry.status().lastError);
  }

  WriteResult write(Write write) {
    std::optional<WriteResult> result;
    registry.write(std::move(write), [&](const WriteResult& got) { result = got; });
    while (!result) loop.runOnce(true);
    return *result;
  }
  void writeBatch(std::vector<Client> clients) {
    std::optional<BatchResult> result;
    registry.writeBatch(std::move(clients), false, false, [&](const BatchResult& got) { result = got; });
    while (!result) loop.runOnce(true);
    if (result->status == WriteStatus::Unavailable) die(result->message);
  }

 private:
  stats::Registry stats_;
  log::LogWriter writer_{{.sink = [](log::Severity, std::string_view) {}}, stats_.addShard()};
  base::RealClock clock_;

 public:
  headgate::event::Loop loop{clock_};
  BucketTable table{{100, 50}, 1'000'000, clock_};
  ClientRegistry registry{loop, table, stats_.addShard()};
};

double secondsSince(base::MonotonicTime begin) {
  return static_cast<double>(base::RealClock().monotonic() - begin) / 1e9;
}

Write editOf(std::string id, double capacity) {
  Write write;
  write.client.id = std::move(id);
  write.client.limit = {capacity, 10};
  return write;
}

void fill(const StorageConfig& storage, size_t count) {
  Proxy proxy(storage, "fill");
  constexpr size_t kBatch = 20'000;
  for (size_t at = 0; at < count; at += kBatch) {
    std::vector<Client> clients;
    for (size_t i = at; i < std::min(count, at + kBatch); ++i) {
      clients.push_back(editOf(fmt::format("client-{:08}", i), 100 + static_cast<double>(i % 1000)).client);
    }
    proxy.writeBatch(std::move(clients));
  }
}

void load(const StorageConfig& storage) {
  const base::MonotonicTime begin = base::RealClock().monotonic();
  Proxy proxy(storage, "load");
  fmt::print("{} clients in {:.2f} s\n", proxy.registry.size(), secondsSince(begin));
}

void propagation(const StorageConfig& storage, int edits) {
  Proxy one(storage, "one");
  Proxy two(storage, "two");
  std::vector<double> milliseconds;
  for (int i = 0; i < edits; ++i) {
    const double capacity = 1000 + i;
    if (!isChange(one.write(editOf("edited", capacity)).status)) die("an edit failed");
    const base::MonotonicTime begin = base::RealClock().monotonic();
    const auto there = [&] {
      const auto bucket = two.table.look("edited");
      return bucket && bucket->limit.capacity == capacity;
    };
    while (!there()) two.loop.runOnce(true);
    milliseconds.push_back(secondsSince(begin) * 1000);
    one.loop.runOnce(false);
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double part) { return milliseconds[static_cast<size_t>(part * static_cast<double>(edits - 1))]; };
  fmt::print("{} edits: median {:.1f} ms, p99 {:.1f} ms, longest {:.1f} ms\n", edits, at(0.5), at(0.99), at(1));
}

void writes(const StorageConfig& storage, double seconds) {
  std::map<std::string, double> acknowledged;
  size_t done = 0;
  size_t unavailable = 0;
  double outage = 0;
  {
    Proxy proxy(storage, "writes");
    base::MonotonicTime downSince = 0;
    const base::MonotonicTime begin = base::RealClock().monotonic();
    for (size_t i = 0; secondsSince(begin) < seconds; ++i) {
      const std::string id = fmt::format("written-{}", i % 97);
      const double capacity = 1.0 + static_cast<double>(i % 1'000'000);
      if (isChange(proxy.write(editOf(id, capacity)).status)) {
        acknowledged[id] = capacity;
        ++done;
        if (downSince != 0) outage += secondsSince(std::exchange(downSince, 0));
      } else {
        ++unavailable;
        if (downSince == 0) downSince = base::RealClock().monotonic();
        proxy.loop.runOnce(true);
      }
    }
  }
  Proxy after(storage, "after");
  size_t lost = 0;
  for (const auto& [id, capacity] : acknowledged) {
    const Client* client = after.registry.find(id);
    // A write whose answer was lost may stand in place of the one before it: it is newer, and was never refused.
    if (client == nullptr || client->limit.capacity < capacity) ++lost;
  }
  fmt::print("{} writes acknowledged, {} refused, out of reach for {:.1f} s, {} acknowledged ones lost\n", done,
             unavailable, outage, lost);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "fill" && argc == 5) {
    fill(storageOf(argv[2], argv[3]), std::strtoull(argv[4], nullptr, 10));
  } else if (what == "load" && argc == 4) {
    load(storageOf(argv[2], argv[3]));
  } else if (what == "propagation" && argc == 4) {
    propagation(storageOf("postgres", argv[2]), std::atoi(argv[3]));
  } else if (what == "writes" && argc == 4) {
    writes(storageOf("postgres", argv[2]), std::atof(argv[3]));
  } else {
    die("see the head of tools/store/figures.cc");
  }
  return 0;
}
