#pragma once
// The whole configuration as values: what the file, the environment and the flags say together.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/error.h"
#include "source/config/errors.h"
#include "source/config/node.h"
#include "source/limits/limits_config.h"
#include "source/limits/storage_config.h"
#include "source/net/dns_config.h"
#include "source/proxy/listener_config.h"
#include "source/server/admin_config.h"
#include "source/upstream/cluster_config.h"

namespace headgate::server {

enum class LogLevel : uint8_t { Debug, Info, Warning, Error };

/// The word of the config file, such as "warning".
[[nodiscard]] std::string_view logLevelName(LogLevel level);
[[nodiscard]] std::optional<LogLevel> parseLogLevel(std::string_view word);
/// For messages: the words that parseLogLevel reads.
inline constexpr std::string_view kLogLevelWords = "one of \"debug\", \"info\", \"warning\", \"error\"";

inline constexpr uint32_t kMaxWorkers = 256;

struct LogConfig {
  LogLevel level = LogLevel::Info;
  std::string path;  ///< empty = stderr
};

struct Bootstrap {
  std::string node;      ///< this proxy's name in a shared store; empty = host name
  uint32_t workers = 0;  ///< 0 = one per core; at most 256
  LogConfig log;
  limits::LimitsConfig limits;
  AdminConfig admin;
  limits::StorageConfig storage;
  std::vector<proxy::ListenerConfig> listeners;
  std::vector<upstream::ClusterConfig> clusters;
  net::DnsConfig dns;
};

/// Reads the tree of a config document. All mistakes are added to `errors` (unknown keys with the nearest known one,
/// wrong types, ranges, references that lead nowhere: route -> cluster, unknown filters, duplicate names and addresses,
/// a chain without the router at its end); the result is to be used only when there are none.
[[nodiscard]] Bootstrap readBootstrap(const config::Node& root, config::Errors& errors);

}  // namespace headgate::server
