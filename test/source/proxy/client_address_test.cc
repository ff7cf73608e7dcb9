#include "source/proxy/client_address.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace headgate::proxy {
namespace {

class ClientAddress : public ::testing::Test {
 protected:
  std::string client(std::initializer_list<std::string_view> forwardedFor, uint32_t hops) {
    http::HeaderList headers(arena_);
    headers.add("host", "a");
    for (const std::string_view value : forwardedFor) headers.add("x-forwarded-for", value);
    headers.add("accept", "9.9.9.9");
    const auto address = forwardedClient(headers, hops);
    return address ? address->host() : "none";
  }
  std::string_view scheme(std::initializer_list<std::string_view> values) {
    http::HeaderList headers(arena_);
    for (const std::string_view value : values) headers.add("x-forwarded-proto", value);
    return forwardedScheme(headers);
  }

  base::ChunkPool pool_;
  base::Arena arena_{pool_};
};

TEST_F(ClientAddress, IsTheElementThatTheOutermostTrustedProxyAdded) {
  EXPECT_EQ(client({"192.0.2.1, 192.0.2.2, 192.0.2.3"}, 1), "192.0.2.3");
  EXPECT_EQ(client({"192.0.2.1, 192.0.2.2, 192.0.2.3"}, 2), "192.0.2.2");
  EXPECT_EQ(client({"192.0.2.1,192.0.2.2 ,192.0.2.3"}, 3), "192.0.2.1");
}

TEST_F(ClientAddress, IsNotBelievedWithoutTrustedProxiesOrWithFewerElementsThanThose) {
  EXPECT_EQ(client({"192.0.2.1"}, 0), "none");
  EXPECT_EQ(client({"192.0.2.1"}, 2), "none");
  EXPECT_EQ(client({}, 1), "none");
  EXPECT_EQ(client({""}, 1), "none");
}

TEST_F(ClientAddress, CountsOverAllLinesAndSkipsEmptyElements) {
  EXPECT_EQ(client({"192.0.2.1", "192.0.2.2, 192.0.2.3"}, 3), "192.0.2.1");
  EXPECT_EQ(client({"192.0.2.1, ,", "", "192.0.2.3,"}, 2), "192.0.2.1");
}

TEST_F(ClientAddress, DropsPortsAndBrackets) {
  EXPECT_EQ(client({"192.0.2.1:4711"}, 1), "192.0.2.1");
  EXPECT_EQ(client({"[2001:DB8::1]:4711"}, 1), "2001:db8::1");
  EXPECT_EQ(client({"[2001:db8::1]"}, 1), "2001:db8::1");
  EXPECT_EQ(client({"2001:db8::1"}, 1), "2001:db8::1");
}

TEST_F(ClientAddress, OfAMappedAddressIsTheIpv4Address) {
  EXPECT_EQ(client({"::ffff:192.0.2.1"}, 1), "192.0.2.1");
  http::HeaderList headers(arena_);
  headers.add("x-forwarded-for", "::ffff:192.0.2.1");
  EXPECT_EQ(forwardedClient(headers, 1)->family(), AF_INET);
}

TEST_F(ClientAddress, IsNoNameAndNothingMalformed) {
  for (const std::string_view value :
       {"unknown", "_hidden", "localhost", "192.0.2", "192.0.2.1.2", "[192.0.2.1", "[", "]:1", ":", "1::2::3",
        "0x7f.0.0.1", "192.0.2.1 192.0.2.2", "\"192.0.2.1\"", "fe80::1%eth0"}) {
    EXPECT_EQ(client({"192.0.2.9", value}, 1), "none") << value;
  }
  EXPECT_EQ(client({std::string_view("192.0.2.1\0", 10)}, 1), "none");
}

TEST_F(ClientAddress, AndTheSchemeIsWhatOneLineSays) {
  EXPECT_EQ(scheme({"https"}), "https");
  EXPECT_EQ(scheme({"HTTP"}), "http");
  EXPECT_EQ(scheme({}), "");
  EXPECT_EQ(scheme({"ftp"}), "");
  EXPECT_EQ(scheme({"https", "http"}), "");
  EXPECT_EQ(scheme({"https,http"}), "");
}

}  // namespace
}  // namespace headgate::proxy
