#pragma once
// All that one version of the configuration built.

#include <memory>
#include <vector>

#include "source/base/error.h"
#include "source/log/log_writer.h"
#include "source/routing/route_table.h"
#include "source/server/bootstrap.h"
#include "source/upstream/cluster_manager.h"

namespace headgate::server {

/// Immutable once built; travels to the workers as shared_ptr<const Snapshot>. Built and destroyed on main.
struct Snapshot {
  uint64_t version = 0;
  Bootstrap config;
  std::vector<std::unique_ptr<const routing::RouteTable>> routes;  ///< one a listener
  std::vector<std::shared_ptr<upstream::Cluster>> clusters;
};

/// Builds a snapshot of a configuration that the reader found good: clusters that did not change keep their living objects, the filters open their files. An error (a log file that
/// cannot be opened) leaves everything as it was. Main thread.
[[nodiscard]] base::Result<std::shared_ptr<const Snapshot>> buildSnapshot(Bootstrap config, uint64_t version,
                                                                         upstream::ClusterManager& clusters, log::LogWriter& writer);

}  // namespace headgate::server
