#include "source/server/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "source/config/object.h"

namespace headgate::server {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLogLevels{
    {{"debug", LogLevel::Debug}, {"info", LogLevel::Info}, {"warning", LogLevel::Warning}, {"error", LogLevel::Error}}};

LogConfig readLog(config::Object object) {
  LogConfig log;
  log.level = object.choice<LogLevel>("level", log.level, kLogLevels);
  log.path = object.string("path", log.path);
  object.finish();
  return log;
}

net::DnsConfig readDns(config::Object object) {
  net::DnsConfig dns;
  object.forEach("servers", [&](const config::Node& element) {
    const base::Result<net::Address> address = net::Address::parse(element.string());
    if (element.isString() && address && !address->isUnix() && address->ip().port() != 0 &&
        !element.string().starts_with(':')) {
      dns.servers.push_back(element.string());
    } else {
      object.errors().add(element,
                          "expected the address of a DNS server such as \"127.0.0.1:53\", got " + element.describe());
    }
  });
  dns.timeout = object.duration("timeout", dns.timeout, std::chrono::milliseconds(10), std::chrono::minutes(1));
  object.finish();
  return dns;
}

// Who had a name or an address first; the second one is told.
class Taken {
 public:
  explicit Taken(config::Errors& errors) : errors_(errors) {}

  bool claim(std::string_view what, const std::string& value, const config::Node& owner, const char* key) {
    if (value.empty()) return true;
    const auto [first, isNew] = owners_.try_emplace(value, &owner);
    if (isNew) return true;
    const config::Node* given = owner.find(key);
    errors_.add(given != nullptr ? *given : owner, fmt::format("duplicate {} {}: {} has it already", what,
                                                               config::quotedText(value), first->second->pointer()));
    return false;
  }

 private:
  config::Errors& errors_;
  std::map<std::string, const config::Node*> owners_;
};

void readListeners(config::Object& root, Bootstrap& bootstrap) {
  Taken names(root.errors());
  Taken addresses(root.errors());
  root.requireElements("listeners", "at least one listener");
  root.forEach("listeners", [&](const config::Node& element) {
    config::Object object(element, root.errors());
    const proxy::ListenerConfig& listener = bootstrap.listeners.emplace_back(proxy::readListenerConfig(object));
    const net::Address& address = listener.address;
    // The kernel gives each listener on port 0 a port of its own.
    const bool own = !address.isUnix() && address.ip().port() == 0;
    const bool alone = own || addresses.claim("address", address.text(), element, "address");
    // A name that is only a repeated address is no second mistake.
    if (listener.name != address.text() || (alone && !own))
      names.claim("listener name", listener.name, element, "name");
  });
}

void readClusters(config::Object& root, Bootstrap& bootstrap) {
  Taken names(root.errors());
  root.requireElements("clusters", "at least one cluster");
  root.forEach("clusters", [&](const config::Node& element) {
    config::Object object(element, root.errors());
    const upstream::ClusterConfig& cluster = bootstrap.clusters.emplace_back(upstream::readClusterConfig(object));
    names.claim("cluster name", cluster.name, element, "name");
  });
}

std::string unknownCluster(const std::string& name, const std::vector<std::string_view>& known) {
  std::string message = "there is no cluster " + config::quotedText(name);
  if (const std::string_view* near = config::Object::nearest(name, known)) {
    return message + "; did you mean " + config::quotedText(*near) + "?";
  }
  constexpr size_t kMaxListed = 8;
  message += "; clusters:";
  for (size_t i = 0; i < std::min(known.size(), kMaxListed); ++i)
    message += (i == 0 ? " " : ", ") + config::quotedText(known[i]);
  if (known.size() > kMaxListed) message += ", ...";
  return message;
}

void checkReferences(config::Object& root, const Bootstrap& bootstrap) {
  std::vector<std::string_view> names;
  for (const upstream::ClusterConfig& cluster : bootstrap.clusters) {
    // Which cluster was meant cannot be told while one has no name; its own mistake is reported.
    if (cluster.name.empty()) return;
    names.push_back(cluster.name);
  }
  if (names.empty()) return;
  std::vector<std::string_view> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < bootstrap.listeners.size(); ++i) {
    const std::vector<routing::RouteConfig>& routes = bootstrap.listeners[i].routes;
    for (size_t j = 0; j < routes.size(); ++j) {
      const config::Node& route = root.node("listeners")->children()[i].find("routes")->children()[j];
      const auto check = [&](const std::string& cluster, const config::Node& owner, const char* key) {
        if (cluster.empty() || std::binary_search(sorted.begin(), sorted.end(), cluster)) return;
        root.errors().add(*owner.find(key), unknownCluster(cluster, names));
      };
      check(routes[j].cluster, route, "cluster");
      for (size_t k = 0; k < routes[j].clusters.size(); ++k) {
        check(routes[j].clusters[k].name, route.find("clusters")->children()[k], "name");
      }
      if (routes[j].mirror) check(routes[j].mirror->cluster, *route.find("mirror"), "cluster");
    }
  }
}

}  // namespace

std::string_view logLevelName(LogLevel level) {
  for (const auto& [word, known] : kLogLevels) {
    if (known == level) return word;
  }
  return {};
}

std::optional<LogLevel> parseLogLevel(std::string_view word) {
  for (const auto& [name, level] : kLogLevels) {
    if (name == word) return level;
  }
  return std::nullopt;
}

Bootstrap readBootstrap(const config::Node& root, config::Errors& errors) {
  Bootstrap bootstrap;
  config::Object object(root, errors);
  if (object.source() == nullptr) return bootstrap;
  (void)object.string("$schema");  // for editors, which read the schema named here
  if (!object.string("node").empty()) bootstrap.node = object.name("node");
  bootstrap.workers = object.integer32("workers", bootstrap.workers, 0, kMaxWorkers);
  bootstrap.log = readLog(object.child("log"));
  bootstrap.limits = limits::readLimitsConfig(object.child("limits"));
  bootstrap.admin = readAdminConfig(object.child("admin"));
  bootstrap.storage = limits::readStorageConfig(object.child("storage"));
  bootstrap.dns = readDns(object.child("dns"));
  readListeners(object, bootstrap);
  readClusters(object, bootstrap);
  checkReferences(object, bootstrap);
  object.finish();
  return bootstrap;
}

}  // namespace headgate::server
