#include "filters/ratelimit/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace headgate::filters::ratelimit {
namespace {

constexpr base::Duration::rep kSecond = 1'000'000'000;

/// Text of known bound in an arena.
class Text {
 public:
  Text(base::Arena& arena, size_t maxBytes)
      : begin_(arena.array<char>(maxBytes)), at_(begin_), end_(begin_ + maxBytes) {}

  Text& operator<<(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Text& operator<<(uint64_t number) {
    at_ = std::to_chars(at_, end_, number).ptr;
    return *this;
  }
  [[nodiscard]] std::string_view view() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
  char* end_;
};

constexpr size_t kMaxNumberBytes = 20;
constexpr size_t kMaxFieldBytes = 16 + 2 * kMaxNumberBytes;

std::optional<uint64_t> seconds(base::Duration wait) {
  if (wait == limits::Terms::kNever) return std::nullopt;
  return static_cast<uint64_t>((wait.count() + kSecond - 1) / kSecond);
}

/// Until the bucket has a whole token more than now.
std::optional<uint64_t> nextToken(const limits::TokenBucket::State& bucket, double ratePerSec) {
  if (!bucket.terms.refills()) return std::nullopt;
  const limits::Units capacity = bucket.terms.capacity();
  if (bucket.level >= capacity) return 0;
  if (ratePerSec >= 1) return 1;  // spares most requests a division of 128 bits
  const limits::Units wanted = std::min(capacity, (bucket.level / limits::kToken + 1) * limits::kToken);
  return seconds(bucket.terms.waitFor(wanted, bucket.level, bucket.at));
}

std::string_view number(base::Arena& arena, uint64_t value) { return (Text(arena, kMaxNumberBytes) << value).view(); }

}  // namespace

Quota quotaOf(const limits::Decision& decision) {
  const limits::LimitSpec spec = decision.bucket.terms.spec();
  Quota quota;
  quota.capacity = static_cast<uint64_t>(spec.capacity);
  quota.remaining = decision.bucket.level / limits::kToken;
  if (spec.ratePerSec > 0) quota.window = static_cast<uint64_t>(std::ceil(spec.capacity / spec.ratePerSec));
  if (decision.verdict == limits::Decision::Verdict::Refused) quota.retryAfter = seconds(decision.retryAfter());
  quota.reset = quota.retryAfter ? quota.retryAfter : nextToken(decision.bucket, spec.ratePerSec);
  return quota;
}

void addStandardFields(http::HeaderList& headers, const Quota& quota) {
  Text policy(headers.arena(), kMaxFieldBytes);
  policy << R"("default";q=)" << quota.capacity;
  if (quota.window) policy << ";w=" << *quota.window;
  headers.add("ratelimit-policy", policy.view());
  Text state(headers.arena(), kMaxFieldBytes);
  state << R"("default";r=)" << quota.remaining;
  if (quota.reset) state << ";t=" << *quota.reset;
  headers.add("ratelimit", state.view());
}

void addLegacyFields(http::HeaderList& headers, const Quota& quota) {
  headers.add("x-ratelimit-limit", number(headers.arena(), quota.capacity));
  headers.add("x-ratelimit-remaining", number(headers.arena(), quota.remaining));
  if (quota.reset) headers.add("x-ratelimit-reset", number(headers.arena(), *quota.reset));
}

void addRetryAfter(http::HeaderList& headers, const Quota& quota) {
  if (quota.retryAfter) headers.add(http::HeaderName::RetryAfter, number(headers.arena(), *quota.retryAfter));
}

}  // namespace headgate::filters::ratelimit
