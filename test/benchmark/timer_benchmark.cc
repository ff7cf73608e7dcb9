// Moving a deadline is what every request does several times.

#include <benchmark/benchmark.h>

#include "source/event/timer.h"

namespace headgate::event {
namespace {

constexpr base::MonotonicTime kSecond = 1'000'000'000;

void moveLater(benchmark::State& state) {
  TimerWheel wheel;
  wheel.setNow(kSecond);
  Timer timer(wheel, nullptr, [](void*) {});
  base::MonotonicTime when = 100 * kSecond;
  for (auto _ : state) timer.at(++when);
}
BENCHMARK(moveLater);

void armAndCancel(benchmark::State& state) {
  TimerWheel wheel;
  wheel.setNow(kSecond);
  Timer timer(wheel, nullptr, [](void*) {});
  for (auto _ : state) {
    timer.at(15 * kSecond);
    timer.cancel();
  }
}
BENCHMARK(armAndCancel);

void makeArmDestroy(benchmark::State& state) {
  TimerWheel wheel;
  wheel.setNow(kSecond);
  for (auto _ : state) {
    Timer timer(wheel, nullptr, [](void*) {});
    timer.at(15 * kSecond);
  }
}
BENCHMARK(makeArmDestroy);

}  // namespace
}  // namespace headgate::event
