#pragma once
// What is known of the clusters at one moment, as values: for `GET /clusters` and whoever else shows it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/clock.h"
#include "source/upstream/host_record.h"
#include "source/upstream/host_stats.h"
#include "source/upstream/name_lookup.h"

namespace headgate::upstream {

struct HostState {
  std::string address;       ///< "127.0.0.1:8081"; what the verbs call it
  std::string hostname;      ///< the name that it was found under; empty: given as an address
  uint8_t flags = 0;         ///< HostFlag bits
  std::string_view state;    ///< "up", "unchecked", "down", "ejected" or "drained": the first that holds, from the end
  std::string why;           ///< of the last transition; empty: there was none
  base::WallTime since = 0;  ///< of the last transition, or when the host joined
  std::string lastCheck;     ///< why the last active check failed; empty: it did not
  uint32_t weight = 1;
  uint32_t effectiveWeightPercent = 100;  ///< less within slow start
  uint32_t rqActive = 0;
  uint32_t cxActive = 0;
  double successRate = -1;  ///< percent; -1: not known
  HostTotals totals;
  std::vector<Transition> transitions;  ///< the last twenty, oldest first
};

struct BreakerState {
  std::string_view name;  ///< "max_connections", "max_pending", "max_requests", "max_retries"
  uint32_t max = 0;
  uint32_t current = 0;
};

struct ClusterState {
  std::string name;
  std::string_view lbPolicy;
  std::string_view healthCheck;  ///< "http", "tcp"; empty: none
  bool panic = false;
  bool warm = true;  ///< its first round of checks is over
  std::vector<BreakerState> breakers;
  std::vector<NameState> names;       ///< those that are looked up
  std::string endpointsFileMistakes;  ///< why the file's current version is not used; empty: it is, or there is none
  std::vector<HostState> hosts;
};

}  // namespace headgate::upstream
