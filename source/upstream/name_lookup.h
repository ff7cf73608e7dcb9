#pragma once
// Keeps the addresses of one host name up to date.

#include <functional>
#include <string>
#include <vector>

#include "source/net/dns.h"

namespace headgate::upstream {

/// What is known of a name, for `GET /clusters`.
struct NameState {
  std::string name;
  uint16_t port = 0;
  size_t addresses = 0;
  std::string lastError;           ///< empty: the last lookup went well
  base::WallTime lastSuccess = 0;  ///< 0: never
};

/// Looks the name up when its last answer is as old as its TTL, or every kRetry after a failure, whose last good answer
/// stays. Main thread.
class NameLookup {
 public:
  /// Between lookups, whatever the TTL; and where no TTL is said.
  static constexpr base::Duration kShortest = std::chrono::seconds(1);
  static constexpr base::Duration kLongest = std::chrono::hours(1);
  static constexpr base::Duration kUnsaid = std::chrono::seconds(5);
  static constexpr base::Duration kRetry = std::chrono::seconds(1);

  /// `answered` hears of every answer; `changed`: the addresses are others than before.
  using Answered = std::function<void(bool changed, const std::string& error)>;
  NameLookup(event::Loop& loop, net::Resolver& resolver, std::string name, uint16_t port, Answered answered);

  void start() { look(); }
  [[nodiscard]] const std::vector<net::IpAddress>& addresses() const { return addresses_; }
  /// Whether there was an answer, good or bad.
  [[nodiscard]] bool answered() const { return answeredOnce_; }
  [[nodiscard]] NameState state() const;

 private:
  void look();
  void onAnswer(base::Result<net::DnsAnswer> answer);

  event::Loop& loop_;
  net::Resolver& resolver_;
  const std::string name_;
  const uint16_t port_;
  const Answered answered_;
  event::Timer timer_;
  std::vector<net::IpAddress> addresses_;
  std::string lastError_;
  base::WallTime lastSuccess_ = 0;
  bool answeredOnce_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< an answer may come when this is gone
};

}  // namespace headgate::upstream
