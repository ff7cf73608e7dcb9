#pragma once
// What the sessions and streams of one listener on one worker share.

#include <string>

#include "source/http/date.h"
#include "source/log/event_log.h"
#include "source/net/address.h"
#include "source/proxy/listener_stats.h"

namespace headgate::proxy {

/// Whatever the configuration. Worker thread.
struct ListenerContext {
  ListenerContext(stats::Shard& shard, const std::string& listener, log::EventLog& eventLog)
      : name(listener), stats(shard, listener), events(eventLog) {}

  /// An event of the kind `cause` that a client brought about: the first at once, then a count a second (EventLog).
  void report(std::string_view cause, const net::IpAddress& peer, std::string_view what);

  const std::string name;
  ListenerStats stats;
  log::EventLog& events;
  http::DateText date;
};

}  // namespace headgate::proxy
