#pragma once
// Who is it, may he, and does his browser act for somebody else.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "admin/answer.h"
#include "admin/request.h"
#include "source/base/clock.h"
#include "source/net/address.h"
#include "source/server/admin_config.h"

namespace headgate::admin {

/// Equal without telling by its time where they differ; the time depends on the lengths alone.
[[nodiscard]] bool equalInConstantTime(std::string_view a, std::string_view b);

/// Slows down whoever presents wrong tokens: after kFree wrong ones in a row an address is refused for a second, then
/// two, four, up to kLongest, whatever token it presents. Addresses of one IPv6 /64 are one. Bounded: the address that
/// was seen least recently is forgotten. Main thread.
class TokenBackoff {
 public:
  static constexpr unsigned kFree = 5;
  static constexpr base::Duration kFirst = std::chrono::seconds(1);
  static constexpr base::Duration kLongest = std::chrono::seconds(60);
  static constexpr size_t kMaxAddresses = 1024;

  /// How long the address is still refused; 0 = it is not.
  [[nodiscard]] base::Duration remaining(const net::IpAddress& peer, base::MonotonicTime now) const;
  /// A wrong token; true if a refusal begins with it.
  bool failed(const net::IpAddress& peer, base::MonotonicTime now);
  void succeeded(const net::IpAddress& peer);

 private:
  struct Entry {
    std::string address;
    unsigned failures = 0;
    base::MonotonicTime until = 0;
  };
  [[nodiscard]] std::deque<Entry>::const_iterator find(const std::string& address) const;

  std::deque<Entry> entries_;  ///< the most recently seen first
};

/// Tells callers apart by bearer token (RFC 6750). Without any configured token everybody is an admin: the listener is
/// then open to this machine only. Main thread.
class Authenticator {
 public:
  explicit Authenticator(std::vector<server::AdminToken> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] bool open() const { return tokens_.empty(); }
  /// The caller, or the answer for whom it does not know: 401 without a token or with a wrong one, 429 during a
  /// back-off.
  [[nodiscard]] std::variant<Caller, Answer> identify(const http::MessageHead& head, const net::IpAddress& peer,
                                                      base::MonotonicTime now);

 private:
  std::vector<server::AdminToken> tokens_;
  TokenBackoff backoff_;
};

/// What forbids a request because a browser may have been made to send it: an Origin, or a Sec-Fetch-Site, of another
/// site; and where no token is asked for, a Host that is not this machine (a name that an attacker points to 127.0.0.1:
/// DNS rebinding). Nothing: it may pass. `open`: no tokens are configured; `local`: it came by a Unix socket.
[[nodiscard]] std::optional<Answer> crossSiteProblem(const http::MessageHead& head, bool open, bool local);

}  // namespace headgate::admin
