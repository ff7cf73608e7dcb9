#include "filters/ratelimit/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "filters/ratelimit/fields.h"
#include "source/event/loop.h"
#include "source/log/event_log.h"
#include "source/stats/shard.h"

namespace headgate::filters::ratelimit {

using api::FilterStatus;
using api::LimitDecision;
using limits::ClientKey;
using limits::Decision;
using limits::UnknownClients;

Stats::Stats(stats::Shard& shard)
    : allowed(shard.counter("ratelimit.allowed")),
      denied(shard.counter("ratelimit.denied")),
      shadowDenied(shard.counter("ratelimit.shadow_denied")),
      blocked(shard.counter("ratelimit.blocked")),
      exempt(shard.counter("ratelimit.exempt")),
      unknown(shard.counter("ratelimit.unknown")),
      overflow(shard.counter("ratelimit.overflow")) {}

WorkerRateLimit::WorkerRateLimit(const Options& options, const api::WorkerContext& context)
    : options_(options),
      config_(context.limits),
      buckets_(context.buckets),
      events_(context.events),
      loop_(context.loop),
      stats_(context.stats) {}

api::Filter* WorkerRateLimit::create(base::Arena& arena, api::StreamHandle& stream, const api::RouteOptions* options) {
  return arena.make<RateLimitFilter>(*this, stream, static_cast<const RouteOptions*>(options));
}

Decision WorkerRateLimit::take(std::string_view id, limits::Units cost, IfUnknown ifUnknown) {
  return buckets_.take(id, cost, loop_.now(), ifUnknown);
}

WorkerRateLimit::Outcome WorkerRateLimit::decide(const RouteOptions* route, const http::HeaderList& headers,
                                                 const net::IpAddress& address) {
  const limits::KeySources* sources = options_.clientKey ? &*options_.clientKey : &config_.clientKey;
  if (route != nullptr && route->clientKey) sources = &*route->clientKey;
  const limits::Units cost = limits::kToken * (route != nullptr && route->cost ? *route->cost : options_.cost);
  const ClientKey key = limits::clientKeyOf(*sources, headers, address);
  // Only these may have a record.
  const bool mayBeKnown = key.kind == ClientKey::Kind::Named || key.kind == ClientKey::Kind::Address;

  switch (config_.unknownClients) {
    case UnknownClients::OwnBucket: return {take(key.id, cost, IfUnknown::Track), key.id};
    case UnknownClients::ByAddress: {
      if (key.kind == ClientKey::Kind::Named) {
        const Decision decision = take(key.id, cost, IfUnknown::Leave);
        if (decision.verdict != Decision::Verdict::Unknown) return {decision, key.id};
      }
      const bool isAddress = key.kind == ClientKey::Kind::Address || key.kind == ClientKey::Kind::Unusable;
      const std::string_view id = isAddress ? key.id : limits::addressId(headers.arena(), address);
      return {take(id, cost, IfUnknown::Track), id};
    }
    case UnknownClients::Refuse:
      if (!mayBeKnown) return {buckets_.unknown(cost, loop_.now()), key.id};
      return {take(key.id, cost, IfUnknown::Leave), key.id};
  }
  return {take(key.id, cost, IfUnknown::Track), key.id};
}

void WorkerRateLimit::note(const Outcome& outcome) {
  const Decision& decision = outcome.decision;
  if (decision.overflow) {
    stats_.overflow.inc();
    events_.report(log::Severity::Warning, "client_table_full", "",
                   "no bucket is full that could make room: further new clients share one bucket of the default limit");
  }
  switch (decision.verdict) {
    case Decision::Verdict::Admitted: return stats_.allowed.inc();
    case Decision::Verdict::Exempt: return stats_.exempt.inc();
    case Decision::Verdict::Refused:
      if (decision.bucket.terms.mode() == limits::Mode::Shadow) {
        stats_.shadowDenied.inc();
        return report(log::Severity::Info, "rate_limited_in_shadow", outcome);
      }
      stats_.denied.inc();
      return report(log::Severity::Info, "rate_limited", outcome);
    case Decision::Verdict::Blocked:
      stats_.blocked.inc();
      return report(log::Severity::Info, "client_blocked", outcome);
    case Decision::Verdict::Unknown:
      stats_.unknown.inc();
      return report(log::Severity::Info, "unknown_client", outcome);
  }
}

// The id is a peer's choice, so it is part of the message and not of the subject, of which there are few.
void WorkerRateLimit::report(log::Severity severity, std::string_view cause, const Outcome& outcome) {
  std::array<char, limits::kMaxIdBytes + 64> message;
  const auto end = fmt::format_to_n(message.data(), message.size(), "client \"{}\"", outcome.id);
  events_.report(severity, cause, "", {message.data(), std::min(end.size, message.size())});
}

FilterStatus RateLimitFilter::onRequestHeaders(http::MessageHead& head, bool /*end*/) {
  const WorkerRateLimit::Outcome outcome = worker_.decide(route_, head.headers, stream_.info().client);
  worker_.note(outcome);
  stream_.info().clientId = outcome.id;
  decision_ = stream_.arena().make<Decision>(outcome.decision);
  return act(*decision_);
}

FilterStatus RateLimitFilter::act(const Decision& decision) {
  api::StreamInfo& info = stream_.info();
  switch (decision.verdict) {
    case Decision::Verdict::Exempt: info.limit = LimitDecision::Exempt; return FilterStatus::Continue;
    case Decision::Verdict::Admitted:
      info.limit = LimitDecision::Allowed;
      answer_ = Answer::Quota;
      return FilterStatus::Continue;
    case Decision::Verdict::Refused:
      info.flags |= api::kRateLimited;
      if (decision.bucket.terms.mode() == limits::Mode::Shadow) {
        info.limit = LimitDecision::ShadowDenied;
        answer_ = Answer::Quota;
        return FilterStatus::Continue;
      }
      answer_ = Answer::RetryAfter;
      return refuse(LimitDecision::Denied, 429, "rate_limited", "Rate limit exceeded");
    case Decision::Verdict::Blocked: return refuse(LimitDecision::Blocked, 403, "client_blocked", "Client is blocked");
    case Decision::Verdict::Unknown:
      answer_ = Answer::Challenge;
      return refuse(LimitDecision::Unknown, 401, "unknown_client", "Unknown client");
  }
  return FilterStatus::Continue;
}

FilterStatus RateLimitFilter::refuse(LimitDecision decision, uint16_t status, std::string_view reason,
                                     std::string_view message) {
  stream_.info().limit = decision;
  return stream_.reply(status, reason, message);
}

FilterStatus RateLimitFilter::onResponseHeaders(http::MessageHead& head, bool /*end*/) {
  switch (answer_) {
    case Answer::Nothing: break;
    // RFC 9110 section 15.5.2: a 401 says how to do better.
    case Answer::Challenge: head.headers.add("www-authenticate", R"(ClientId realm="headgate")"); break;
    case Answer::Quota:
    case Answer::RetryAfter: {
      const Quota quota = quotaOf(*decision_);
      if (answer_ == Answer::RetryAfter) addRetryAfter(head.headers, quota);
      if ((worker_.fields() & kStandardFields) != 0) addStandardFields(head.headers, quota);
      if ((worker_.fields() & kLegacyFields) != 0) addLegacyFields(head.headers, quota);
      break;
    }
  }
  return FilterStatus::Continue;
}

}  // namespace headgate::filters::ratelimit
