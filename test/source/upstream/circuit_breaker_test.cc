#include "source/upstream/circuit_breaker.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace headgate::upstream {
namespace {

TEST(Breaker, RefusesWhatIsOverItsBound) {
  Breaker breaker(2);
  EXPECT_TRUE(breaker.take());
  EXPECT_TRUE(breaker.take());
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.take());
  breaker.give();
  EXPECT_TRUE(breaker.take());
}

TEST(Breaker, IsExactWhateverTheThreads) {
  constexpr int kThreads = 8;
  constexpr uint32_t kMax = 1000;
  Breaker breaker(kMax);
  std::atomic<uint32_t> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        if (breaker.take()) taken.fetch_add(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken.load(), kMax);
  EXPECT_EQ(breaker.out(), kMax);
}

TEST(Breaker, RefusesNobodyWhileThereIsRoom) {
  // As many as may hold one at a time: none of them may ever be refused.
  constexpr int kThreads = 4;
  Breaker breaker(kThreads);
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20'000; ++j) breaker.take() ? breaker.give() : void(++refused);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(refused.load(), 0);
}

}  // namespace
}  // namespace headgate::upstream
