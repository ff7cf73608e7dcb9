#include "source/upstream/cluster_membership.h"

#include <string_view>
#include <unordered_map>

namespace headgate::upstream {

ClusterMembership::ClusterMembership(event::Loop& loop, std::shared_ptr<Cluster> cluster, Publish publish)
    : loop_(loop),
      cluster_(std::move(cluster)),
      publish_(std::move(publish)),
      members_(std::make_shared<const Members>()) {}

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
    view->set = makeHostSet(members_);
    view->balancer = makeLoadBalancer(cluster_->config().lbPolicy, view->set, cluster_->balancerState());
    view_ = std::move(view);
  }
  return view_;
}

void ClusterMembership::runAtTurnEnd() {
  if (publish_) publish_(cluster_->id(), view());
}

}  // namespace headgate::upstream
