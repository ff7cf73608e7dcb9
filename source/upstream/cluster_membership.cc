#include "source/upstream/cluster_membership.h"

#include <fmt/format.h>

#include <unordered_map>

namespace headgate::upstream {
namespace {

constexpr int kSlowStartSteps = 10;

}  // namespace

ClusterMembership::ClusterMembership(event::Loop& loop, std::shared_ptr<Cluster> cluster, Publish publish,
                                     Report report)
    : loop_(loop),
      cluster_(std::move(cluster)),
      publish_(std::move(publish)),
      report_(std::move(report)),
      members_(std::make_shared<const Members>()),
      warming_(loop.timers(), this, event::timerCallback<&ClusterMembership::onWarming>) {}

void ClusterMembership::setEndpoints(const std::vector<EndpointConfig>& endpoints,
                                     const std::function<void(Host&)>& added) {
  std::unordered_map<std::string_view, const std::shared_ptr<Host>*> known;
  for (const auto& host : *members_) known.emplace(host->text(), &host);
  auto members = std::make_shared<Members>();
  members->reserve(endpoints.size());
  for (const EndpointConfig& endpoint : endpoints) {
    const std::string text = endpoint.address.text();
    if (const auto found = known.find(text); found != known.end()) {
      (*found->second)->configureWeight(endpoint.weight);
      members->push_back(*found->second);
    } else {
      Host& host = *members->emplace_back(std::make_shared<Host>(endpoint.address, endpoint.weight));
      host.record().hostname = endpoint.name;
      if (added) added(host);
    }
  }
  members_ = std::move(members);
  changed();
}

void ClusterMembership::changed() {
  view_.reset();
  loop_.atTurnEnd(*this);
}

const std::shared_ptr<const ClusterView>& ClusterMembership::view() {
  if (view_ == nullptr) {
    auto view = std::make_shared<ClusterView>();
    const ClusterConfig& config = cluster_->config();
    const SlowStart slowStart{config.slowStart, loop_.now()};
    view->set = makeHostSet(members_, config.panicThresholdPercent, slowStart);
    if (view->set.warming) warming_.after(config.slowStart / kSlowStartSteps);
    view->balancer = makeLoadBalancer(cluster_->config().lbPolicy, view->set, cluster_->balancerState());
    view_ = std::move(view);
  }
  return view_;
}

void ClusterMembership::mark(Host& host, HostFlag flag, bool on, std::string_view what, std::string_view why) {
  host.setFlag(flag, on);
  if (host.flags() == 0) host.record().takesRequestsSince = loop_.now();
  note(host, what, why);
}

void ClusterMembership::note(Host& host, std::string_view what, std::string_view why) {
  host.record().add(loop_.wallNow(), what, why);
  report_(host.flags() != 0 ? log::Severity::Warning : log::Severity::Info,
          fmt::format("host_{} {}: {} (cluster \"{}\")", what, host.text(), why, cluster_->name()));
  changed();
}

void ClusterMembership::runAtTurnEnd() {
  if (publish_) publish_(cluster_->id(), view());
}

}  // namespace headgate::upstream
