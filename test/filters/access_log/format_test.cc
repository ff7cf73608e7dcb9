#include "filters/access_log/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "source/config/errors.h"
#include "source/config/node.h"
#include "source/config/parser.h"
#include "source/log/log_buffer.h"
#include "test/source/format/exchange.h"

namespace headgate::filters::access_log {
namespace {

std::string line(Format format, const api::StreamInfo& info) {
  const format::Formatter formatter = makeFormatter(format);
  format::StartTimeText startTime;
  std::vector<char> room(formatter.maxBytes());
  return {room.data(), formatter.write(room.data(), format::Facts(info), startTime)};
}

config::Node parsed(const std::string& text) {
  config::Errors errors("line", text);
  std::optional<config::Node> node = config::parseJson(text, {}, errors);
  EXPECT_TRUE(errors.empty()) << errors.text() << text;
  return node.value_or(config::Node());
}

TEST(DefaultFormat, IsEnvoysLine) {
  format::Exchange exchange;
  EXPECT_EQ(line(Format::Default, exchange.info),
            "[2016-04-15T20:17:17.310Z] \"POST /api/v1/locations?q=1 HTTP/1.1\" 204 - 154 0 226 100 \"10.0.35.28\" "
            "\"nsq2http\" \"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2\" \"locations\" \"10.0.2.2:80\"\n");
}

TEST(DefaultFormat, LogsARequestOfWhichNotEvenALineCouldBeRead) {
  api::StreamInfo info;
  info.startWall = 1'460'751'437'310'000'000;
  info.start = 1;
  info.end = 2;
  info.status = 400;
  info.flags = api::kDownstreamProtocolError;
  info.details = "bad_request";
  EXPECT_EQ(line(Format::Default, info),
            "[2016-04-15T20:17:17.310Z] \"- - -\" 400 DPE 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\"\n");
}

TEST(DefaultFormat, LogsAClientThatLeftBeforeAResponse) {
  format::Exchange exchange;
  exchange.info.status = 0;
  exchange.info.response = nullptr;
  exchange.info.responseHead = 0;
  exchange.info.flags = api::kDownstreamConnectionTermination;
  EXPECT_NE(line(Format::Default, exchange.info).find("HTTP/1.1\" 0 DC 154 0 226 - \""), std::string::npos);
}

TEST(DefaultFormat, DoesNotBelieveAPathThatTheClientClaims) {
  format::Exchange exchange;
  exchange.request.headers.add("x-envoy-original-path", "/harmless");
  EXPECT_EQ(line(Format::Default, exchange.info).find("harmless"), std::string::npos);
}

TEST(DefaultFormat, IsOneLineOfSixQuotedValuesWhateverAPeerSends) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    format::Exchange exchange;
    std::string evil(random() % 3000, '\0');
    for (char& c : evil) c = static_cast<char>(random());
    const std::string_view value = exchange.arena.copy(evil);
    exchange.request.methodText = exchange.request.path = exchange.request.authority = value;
    exchange.info.upstreamHost = value;
    for (const char* name : {"x-forwarded-for", "user-agent", "x-request-id"})
      exchange.request.headers.set(name, value);
    const std::string text = line(Format::Default, exchange.info);
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    ASSERT_EQ(std::count(text.begin(), text.end(), '"'), 12);
  }
}

TEST(JsonFormat, IsWhatTheDocumentationShows) {
  format::Exchange exchange;
  EXPECT_EQ(
      line(Format::Json, exchange.info),
      R"({"start_time":"2016-04-15T20:17:17.310Z","request_id":"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2","connection_id":7,)"
      R"("remote_address":"192.0.2.9","forwarded_for":"10.0.35.28","client_id":"locations-app","method":"POST","scheme":"http",)"
      R"("authority":"locations","path":"/api/v1/locations?q=1","protocol":"HTTP/1.1","user_agent":"nsq2http",)"
      R"("status":204,"flags":[],"details":"via_upstream","rate_limit":"allowed",)"
      R"("bytes_received":154,"bytes_sent":0,"duration_ms":226.999,)"
      R"("request_duration_ms":1.500,"response_duration_ms":102.250,"upstream_service_ms":100.250,"cluster":"app",)"
      R"("upstream_host":"10.0.2.2:80","attempt_count":2,)"
      R"("attempts":[{"host":"10.0.2.1:80","outcome":"upstream_connect_failed"},{"host":"10.0.2.2:80","outcome":"204"}]})"
      "\n");
}

TEST(JsonFormat, HasTheSameKeysWhenNothingIsSet) {
  const format::Exchange full;
  const config::Node one = parsed(line(Format::Json, full.info));
  const config::Node other = parsed(line(Format::Json, api::StreamInfo()));
  ASSERT_EQ(one.children().size(), jsonFields().size());
  ASSERT_EQ(other.children().size(), jsonFields().size());
  for (size_t i = 0; i < jsonFields().size(); ++i) {
    EXPECT_EQ(one.children()[i].key(), jsonFields()[i].first);
    EXPECT_EQ(other.children()[i].key(), jsonFields()[i].first);
  }
}

TEST(JsonFormat, IsOneLineOfJsonWhateverAPeerSends) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    format::Exchange exchange;
    std::string evil(random() % 3000, '\0');
    for (char& c : evil) c = static_cast<char>(random());
    const std::string_view value = exchange.arena.copy(evil);
    exchange.request.methodText = exchange.request.path = exchange.request.authority = value;
    exchange.info.upstreamHost = exchange.attempts[0].host = exchange.attempts[1].outcome = value;
    for (const char* name : {"x-forwarded-for", "user-agent", "x-request-id"})
      exchange.request.headers.set(name, value);
    const std::string text = line(Format::Json, exchange.info);
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    ASSERT_EQ(parsed(text).children().size(), jsonFields().size());
  }
}

TEST(Formats, HaveRoomForTheLargestValuesOfEverything) {
  format::Exchange exchange;
  const std::string_view huge = exchange.arena.copy(std::string(100'000, '\n'));
  exchange.request.methodText = exchange.request.path = exchange.request.authority = exchange.request.scheme = huge;
  for (const char* name : {"x-forwarded-for", "user-agent", "x-request-id"}) exchange.request.headers.set(name, huge);
  std::vector<api::Attempt> attempts(50, {huge, huge, nullptr});
  for (size_t i = 0; i + 1 < attempts.size(); ++i) attempts[i].next = &attempts[i + 1];
  api::StreamInfo& info = exchange.info;
  info.attempts = attempts.data();
  info.details = info.peerText = info.clientText = info.clusterName = info.upstreamHost = huge;
  info.bytesReceived = info.bytesSent = info.connectionId = ~uint64_t{0};
  info.attemptCount = ~uint32_t{0};
  info.status = 65535;
  info.flags = ~uint32_t{0};
  info.start = 1;
  info.requestComplete = info.responseHead = info.end = info.startWall = std::numeric_limits<int64_t>::max();
  for (const Format format : {Format::Default, Format::Json}) {
    EXPECT_LE(makeFormatter(format).maxBytes(), log::kMaxLineBytes);
    EXPECT_LE(line(format, info).size(), makeFormatter(format).maxBytes());
  }
}

TEST(JsonFormat, HasUniqueKeys) {
  std::set<std::string_view> keys;
  for (const auto& field : jsonFields()) EXPECT_TRUE(keys.insert(field.first).second) << field.first;
}

}  // namespace
}  // namespace headgate::filters::access_log
