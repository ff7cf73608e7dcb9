#include "source/format/header_rules.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"
#include "test/source/format/exchange.h"
#include "test/source/log/allocations.h"

namespace headgate::format {
namespace {

struct Read {
  HeaderRules rules;
  std::string errors;
};

Read read(const std::string& text) {
  config::Errors errors("test.json", text);
  const std::optional<config::Node> node = config::parseJson(text, {}, errors);
  EXPECT_TRUE(node) << errors.text();
  Read result;
  result.rules = HeaderRules::read(config::Object(*node, errors));
  result.errors = errors.text();
  return result;
}

std::string applied(const std::string& text, Exchange& exchange) {
  const Read rules = read(text);
  EXPECT_EQ(rules.errors, "");
  http::HeaderList headers(exchange.arena);
  exchange.request.headers.copyTo(headers);
  rules.rules.apply(headers, Facts(exchange.info));
  std::string result;
  for (const http::Header& header : headers) {
    EXPECT_EQ(header.id, http::headerName(header.name));
    result += std::string(header.name) + ": " + std::string(header.value) + '\n';
  }
  return result;
}

TEST(HeaderRules, RemoveThenSetThenAdd) {
  Exchange exchange;
  exchange.request.headers.add("x-a", "1");
  exchange.request.headers.add("x-a", "2");
  exchange.request.headers.removeIf([](const http::Header& header) { return !header.name.starts_with("x-a"); });
  EXPECT_EQ(applied(R"({"set": {"X-A": "3"}})", exchange), "x-a: 3\n");
  EXPECT_EQ(applied(R"({"add": {"X-A": "3"}})", exchange), "x-a: 1\nx-a: 2\nx-a: 3\n");
  EXPECT_EQ(applied(R"({"add": {"x-b": ["1", "%PROTOCOL%"]}})", exchange), "x-a: 1\nx-a: 2\nx-b: 1\nx-b: HTTP/1.1\n");
  EXPECT_EQ(applied(R"({"remove": ["X-a"]})", exchange), "");
  EXPECT_EQ(applied(R"({"add": {"x-a": "5"}, "set": {"x-a": "4"}, "remove": ["x-a"]})", exchange), "x-a: 4\nx-a: 5\n");
}

TEST(HeaderRules, NeverLeaveTheClientsValueWhereAnotherIsToStand) {
  Exchange exchange;
  exchange.request.headers.removeIf([](const http::Header&) { return true; });
  exchange.request.headers.add("x-user", "root");
  EXPECT_EQ(applied(R"({"set": {"x-user": "%REQ(X-VERIFIED-USER)%"}})", exchange), "");
  EXPECT_EQ(applied(R"({"add": {"x-b": "%REQ(X-NONE)%"}})", exchange), "x-user: root\n");
}

TEST(HeaderRules, TakeNothingFromTheHeap) {
  Exchange exchange;
  const Read rules =
      read(R"({"set": {"user-agent": "%REQ(:PATH)%", "x-constant": "yes"}, "remove": ["x-request-id"]})");
  for (int i = 0; i < 20; ++i) exchange.request.headers.add("x-more", "so that the list has grown");
  const size_t before = log::allocationsOfThisThread();
  rules.rules.apply(exchange.request.headers, Facts(exchange.info));
  EXPECT_EQ(log::allocationsOfThisThread() - before, 0U);
  EXPECT_EQ(exchange.request.headers.get("x-constant"), "yes");
}

TEST(HeaderRules, SayEverythingThatIsWrong) {
  const std::string errors = read(R"({
    "remove": ["a b", 5, "Connection"],
    "set": {"content-length": "5", ":path": "/", "x-a": "%FOO%", "X-A": ["1"], "x-b": "1", "X-B": "2", "host": "a"},
    "add": {"x-c": ["1", 2], "transfer-encoding": "chunked"},
    "replace": {}})")
                                 .errors;
  for (const char* expected :
       {"/remove/0: expected the name of a header, got \"a b\"", "/remove/1: expected the name of a header, got 5",
        "/remove/2: \"Connection\" belongs to the connection", "/set/content-length: \"content-length\" belongs to",
        "/set/:path: expected the name of a header", "/set/x-a: at byte 1: unknown operator \"FOO\"",
        "/set/X-A: expected the value of a header", "/set/X-B: \"x-b\" is set twice", "/set/host: \"host\" belongs to",
        "/add/x-c/1: expected the value of a header such as \"%PROTOCOL%\", got 2",
        "/add/transfer-encoding: \"transfer-encoding\" belongs to", "unknown key \"replace\""}) {
    EXPECT_NE(errors.find(expected), std::string::npos) << expected << "\n" << errors;
  }
}

}  // namespace
}  // namespace headgate::format
