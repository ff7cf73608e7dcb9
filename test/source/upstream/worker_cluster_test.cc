#include "source/upstream/worker_cluster.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "source/stats/registry.h"
#include "source/upstream/cluster_manager.h"
#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

/// A request that notes what it is told; like the router it does not use the connection after it has ended.
class Request final : public PoolRequest, public http::MessageSink {
 public:
  explicit Request(event::Loop& loop) : arena_(loop.chunks()) {}
  ~Request() { end(); }
  void onPoolReady(http::ClientSession& session) override { writer_ = &session.newStream(arena_, *this); }
  void onPoolFailure(const base::Error& error) override { failure = error.code; }
  void onHostDown() override { hostDown = true; }
  void onHead(http::MessageHead& head, bool end) override {
    status = head.status;
    if (end) this->end();
  }
  void onData(base::Buffer& data, bool end) override {
    data.clear();
    if (end) this->end();
  }
  void onTrailers(http::HeaderList&) override { end(); }
  void onReset(const base::Error& error) override {
    failure = error.code;
    end();
  }
  void onWriteBlocked(bool) override {}
  void sendGet() {
    http::MessageHead head(arena_);
    head.method = http::Method::Get;
    head.methodText = "GET";
    head.path = "/";
    head.authority = "test";
    writer_->writeHead(head, true);
  }
  [[nodiscard]] bool running() const { return writer_ != nullptr; }
  void end() {
    leavePool();
    if (http::MessageWriter* writer = std::exchange(writer_, nullptr)) writer->release();
  }

  uint16_t status = 0;
  base::ErrorCode failure = base::ErrorCode::Internal;
  bool hostDown = false;

 private:
  base::Arena arena_;
  http::MessageWriter* writer_ = nullptr;
};

/// A backend whose connections the test holds.
class Backend {
 public:
  Backend() : listener_(std::move(*net::listenOn(*net::Address::parse("127.0.0.1:0"), false))) {
    address = net::boundAddress(listener_, *net::Address::parse("127.0.0.1:0"));
  }
  /// The next connection; -1: there is none.
  int accept() { return ::accept(listener_.fd(), nullptr, nullptr); }

  net::Address address;

 private:
  net::Socket listener_;
};

class WorkerClusterTest : public testing::Test {
 protected:
  void start(const std::vector<net::Address>& addresses) {
    ClusterConfig config;
    config.name = "app";
    config.endpoints = endpoints(addresses);
    auto cluster = manager_.keepOrAdd(config);
    clusters_.add(manager_.entries({cluster}));
    manager_.onPublish(
        [this](uint32_t id, std::shared_ptr<const ClusterView> view) { clusters_.update(id, std::move(view)); });
  }
  static std::vector<EndpointConfig> endpoints(const std::vector<net::Address>& addresses) {
    std::vector<EndpointConfig> endpoints;
    for (const net::Address& address : addresses) endpoints.push_back({address, 1});
    return endpoints;
  }
  WorkerCluster& cluster() { return clusters_.get(0); }
  ClusterMembership& membership() { return manager_.find("app")->membership(); }
  template <typename Condition>
  void runUntil(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) loop_.runOnce(false);
    ASSERT_TRUE(condition());
  }
  int acceptOne(Backend& backend) {
    int fd = -1;
    for (int i = 0; i < 1000 && fd < 0; ++i) {
      loop_.runOnce(false);
      fd = backend.accept();
    }
    return fd;
  }
  static bool peerClosed(int fd) {
    char byte;
    return ::recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
  }
  static void answer(int fd) {
    char request[4096];
    ASSERT_GT(::recv(fd, request, sizeof(request), 0), 0);
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    ASSERT_EQ(::send(fd, kAnswer.data(), kAnswer.size(), 0), static_cast<ssize_t>(kAnswer.size()));
  }
  /// A request under way at the only host: sent, not answered.
  void begin(Request& request) {
    cluster().pick({})->newStream(request);
    runUntil([&] { return request.running(); });
    request.sendGet();
    loop_.runOnce(false);
  }

  event::Loop loop_;
  stats::Registry registry_;
  ClusterManager manager_{loop_, registry_.addShard(), [](log::Severity, const std::string&) {}};
  WorkerClusters clusters_{loop_, registry_.addShard(), 0};
  Backend first_;
  Backend second_;
};

