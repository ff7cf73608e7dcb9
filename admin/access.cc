#include "admin/access.h"

#include <fmt/format.h>
#include <glog/logging.h>

#include <algorithm>
#include <cstring>

#include "source/base/strings.h"
#include "source/config/errors.h"

namespace headgate::admin {
namespace {

// Whom a back-off is about: the address, of IPv6 its /64, which is what one customer has.
std::string subjectOf(const net::IpAddress& peer) {
  if (peer.empty()) return "unix";
  if (peer.family() != AF_INET6) return peer.host();
  const auto* address = reinterpret_cast<const sockaddr_in6*>(peer.sockaddrPtr());
  if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr)) return peer.host();
  return std::string(reinterpret_cast<const char*>(&address->sin6_addr), 8);
}

// The credentials of `Authorization: Bearer ...`; nothing if there are none, or more than one.
std::optional<std::string_view> bearerToken(const http::HeaderList& headers) {
  std::optional<std::string_view> value;
  for (const http::Header& header : headers) {
    if (header.name != "authorization") continue;
    if (value) return std::nullopt;
    value = header.value;
  }
  constexpr std::string_view kScheme = "bearer ";
  if (!value || value->size() <= kScheme.size() || !base::equalsIgnoreCase(value->substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  return base::trim(value->substr(kScheme.size()));
}

Answer unauthorized(std::string_view message, std::string_view challenge) {
  Answer answer = problem(401, "unauthorized", message);
  answer.fields.emplace_back("www-authenticate", std::string(challenge));
  return answer;
}

std::string_view hostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool meansThisMachine(std::string_view authority) {
  const std::string_view host = hostOf(authority);
  if (host == "localhost" || host.ends_with(".localhost")) return true;  // RFC 6761 section 6.3
  const auto ip = net::IpAddress::parse(host, 0);
  return ip && ip->isLoopback();
}

}  // namespace

bool equalInConstantTime(std::string_view a, std::string_view b) {
  // volatile: the compiler must not see that the outcome is known early.
  volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
  const size_t length = std::max(a.size(), b.size());
  for (size_t i = 0; i < length; ++i) {
    const auto x = static_cast<unsigned char>(i < a.size() ? a[i] : 0);
    const auto y = static_cast<unsigned char>(i < b.size() ? b[i] : 0);
    difference = static_cast<unsigned char>(difference | (x ^ y));
  }
  return difference == 0;
}

std::deque<TokenBackoff::Entry>::const_iterator TokenBackoff::find(const std::string& address) const {
  return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.address == address; });
}

base::Duration TokenBackoff::remaining(const net::IpAddress& peer, base::MonotonicTime now) const {
  const auto entry = find(subjectOf(peer));
  if (entry == entries_.end() || entry->until <= now) return base::Duration(0);
  return base::Duration(entry->until - now);
}

bool TokenBackoff::failed(const net::IpAddress& peer, base::MonotonicTime now) {
  Entry entry{subjectOf(peer)};
  if (const auto known = find(entry.address); known != entries_.end()) {
    entry = *known;
    entries_.erase(known);
  }
  ++entry.failures;
  if (entry.failures >= kFree) {
    const unsigned doublings = std::min(entry.failures - kFree, 6U);
    entry.until = now + std::min<int64_t>(kFirst.count() * (int64_t{1} << doublings), kLongest.count());
  }
  const bool begins = entry.until > now;
  entries_.push_front(std::move(entry));
  if (entries_.size() > kMaxAddresses) entries_.pop_back();
  return begins;
}

void TokenBackoff::succeeded(const net::IpAddress& peer) {
  if (const auto known = find(subjectOf(peer)); known != entries_.end()) entries_.erase(known);
}

std::variant<Caller, Answer> Authenticator::identify(const http::MessageHead& head, const net::IpAddress& peer,
                                                     base::MonotonicTime now) {
  const std::string peerText = peer.empty() ? "unix" : peer.text();
  if (open()) return Caller{"anonymous", server::AdminRole::Admin, peerText};
  const auto token = bearerToken(head.headers);
  if (!token) return unauthorized("this needs a token: Authorization: Bearer TOKEN", "Bearer realm=\"headgate\"");
  if (const base::Duration wait = backoff_.remaining(peer, now); wait.count() > 0) {
    return retryLater(problem(429, "too_many_bad_tokens", "too many wrong tokens came from this address; wait"), wait);
  }
  const server::AdminToken* known = nullptr;
  for (const server::AdminToken& each : tokens_) {
    // All of them, so that the time does not tell which one it was.
    if (equalInConstantTime(each.token, *token) && each.token != server::AdminToken::kRedacted) known = &each;
  }
  if (known == nullptr) {
    if (backoff_.failed(peer, now))
      LOG(WARNING) << "admin_bad_tokens " << peerText << ": wrong tokens; the address is refused for a while";
    return unauthorized("nobody has this token", "Bearer realm=\"headgate\", error=\"invalid_token\"");
  }
  backoff_.succeeded(peer);
  return Caller{known->name, known->role, peerText};
}

std::optional<Answer> crossSiteProblem(const http::MessageHead& head, bool open, bool local) {
  if (open && !local && !head.authority.empty() && !meansThisMachine(head.authority)) {
    return problem(403, "host_not_allowed",
                   fmt::format("Host is {}: without tokens only localhost and loopback addresses are answered",
                               config::quotedText(head.authority)));
  }
  // RFC 6454 section 7: browsers name whose page makes the request.
  if (const http::Header* origin = head.headers.find("origin")) {
    std::string_view from = origin->value;
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (from.starts_with(scheme)) from.remove_prefix(scheme.size());
    }
    if (from.size() == origin->value.size() || !base::equalsIgnoreCase(from, head.authority)) {
      return problem(403, "origin_not_allowed",
                     fmt::format("a page of {} may not use this", config::quotedText(origin->value)));
    }
  }
  // Fetch Metadata: also where no Origin is sent. A person who follows a link here is welcome.
  const std::string_view site = head.headers.get("sec-fetch-site");
  const bool navigates = head.method == http::Method::Get && head.headers.get("sec-fetch-mode") == "navigate";
  if (!site.empty() && site != "same-origin" && site != "none" && !navigates) {
    return problem(403, "origin_not_allowed", "a page of another site may not use this");
  }
  return std::nullopt;
}

}  // namespace headgate::admin
