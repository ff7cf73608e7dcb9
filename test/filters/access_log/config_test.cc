#include "filters/access_log/config.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "source/config/parser.h"
#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/source/format/exchange.h"

namespace headgate::filters::access_log {
namespace {

struct Read {
  Options options;
  std::string errors;
};

Read read(const std::string& text) {
  config::Errors errors("test.json", text);
  const std::optional<config::Node> node = config::parseJson(text, {}, errors);
  EXPECT_TRUE(node);
  config::Object object(*node, errors);
  Read result;
  result.options = readOptions(object);
  object.finish();
  result.errors = errors.text();
  return result;
}

// The line that the options make of an exchange.
std::string sample(const Options& options) {
  const format::Exchange exchange;
  format::StartTimeText startTime;
  std::vector<char> room(options.format.maxBytes());
  return {room.data(), options.format.write(room.data(), format::Facts(exchange.info), startTime)};
}

TEST(AccessLogOptions, WriteTheDefaultFormatToStdoutUnlessTold) {
  const Read none = read("{}");
  EXPECT_EQ(none.errors, "");
  EXPECT_EQ(none.options.path, "/dev/stdout");
  EXPECT_EQ(sample(none.options), sample({"", makeFormatter(Format::Default), {}}));
  EXPECT_FALSE(none.options.when);
}

TEST(AccessLogOptions, TakeAPathAndAFormat) {
  const Read both = read(R"({"path": "/var/log/a.log", "format": "json"})");
  EXPECT_EQ(both.errors, "");
  EXPECT_EQ(both.options.path, "/var/log/a.log");
  EXPECT_EQ(sample(both.options), sample({"", makeFormatter(Format::Json), {}}));
}

TEST(AccessLogOptions, TakeAFormatOfOnesOwn) {
  const Read text = read(R"({"format": "%REQ(:METHOD)% took %DURATION% ms"})");
  EXPECT_EQ(text.errors, "");
  EXPECT_EQ(sample(text.options), "POST took 226 ms\n");
  const Read json =
      read(R"({"format": {"took": "%DURATION%", "request": {"line": "%REQ(:METHOD)% to %REQ(:AUTHORITY)%"}}})");
  EXPECT_EQ(json.errors, "");
  EXPECT_EQ(sample(json.options), "{\"took\":226.999,\"request\":{\"line\":\"POST to locations\"}}\n");
}

TEST(AccessLogOptions, TakeACondition) {
  const Read read5xx = read(R"({"when": {"status": {"min": 500}}})");
  EXPECT_EQ(read5xx.errors, "");
  ASSERT_TRUE(read5xx.options.when);
  Random random(1);
  EXPECT_FALSE(read5xx.options.when->holds(format::Exchange().info, random));
}

TEST(AccessLogOptions, RefuseWhatIsNoFormat) {
  EXPECT_NE(read(R"({"format": "xml"})").errors.find("/format: expected"), std::string::npos);
  EXPECT_NE(read(R"({"format": ["%PROTOCOL%"]})").errors.find("/format: expected"), std::string::npos);
  EXPECT_NE(read(R"({"format": "%FOO%"})").errors.find("/format: at byte 1: unknown operator"), std::string::npos);
  EXPECT_NE(read(R"({"format": {"a": "%FOO%"}})").errors.find("/format: \"a\": unknown operator"), std::string::npos);
}

TEST(AccessLogOptions, RefuseWhatIsNoPath) {
  EXPECT_NE(read(R"({"path": ""})").errors.find("/path: expected a file name"), std::string::npos);
  EXPECT_NE(read(R"({"path": "a\u0000b"})").errors.find("/path: expected"), std::string::npos);
  EXPECT_NE(read(R"({"path": 5})").errors.find("/path: expected"), std::string::npos);
}

TEST(AccessLogOptions, HaveNoOtherKeys) {
  EXPECT_NE(read(R"({"pth": "a"})").errors.find("did you mean \"path\""), std::string::npos);
}

TEST(AccessLogFactory, IsRegisteredUnderItsName) {
  const api::FilterType* type = api::findFilter("access_log");
  ASSERT_NE(type, nullptr);
  EXPECT_FALSE(type->terminal);
}

TEST(AccessLogFactory, StopsTheStartWhenTheFileCannotBeOpened) {
  stats::Registry registry;
  log::LogWriter writer(registry.addShard());
  Options options;
  options.path = "/nonexistent/access.log";
  const base::Status status = AccessLogFactory(options).open(writer);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "cannot open log file \"/nonexistent/access.log\": No such file or directory");
}

}  // namespace
}  // namespace headgate::filters::access_log
