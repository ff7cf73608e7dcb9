#include "filters/access_log/filter.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <stdexcept>

#include "filters/access_log/config.h"
#include "source/event/loop.h"
#include "source/log/event_log.h"
#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/source/format/exchange.h"
#include "test/source/log/allocations.h"
#include "test/source/log/support.h"

namespace headgate::filters::access_log {
namespace {

/// A reference to something that the filter must never look at.
template <typename T>
T& untouchable() {
  alignas(16) static std::byte nothing[16];
  return *static_cast<T*>(static_cast<void*>(nothing));
}

class AccessLogFilterTest : public testing::Test {
 protected:
  AccessLogFilterTest() : factory_(Options{path_, makeFormatter(Format::Default), {}}) { writer_.start(); }

  api::WorkerContext context() {
    return {loop_,
            0,
            untouchable<upstream::WorkerClusters>(),
            events_,
            shard_,
            untouchable<const limits::LimitsConfig>(),
            untouchable<limits::TableView>()};
  }
  // As the proxy does: one filter in the stream's arena, then the end of the stream.
  static void complete(api::WorkerFilter& worker, format::Exchange& exchange) {
    api::Filter* filter = worker.create(exchange.arena, untouchable<api::StreamHandle>(), nullptr);
    filter->onStreamComplete(exchange.info);
    filter->~Filter();
  }
  std::vector<std::string> written() {
    EXPECT_TRUE(writer_.flush(log::kPatience));
    return log::linesOf(path_);
  }

  log::TempDirectory directory_;
  const std::string path_ = directory_.file("access.log");
  log::FakeClock clock_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  stats::Shard& shard_ = registry_.addShard();
  log::LogWriter writer_{registry_.addShard()};
  log::EventLog events_{loop_, writer_};
  AccessLogFactory factory_;
};

TEST_F(AccessLogFilterTest, WritesALineForEachExchange) {
  ASSERT_TRUE(factory_.open(writer_));
  const auto worker = factory_.makeWorkerFilter(context());
  format::Exchange exchange;
  complete(*worker, exchange);
  exchange.info.status = 503;
  complete(*worker, exchange);
  EXPECT_TRUE(written().empty()) << "buffered";
  worker->flush();
  const std::vector<std::string> lines = written();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("HTTP/1.1\" 204 - "), std::string::npos);
  EXPECT_NE(lines[1].find("HTTP/1.1\" 503 - "), std::string::npos);
}

TEST_F(AccessLogFilterTest, HandsItsLinesOverWhenTheWorkerEnds) {
  ASSERT_TRUE(factory_.open(writer_));
  format::Exchange exchange;
  {
    const auto worker = factory_.makeWorkerFilter(context());
    complete(*worker, exchange);
  }
  EXPECT_EQ(written().size(), 1U);
  EXPECT_EQ(registry_.counter("log.lines"), 1U);
}

TEST_F(AccessLogFilterTest, SharesOneFileAmongWorkers) {
  ASSERT_TRUE(factory_.open(writer_));
  const auto one = factory_.makeWorkerFilter(context());
  const auto two = factory_.makeWorkerFilter(context());
  format::Exchange exchange;
  complete(*one, exchange);
  complete(*two, exchange);
  one->flush();
  two->flush();
  EXPECT_EQ(written().size(), 2U);
}

TEST_F(AccessLogFilterTest, RefusesToLogNowhere) {
  EXPECT_THROW((void)factory_.makeWorkerFilter(context()), std::logic_error);
}

TEST_F(AccessLogFilterTest, AllocatesNothingForAWarmLine) {
  ASSERT_TRUE(factory_.open(writer_));
  const auto worker = factory_.makeWorkerFilter(context());
  format::Exchange exchange;
  complete(*worker, exchange);
  const size_t before = log::allocationsOfThisThread();
  for (int i = 0; i < 100; ++i) complete(*worker, exchange);
  EXPECT_EQ(log::allocationsOfThisThread(), before);
}

}  // namespace
}  // namespace headgate::filters::access_log
