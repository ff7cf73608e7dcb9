#include "source/net/dns.h"

#include <fmt/format.h>

#include <algorithm>

namespace headgate::net {
namespace {

base::Error failure(const std::string& name, std::string_view why) {
  return {base::ErrorCode::Io, base::ErrorSource::Upstream, true, fmt::format("cannot look up {}: {}", name, why)};
}

// The library counts its users; it is never given back, since its clean-up is not safe beside other threads' use.
int initialiseLibrary() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

DnsAnswer read(const ares_addrinfo& info) {
  DnsAnswer answer;
  int ttl = INT_MAX;
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    const IpAddress address(node->ai_addr);
    const auto& known = answer.addresses;
    if (std::find(known.begin(), known.end(), address) == known.end()) answer.addresses.push_back(address);
    ttl = std::min(ttl, node->ai_ttl);
  }
  // Servers rotate their answers: the order says nothing.
  std::sort(answer.addresses.begin(), answer.addresses.end(),
            [](const IpAddress& a, const IpAddress& b) { return a.text() < b.text(); });
  if (ttl != INT_MAX) answer.ttl = std::chrono::seconds(std::max(ttl, 0));
  return answer;
}

}  // namespace

struct Resolver::Query {
  Resolver& resolver;
  std::string name;
  Done done;
};

struct Resolver::Watch {
  Watch(Resolver& owner, ares_socket_t descriptor)
      : resolver(owner), fd(descriptor), io(owner.loop_, descriptor, this, event::ioCallback<&Watch::onReady>) {}
  void onReady(uint8_t readiness) {
    // The library may close the descriptor, and so end this watch.
    resolver.process((readiness & event::kReadable) != 0 ? fd : ARES_SOCKET_BAD,
                     (readiness & event::kWritable) != 0 ? fd : ARES_SOCKET_BAD);
  }
  Resolver& resolver;
  const ares_socket_t fd;
  event::IoWatch io;
};

Resolver::Resolver(event::Loop& loop, const DnsConfig& config)
    : loop_(loop), timer_(loop.timers(), this, event::timerCallback<&Resolver::onTimer>) {
  ares_options options{};
  options.flags = ARES_FLAG_EDNS;
  options.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(config.timeout).count());
  options.tries = 2;
  options.sock_state_cb = &Resolver::onSocketState;
  options.sock_state_cb_data = this;
  int status = initialiseLibrary();
  if (status == ARES_SUCCESS) {
    status = ares_init_options(&channel_, &options,
                               ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  }
  if (status == ARES_SUCCESS && !config.servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, fmt::format("{}", fmt::join(config.servers, ",")).c_str());
  }
  if (status != ARES_SUCCESS) broken_ = ares_strerror(status);
}

Resolver::~Resolver() {
  closing_ = true;
  if (channel_ != nullptr) ares_destroy(channel_);  // ends all queries, which free themselves
}

void Resolver::resolve(const std::string& name, uint16_t port, Done done) {
  if (!broken_.empty()) return done(tl::unexpected(failure(name, broken_)));
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT | ARES_AI_NUMERICSERV;
  auto* query = new Query{*this, name, std::move(done)};  // freed by onAnswer, which always comes
  ares_getaddrinfo(channel_, name.c_str(), std::to_string(port).c_str(), &hints, &Resolver::onAnswer, query);
  armTimer();
}

void Resolver::onAnswer(void* data, int status, int /*timeouts*/, ares_addrinfo* info) {
  const std::unique_ptr<Query> query(static_cast<Query*>(data));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(info, &ares_freeaddrinfo);
  if (query->resolver.closing_) return;
  if (status != ARES_SUCCESS) return query->done(tl::unexpected(failure(query->name, ares_strerror(status))));
  DnsAnswer answer = read(*info);
  if (answer.addresses.empty()) return query->done(tl::unexpected(failure(query->name, "the answer has no address")));
  query->done(std::move(answer));
}

void Resolver::onSocketState(void* self, ares_socket_t fd, int readable, int writable) {
  auto& resolver = *static_cast<Resolver*>(self);
  if (readable == 0 && writable == 0) {
    resolver.watches_.erase(fd);
    return;
  }
  auto& watch = resolver.watches_[fd];
  if (watch == nullptr) watch = std::make_unique<Watch>(resolver, fd);
  watch->io.want(static_cast<uint8_t>((readable != 0 ? event::kReadable : 0) | (writable != 0 ? event::kWritable : 0)));
}

void Resolver::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  armTimer();
}

void Resolver::onTimer() { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }

void Resolver::armTimer() {
  timeval interval{};
  if (ares_timeout(channel_, nullptr, &interval) == nullptr) return timer_.cancel();
  timer_.after(std::chrono::seconds(interval.tv_sec) + std::chrono::microseconds(interval.tv_usec) +
               std::chrono::milliseconds(1));
}

}  // namespace headgate::net
