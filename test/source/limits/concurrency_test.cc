// Many threads on one table: what is admitted is counted, to the token. The thread-sanitizer lane runs these too.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "source/limits/bucket_table.h"
#include "test/source/limits/fake_clock.h"

namespace headgate::limits {
namespace {

constexpr int kThreads = 8;
using IfUnknown = TableView::IfUnknown;

/// Runs `work(number)` on kThreads threads that begin together, and `beside` on this one until they are done.
template <typename Work, typename Beside>
void together(Work&& work, Beside&& beside) {
  std::atomic<int> ready{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      work(number);
      ++done;
    });
  }
  while (done < kThreads) beside();
  for (std::thread& thread : threads) thread.join();
}

template <typename Work>
void together(Work&& work) {
  together(work, [] { std::this_thread::yield(); });
}

Client client(std::string id, double capacity, double rate, Mode mode = Mode::Enforce) {
  Client result;
  result.id = std::move(id);
  result.limit = {capacity, rate};
  result.mode = mode;
  return result;
}

bool admitted(const Decision& decision) { return decision.verdict == Decision::Verdict::Admitted; }

TEST(Concurrency, TwoHundredParallelTakesFromTenTokensGetTen) {
  for (int round = 0; round < 50; ++round) {
    const FakeClock clock;
    BucketTable table({10, 0}, 100, clock);
    std::atomic<int> count{0};
    together([&](int) {
      TableView view(table);
      for (int i = 0; i < 25; ++i) count += admitted(view.take("alice", kToken, clock.now, IfUnknown::Track)) ? 1 : 0;
    });
    ASSERT_EQ(count, 10);
    ASSERT_EQ(table.look("alice")->state.allowedTotal, 10U);
    ASSERT_EQ(table.look("alice")->state.deniedTotal, 190U);
  }
}

TEST(Concurrency, EditsThatNeitherGrantNorClampLeaveTheTotalAsItIs) {
  constexpr int kTokens = 100'000;
  const FakeClock clock;
  BucketTable table({1, 0}, 100, clock);
  table.define(client("alice", kTokens, 0));
  std::atomic<int> count{0};
  int edits = 0;
  together(
      [&](int) {
        TableView view(table);
        for (int i = 0; i < kTokens / kThreads + 1000; ++i)
          count += admitted(view.take("alice", kToken, clock.now, IfUnknown::Track)) ? 1 : 0;
      },
      [&] {
        ++edits;
        table.define(client("alice", edits % 2 == 0 ? 1e9 : 2e5, 0));
      });
  EXPECT_EQ(count, kTokens);
  EXPECT_GT(edits, 0);
}

TEST(Concurrency, WhatIsTakenAndLeftIsWhatWasEarnedUnderEveryRateInTurn) {
  // Main alone moves the clock, edits at its time, and adds up what every rate earned; threads take at times that lag.
  const std::array<double, 4> rates{1e9, 0.1, 12345.678, 0};
  std::atomic<base::MonotonicTime> clock{kSecond};
  const auto terms = [&](int edit) {
    return Terms({1e9, rates[static_cast<size_t>(edit) % rates.size()]}, Mode::Enforce, true);
  };
  TokenBucket bucket(terms(3), clock);
  bucket.drain(unitsOf(5e8), clock);
  Units expected = bucket.look(clock).level;
  Terms current = terms(3);
  std::atomic<uint64_t> taken{0};
  int edit = 0;
  together(
      [&](int) {
        for (int i = 0; i < 20'000; ++i) {
          if (bucket.take(kToken, clock.load()).verdict == TokenBucket::Verdict::Taken) ++taken;
        }
      },
      [&] {
        if (edit == 200'000) return std::this_thread::yield();
        const base::MonotonicTime from = clock;
        const base::MonotonicTime to = from + 1 + edit % 977;
        clock = to;
        expected = current.levelAt(expected, from, to);
        current = terms(edit++);
        bucket.change(current, to);
        ASSERT_LT(expected, current.capacity()) << "the arithmetic needs a bucket that is never full";
      });
  EXPECT_EQ(bucket.look(clock).level + taken * kToken, expected);
}

TEST(Concurrency, NoClientHasTwoBucketsHoweverTheTableChurns) {
  // A table for 64 is asked for 24 clients that matter and for thousands that do not: those are refused for their cost,
  // so their buckets stay full and make room for one another all the time.
  constexpr int kClients = 24;
  const FakeClock clock;
  BucketTable table({3, 0}, 64, clock);
  std::array<std::atomic<int>, kClients> counts{};
  together(
      [&](int number) {
        TableView view(table);
        std::mt19937 random(static_cast<unsigned>(number));
        for (int i = 0; i < 5000; ++i) {
          const auto passing = "passing-" + std::to_string(random() % 2000) + std::string(random() % 60, '.');
          EXPECT_FALSE(admitted(view.take(passing, 4 * kToken, clock.now, IfUnknown::Track)));
          const size_t which = random() % kClients;
          const Decision decision = view.take("client-" + std::to_string(which), kToken, clock.now, IfUnknown::Track);
          if (admitted(decision) && !decision.overflow) ++counts[which];
        }
      },
      [&] {
        table.forEachChanged([](std::string_view id, const BucketState&) { EXPECT_FALSE(id.empty()); });
        (void)table.top(TopBy::Denied, 5);
        (void)table.look("client-3");
      });
  for (const auto& count : counts) EXPECT_EQ(count, 3);
  EXPECT_GT(table.facts().dropped, 100U);
  EXPECT_LE(table.facts().tracked, 64U);
}

TEST(Concurrency, RecordsComeAndGoWhileTheTableGrows) {
  const FakeClock clock;
  BucketTable table({5, 0}, 1, clock);
  table.define(client("alice", 1000, 0));
  std::atomic<int> count{0};
  int defined = 0;
  together(
      [&](int) {
        TableView view(table);
        for (int i = 0; i < 5000; ++i)
          count += admitted(view.take("alice", kToken, clock.now, IfUnknown::Leave)) ? 1 : 0;
      },
      [&] {
        if (defined == 20'000) return;
        table.define(client("other-" + std::to_string(defined++), 1, 1));
        if (defined % 3 == 0) table.undefine("other-" + std::to_string(defined / 2));
      });
  EXPECT_EQ(count, 1000);
  EXPECT_EQ(table.look("alice")->state.deniedTotal, kThreads * 5000U - 1000U);
}

TEST(Concurrency, EveryChangeReachesACheckpoint) {
  const FakeClock clock;
  BucketTable table({1e6, 0}, 1000, clock);
  std::map<std::string, uint64_t> stored;
  const auto checkpoint = [&] {
    table.forEachChanged(
        [&](std::string_view id, const BucketState& state) { stored[std::string(id)] = state.allowedTotal; });
  };
  together(
      [&](int number) {
        TableView view(table);
        for (int i = 0; i < 5000; ++i)
          (void)view.take("client-" + std::to_string((number + i) % 100), kToken, clock.now, IfUnknown::Track);
      },
      checkpoint);
  checkpoint();
  uint64_t sum = 0;
  for (const auto& [id, allowed] : stored) sum += allowed;
  EXPECT_EQ(sum, kThreads * 5000U);
}

}  // namespace
}  // namespace headgate::limits