TEST_F(WorkerClusterTest, HasNoPoolToOfferWhenAllAreDrained) {
  start({first_.address});
  ASSERT_NE(cluster().pick({}), nullptr);
  ASSERT_TRUE(manager_.drain("app", first_.address.text()));
  loop_.runOnce(false);
  EXPECT_EQ(cluster().pick({}), nullptr);
}

TEST_F(WorkerClusterTest, LetsADrainedHostFinishItsRequestAndClosesTheConnectionThen) {
  start({first_.address});
  Request request(loop_);
  begin(request);
  const net::Socket peer(acceptOne(first_));
  ASSERT_TRUE(manager_.drain("app", first_.address.text()));
  loop_.runOnce(false);
  EXPECT_TRUE(request.running());
  EXPECT_FALSE(request.hostDown);
  answer(peer.fd());
  runUntil([&] { return request.status == 200; });
  loop_.runOnce(false);
  EXPECT_TRUE(peerClosed(peer.fd()));
}

TEST_F(WorkerClusterTest, ClosesIdleConnectionsToAHostThatIsDrained) {
  start({first_.address});
  Request request(loop_);
  begin(request);
  const net::Socket peer(acceptOne(first_));
  answer(peer.fd());
  runUntil([&] { return request.status == 200; });
  loop_.runOnce(false);
  EXPECT_FALSE(peerClosed(peer.fd()));
  ASSERT_TRUE(manager_.drain("app", first_.address.text()));
  loop_.runOnce(false);
  EXPECT_TRUE(peerClosed(peer.fd()));
}

TEST_F(WorkerClusterTest, TellsRequestsUnderWayOnceThatTheirHostIsDown) {
  start({first_.address});
  Request request(loop_);
  begin(request);
  const net::Socket peer(acceptOne(first_));
  membership().members()[0]->setFlag(kFailedCheck, true);
  membership().changed();
  loop_.runOnce(false);
  EXPECT_TRUE(request.hostDown);
  request.hostDown = false;
  membership().changed();
  loop_.runOnce(false);
  EXPECT_FALSE(request.hostDown);
  EXPECT_TRUE(request.running());
}

TEST_F(WorkerClusterTest, FailsRequestsThatWaitForAHostThatIsDown) {
  start({first_.address});
  Request request(loop_);
  cluster().pick({})->newStream(request);
  membership().members()[0]->setFlag(kFailedCheck, true);
  membership().changed();
  clusters_.update(0, membership().view());  // before the connect has a turn to succeed
  EXPECT_EQ(request.failure, base::ErrorCode::Unsent);
}

TEST_F(WorkerClusterTest, KeepsTheConnectionsOfHostsThatStay) {
  start({first_.address});
  ConnPool* pool = cluster().pick({});
  membership().setEndpoints(endpoints({second_.address, first_.address}));
  loop_.runOnce(false);
  ConnPool* other = cluster().pick({});
  ConnPool* another = cluster().pick({});
  EXPECT_TRUE(pool == other || pool == another);
  EXPECT_NE(other, another);
}

TEST_F(WorkerClusterTest, LetsAHostThatLeftFinishItsRequest) {
  start({first_.address});
  Request request(loop_);
  begin(request);
  const net::Socket peer(acceptOne(first_));
  membership().setEndpoints(endpoints({second_.address}));
  loop_.runOnce(false);
  EXPECT_EQ(cluster().pick({})->host().text(), second_.address.text());
  ASSERT_TRUE(request.running());
  answer(peer.fd());
  runUntil([&] { return request.status == 200; });
  loop_.runOnce(false);
  EXPECT_TRUE(peerClosed(peer.fd()));
}

}  // namespace
}  // namespace headgate::upstream
