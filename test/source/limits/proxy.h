#pragma once
// What a proxy has of clients: loop, table, registry and checkpoints, over a store of the test's choice.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "source/limits/checkpoints.h"
#include "source/limits/client_registry.h"
#include "source/stats/registry.h"

namespace headgate::limits {

/// A clock whose walls the test may move; the monotonic one is real, so that the loop goes on.
class ShiftedClock final : public base::Clock {
 public:
  [[nodiscard]] base::MonotonicTime monotonic() const override { return real_.monotonic(); }
  [[nodiscard]] base::WallTime wall() const override { return real_.wall() + shift; }
  base::WallTime shift = 0;

 private:
  base::RealClock real_;
};

class Proxy {
 public:
  explicit Proxy(std::string node = "n", LimitSpec defaults = {100, 0.001})
      : node_(std::move(node)), table(defaults, 100'000, clock) {
    writer.start();
  }
  ~Proxy() { stop(); }

  base::Status start(std::unique_ptr<Store> store, const std::string& copy = {},
                     base::Duration patience = std::chrono::seconds(30)) {
    StoreThread::Options options;
    options.node = node_;
    options.pollInterval = std::chrono::milliseconds(20);
    options.minBackoff = options.maxBackoff = std::chrono::milliseconds(20);
    auto local = copy.empty() ? nullptr : std::make_unique<LocalCopy>(copy);
    return registry.start({std::move(store), std::move(local), options, writer, stats.addShard()}, patience);
  }
  /// As at the end of the process.
  void stop() {
    checkpoints.finish();
    registry.stop();
  }

  WriteResult write(const Write& write) {
    std::optional<WriteResult> result;
    registry.write(write, [&](const WriteResult& got) { result = got; });
    turnUntil([&] { return result.has_value(); });
    return *result;
  }
  WriteResult put(std::string id, double capacity, double rate = 0) {
    Write wanted;
    wanted.client.id = std::move(id);
    wanted.client.limit = {capacity, rate};
    return write(wanted);
  }
  WriteResult remove(std::string id) {
    Write wanted;
    wanted.kind = Write::Kind::Remove;
    wanted.client.id = std::move(id);
    return write(wanted);
  }
  BatchResult batch(std::vector<Client> clients) {
    std::optional<BatchResult> result;
    registry.writeBatch(std::move(clients), false, false, [&](const BatchResult& got) { result = got; });
    turnUntil([&] { return result.has_value(); });
    return *result;
  }
  template <typename Condition>
  void turnUntil(Condition&& condition) {
    while (!condition()) loop.runOnce(true);
  }
  void turnUntilConnected(bool connected) {
    turnUntil([&] { return registry.status().connected == connected; });
  }

  /// How many requests of `id` are admitted, at most `tries`.
  int spend(const std::string& id, int tries) {
    TableView view(table);
    int admitted = 0;
    for (int i = 0; i < tries; ++i) {
      const Decision decision = view.take(id, unitsOf(1), clock.monotonic(), TableView::IfUnknown::Track);
      admitted += decision.verdict == Decision::Verdict::Admitted ? 1 : 0;
    }
    return admitted;
  }
  double capacityOf(const std::string& id) const {
    const auto view = table.look(id);
    return view ? view->limit.capacity : 0;
  }

  const std::string node_;
  ShiftedClock clock;
  stats::Registry stats;
  log::LogWriter writer{{.sink = [](log::Severity, std::string_view) {}}, stats.addShard()};
  event::Loop loop{clock};
  BucketTable table;
  ClientRegistry registry{loop, table, stats.addShard()};
  Checkpoints checkpoints{loop, table, registry};
};

}  // namespace headgate::limits
