#include "source/upstream/endpoints_file.h"

#include <cerrno>

#include "source/config/loader.h"
#include "source/config/object.h"

namespace headgate::upstream {

EndpointsFile::EndpointsFile(event::Loop& loop, std::string path, Changed changed, Refused refused)
    : loop_(loop),
      path_(std::move(path)),
      changed_(std::move(changed)),
      refused_(std::move(refused)),
      timer_(loop.timers(), this, event::timerCallback<&EndpointsFile::look>) {}

void EndpointsFile::look() {
  timer_.at(loop_.preciseNow() + kInterval.count());
  struct stat file {};
  Version now;
  if (::stat(path_.c_str(), &file) == 0) {
    now = {file.st_ino, file.st_size, file.st_mtim, 0};
  } else {
    now.error = errno;
  }
  if (now.same(version_)) return;
  version_ = now;
  read();
}

void EndpointsFile::read() {
  config::Document document = config::loadFile(path_, config::ReferenceSources::ofProcess());
  std::vector<EndpointConfig> endpoints;
  if (document.root) endpoints = readEndpoints(*document.root, document.errors);
  if (document.errors.empty()) {
    mistakes_.clear();
    return changed_(endpoints);
  }
  mistakes_ = document.errors.text();
  refused_(mistakes_);
}

}  // namespace headgate::upstream
