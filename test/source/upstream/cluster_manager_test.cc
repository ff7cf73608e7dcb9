#include "source/upstream/cluster_manager.h"

#include <gmock/gmock.h>

#include "source/stats/registry.h"
#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ClusterConfig configOf(const std::vector<int>& ports) {
  ClusterConfig config;
  config.name = "app";
  for (const int port : ports) config.endpoints.push_back({test::addressOf(port), 1});
  return config;
}

class ClusterManagerTest : public testing::Test {
 protected:
  ClusterManagerTest() {
    manager_.onPublish([this](uint32_t id, std::shared_ptr<const ClusterView> view) {
      published_.push_back({id, std::move(view)});
    });
  }

  void turn() { loop_.runOnce(false); }
  std::vector<std::string> hostsOf(const ClusterView& view) {
    std::vector<std::string> texts;
    for (const auto& host : *view.set.members) texts.push_back(host->text());
    return texts;
  }

  event::Loop loop_;
  stats::Registry registry_;
  std::vector<std::string> lines_;
  ClusterManager manager_{loop_, registry_.addShard(),
                          [this](log::Severity, std::string line) { lines_.push_back(std::move(line)); }};
  std::vector<std::pair<uint32_t, std::shared_ptr<const ClusterView>>> published_;
};

TEST_F(ClusterManagerTest, KeepsAClusterThatDidNotChange) {
  const auto first = manager_.keepOrAdd(configOf({1, 2}));
  EXPECT_EQ(manager_.keepOrAdd(configOf({1, 2})), first);
  EXPECT_NE(manager_.keepOrAdd(configOf({1, 3})), first);
}

TEST_F(ClusterManagerTest, OffersAReplacedClusterWithoutAView) {
  const auto old = manager_.keepOrAdd(configOf({1}));
  const auto current = manager_.keepOrAdd(configOf({2}));
  const auto entries = manager_.entries({old, current});
  EXPECT_EQ(entries[0].view, nullptr);
  EXPECT_THAT(hostsOf(*entries[1].view), ElementsAre("127.0.0.1:2"));
}

TEST_F(ClusterManagerTest, PublishesOneViewATurn) {
  const auto cluster = manager_.keepOrAdd(configOf({1, 2}));
  turn();
  published_.clear();
  ASSERT_TRUE(manager_.drain("app", "127.0.0.1:1"));
  ASSERT_TRUE(manager_.setWeight("app", "127.0.0.1:2", 7));
  turn();
  ASSERT_EQ(published_.size(), 1);
  EXPECT_EQ(published_[0].first, cluster->id());
  const HostSet& set = published_[0].second->set;
  ASSERT_EQ(set.candidates.size(), 1);
  EXPECT_EQ(set.candidates[0].index, 1);
  EXPECT_EQ(set.candidates[0].weight, 7);
}

TEST_F(ClusterManagerTest, PutsADrainedHostBack) {
  (void)manager_.keepOrAdd(configOf({1}));
  ASSERT_TRUE(manager_.drain("app", "127.0.0.1:1"));
  EXPECT_TRUE(manager_.find("app")->membership().view()->set.candidates.empty());
  ASSERT_TRUE(manager_.undrain("app", "127.0.0.1:1"));
  EXPECT_EQ(manager_.find("app")->membership().view()->set.candidates.size(), 1);
}

TEST_F(ClusterManagerTest, NamesWhatItDoesNotKnow) {
  (void)manager_.keepOrAdd(configOf({1}));
  EXPECT_THAT(manager_.drain("ap", "127.0.0.1:1").error().message, HasSubstr("no cluster \"ap\""));
  EXPECT_THAT(manager_.drain("app", "127.0.0.1:9").error().message, HasSubstr("no host \"127.0.0.1:9\""));
  EXPECT_THAT(manager_.setWeight("app", "127.0.0.1:1", 0).error().message, HasSubstr("1 to 1000"));
}

TEST_F(ClusterManagerTest, KeepsHostsThatStayWhenMembersAreReplaced) {
  (void)manager_.keepOrAdd(configOf({1, 2}));
  ClusterMembership& membership = manager_.find("app")->membership();
  ASSERT_TRUE(manager_.drain("app", "127.0.0.1:2"));
  ASSERT_TRUE(manager_.setWeight("app", "127.0.0.1:2", 5));
  const auto stays = membership.members()[1];
  std::vector<std::string> added;
  membership.setEndpoints(configOf({3, 2}).endpoints, [&](Host& host) { added.push_back(host.text()); });
  EXPECT_THAT(added, ElementsAre("127.0.0.1:3"));
  EXPECT_EQ(membership.members()[1], stays);
  EXPECT_TRUE(stays->has(kDrained));
  EXPECT_EQ(stays->weight(), 5);  // the operator's, until the source says another
  membership.setEndpoints({{test::addressOf(2), 3}});
  EXPECT_EQ(stays->weight(), 3);
}

}  // namespace
}  // namespace headgate::upstream
