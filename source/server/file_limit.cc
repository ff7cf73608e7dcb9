#include "source/server/file_limit.h"

#include <fmt/format.h>
#include <sys/resource.h>

namespace headgate::server {
namespace {
constexpr uint64_t kOwnFiles = 64;  // logs, listeners, wake-ups, libraries
}

uint64_t raiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

std::optional<std::string> fileLimitWarning(const Bootstrap& config, uint64_t limit) {
  uint64_t wanted = kOwnFiles;
  for (const proxy::ListenerConfig& listener : config.listeners) wanted += 2 * uint64_t{listener.maxConnections};
  if (wanted <= limit) return std::nullopt;
  return fmt::format("the limit of open files is {}, but the listeners' max_connections may need {} (two a connection): raise it (ulimit -n, LimitNOFILE=) or lower max_connections",
                     limit, wanted);
}

}  // namespace headgate::server
