#pragma once
// A JSON file that says who the members of a cluster are, read again whenever it changes.

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "source/event/loop.h"
#include "source/upstream/cluster_config.h"

namespace headgate::upstream {

/// Looks at the file every kInterval: its time, size and inode, so that a rename over it and a changed symbolic link
/// are noticed. What is wrong with it is told once for each version, and the last good one stays. The file is
/// `{"endpoints": [...]}` in the form of a cluster's, comments and references included; an empty array is a cluster
/// without hosts. Main thread.
class EndpointsFile {
 public:
  static constexpr base::Duration kInterval = std::chrono::milliseconds(500);
  using Changed = std::function<void(const std::vector<EndpointConfig>& endpoints)>;
  /// Lines such as "endpoints.json:3:5 /endpoints/0: expected an address, got 5".
  using Refused = std::function<void(const std::string& mistakes)>;

  EndpointsFile(event::Loop& loop, std::string path, Changed changed, Refused refused);

  /// Reads it for the first time, and looks again from now on.
  void start() { look(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Why the current version is not used; empty: it is.
  [[nodiscard]] const std::string& mistakes() const { return mistakes_; }

 private:
  struct Version {
    ino_t inode = 0;
    off_t size = -1;
    timespec modified{};
    int error = 0;  ///< of stat
    [[nodiscard]] bool same(const Version& other) const {
      return inode == other.inode && size == other.size && modified.tv_sec == other.modified.tv_sec &&
             modified.tv_nsec == other.modified.tv_nsec && error == other.error;
    }
  };
  void look();
  void read();

  event::Loop& loop_;
  const std::string path_;
  const Changed changed_;
  const Refused refused_;
  event::Timer timer_;
  Version version_;
  std::string mistakes_;
};

}  // namespace headgate::upstream
