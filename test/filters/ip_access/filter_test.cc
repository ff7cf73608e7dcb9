#include "filters/ip_access/filter.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"
#include "source/stats/registry.h"
#include "test/source/log/allocations.h"
#include "test/support/fake_stream_handle.h"

namespace headgate::filters::ip_access {
namespace {

class IpAccessFilterTest : public testing::Test {
 protected:
  std::shared_ptr<const Options> read(const std::string& text) {
    config::Errors errors("test.json", text);
    const std::optional<config::Node> node = config::parseJson(text, {}, errors);
    config::Object object(*node, errors);
    std::shared_ptr<const Options> options = readOptions(object);
    object.finish();
    errors_ = errors.text();
    return options;
  }
  uint16_t statusFor(const char* client, const std::string& options, const api::RouteOptions* route = nullptr) {
    WorkerIpAccess worker(read(options), shard_);
    EXPECT_EQ(errors_, "");
    stream_.info().client = client == nullptr ? net::IpAddress() : net::IpAddress::parse(client, 0).value();
    stream_.repliedStatus = 200;
    api::Filter& filter = *worker.create(stream_.arena(), stream_, route);
    const size_t before = log::allocationsOfThisThread();
    (void)filter.onRequestHeaders(stream_.requestHead(), true);
    if (stream_.repliedStatus == 200) {
      EXPECT_EQ(log::allocationsOfThisThread() - before, 0U);
    }
    return stream_.repliedStatus;
  }

  stats::Registry registry_;
  stats::Shard& shard_ = registry_.addShard();
  test::FakeStreamHandle stream_;
  std::string errors_;
};

TEST_F(IpAccessFilterTest, AnswersTheOthersWith403) {
  EXPECT_EQ(statusFor("10.1.1.1", R"({"allow": ["10.0.0.0/8"]})"), 200);
  EXPECT_EQ(statusFor("11.1.1.1", R"({"allow": ["10.0.0.0/8"]})"), 403);
  EXPECT_EQ(stream_.repliedReason, "ip_denied");
  EXPECT_EQ(registry_.counter("ip_access.allowed"), 1U);
  EXPECT_EQ(registry_.counter("ip_access.denied"), 1U);
}

TEST_F(IpAccessFilterTest, AllowsTheRestUnlessFriendsAreListedOrTold) {
  EXPECT_EQ(statusFor("11.1.1.1", R"({"deny": ["10.0.0.0/8"]})"), 200);
  EXPECT_EQ(statusFor("11.1.1.1", R"({"deny": ["10.0.0.0/8"], "default": "deny"})"), 403);
  EXPECT_EQ(statusFor("11.1.1.1", R"({"allow": ["10.0.0.0/8"], "default": "allow"})"), 200);
  EXPECT_EQ(statusFor("11.1.1.1", R"({"allow": []})"), 403);
  EXPECT_EQ(statusFor(nullptr, R"({"allow": ["::/0", "0.0.0.0/0"]})"), 403) << "a Unix socket's peer has no address";
}

TEST_F(IpAccessFilterTest, AsksAboutThePeerWhenTold) {
  stream_.info().peer = net::IpAddress::parse("192.0.2.1", 0).value();
  EXPECT_EQ(statusFor("10.1.1.1", R"({"allow": ["10.0.0.0/8"], "address": "peer"})"), 403);
}

TEST_F(IpAccessFilterTest, TakesTheOptionsOfTheRoute) {
  const std::shared_ptr<const Options> route = read(R"({"deny": ["10.1.0.0/16"]})");
  EXPECT_EQ(statusFor("10.1.1.1", R"({"allow": ["10.0.0.0/8"]})", route.get()), 403);
}

TEST_F(IpAccessFilterTest, SaysWhatIsWrongWithItsOptions) {
  (void)read(R"({"allow": ["10.0.0.1/8", 5], "address": "both"})");
  EXPECT_NE(errors_.find("/allow/0: expected an address whose bits"), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("/allow/1: expected an address or a block of them"), std::string::npos) << errors_;
  EXPECT_NE(errors_.find("/address: expected one of"), std::string::npos) << errors_;
  (void)read("{}");
  EXPECT_NE(errors_.find("expected \"allow\", \"deny\" or both"), std::string::npos) << errors_;
}

}  // namespace
}  // namespace headgate::filters::ip_access
