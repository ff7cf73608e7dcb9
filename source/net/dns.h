#pragma once
// Looks host names up without blocking, over c-ares.

#include <ares.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "source/base/error.h"
#include "source/event/io_watch.h"
#include "source/event/loop.h"
#include "source/net/address.h"
#include "source/net/dns_config.h"

namespace headgate::net {

struct DnsAnswer {
  std::vector<IpAddress> addresses;  ///< both families, in a stable order, none twice; at least one
  base::Duration ttl{0};             ///< the shortest of them; 0 = not said (the hosts file)
};

/// The names of this machine's hosts file and the records A and AAAA, by the rules of resolv.conf. A server is tried
/// twice, and by TCP when its answer is too long. Main thread.
class Resolver {
 public:
  using Done = std::function<void(base::Result<DnsAnswer>)>;

  Resolver(event::Loop& loop, const DnsConfig& config);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// `done` is called once, perhaps before this returns; not once the resolver is gone. An answer without addresses is
  /// an error, whose message says what came.
  void resolve(const std::string& name, uint16_t port, Done done);

 private:
  struct Query;
  struct Watch;
  static void onSocketState(void* self, ares_socket_t fd, int readable, int writable);
  static void onAnswer(void* query, int status, int timeouts, ares_addrinfo* info);
  void process(ares_socket_t readable, ares_socket_t writable);
  void onTimer();
  void armTimer();

  event::Loop& loop_;
  ares_channel channel_ = nullptr;
  std::string broken_;  ///< why there is no channel; empty: there is
  std::unordered_map<ares_socket_t, std::unique_ptr<Watch>> watches_;
  event::Timer timer_;
  bool closing_ = false;
};

}  // namespace headgate::net
