// What a client costs in memory.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "source/limits/bucket_table.h"
#include "test/source/limits/fake_clock.h"

namespace headgate::limits {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured =
    false;  // a sanitizer's heap says nothing of what it holds: the table's own account alone is checked
#else
constexpr bool kMeasured = true;
#endif

/// What the process has in memory.
size_t residentBytes() {
  size_t all = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<size_t>(::getpagesize());
}

TEST(Memory, AClientTakesAtMostAHundredAndSixtyBytes) {
  constexpr size_t kClients = 200'000;
  const FakeClock clock;
  const size_t before = residentBytes();
  BucketTable table({100, 50}, kClients, clock);
  TableView view(table);
  // As long as a UUID.
  for (size_t i = 0; i < kClients; ++i) {
    const std::string id = "0c4a3b52-7f19-4d6e-9b1a-" + std::to_string(100'000'000'000 + i);
    ASSERT_FALSE(view.take(id, kToken, clock.now, TableView::IfUnknown::Track).overflow);
  }
  const size_t used = residentBytes() - before;
  EXPECT_LE(table.facts().bytes, 160 * kClients);
  RecordProperty("bytes_per_client", static_cast<int>(table.facts().bytes / kClients));
  if (kMeasured) {
    EXPECT_LE(used, 160 * kClients);
  }
}

TEST(Memory, StaysBoundedWhateverIdsCome) {
  const FakeClock clock;
  BucketTable table({100, 1e9}, 1000, clock);
  TableView view(table);
  size_t bytes = 0;
  for (size_t i = 0; i < 300'000; ++i) {
    // Full again a nanosecond later.
    (void)view.take("made-up-" + std::to_string(i) + std::string(i % 100, 'x'), kToken,
                    clock.now + static_cast<base::MonotonicTime>(i) * 2, TableView::IfUnknown::Track);
    if (i == 20'000) bytes = table.facts().bytes;
  }
  EXPECT_LE(table.facts().bytes, bytes + bytes / 10);
  EXPECT_LE(table.facts().tracked, 1000U);
}

}  // namespace
}  // namespace headgate::limits
