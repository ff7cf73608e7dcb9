#include "source/proxy/listener_context.h"

#include <fmt/format.h>

#include <iterator>

namespace headgate::proxy {

void ListenerContext::report(std::string_view cause, const net::IpAddress& peer, std::string_view what) {
  char address[INET6_ADDRSTRLEN];
  const std::string_view from = peer.empty() ? "unix" : std::string_view(address, peer.writeHost(address));
  fmt::basic_memory_buffer<char, log::EventLog::kMaxMessageBytes> text;
  fmt::format_to(std::back_inserter(text), "{}: {}", from, what);
  events.report(log::Severity::Info, cause, name, {text.data(), text.size()});
}

}  // namespace headgate::proxy
