#include "source/format/formatter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "source/log/log_buffer.h"
#include "test/source/format/exchange.h"
#include "test/source/log/allocations.h"

namespace headgate::format {
namespace {

std::string line(const Formatter& formatter, const api::StreamInfo& info) {
  StartTimeText startTime;
  // Of exactly that size, so that a sanitizer sees the first byte too many.
  std::vector<char> room(formatter.maxBytes());
  const size_t size = formatter.write(room.data(), Facts(info), startTime);
  EXPECT_LE(size, room.size());
  EXPECT_EQ(room[size - 1], '\n');
  return {room.data(), size - 1};
}

std::string text(std::string_view format, const api::StreamInfo& info) {
  const base::Result<Formatter> formatter = Formatter::line(format);
  EXPECT_TRUE(formatter) << formatter.error().message;
  return line(*formatter, info);
}

std::string json(std::string_view op, const api::StreamInfo& info) {
  const Formatter::JsonField field{"k", op};
  const base::Result<Formatter> formatter = Formatter::jsonLine({&field, 1});
  EXPECT_TRUE(formatter) << formatter.error().message;
  return line(*formatter, info);
}

std::string header(std::string_view format, const api::StreamInfo& info) {
  const base::Result<Formatter> formatter = Formatter::headerValue(format);
  EXPECT_TRUE(formatter) << formatter.error().message;
  std::vector<char> room(formatter->maxBytes());
  StartTimeText startTime;
  EXPECT_LE(formatter->write(room.data(), Facts(info), startTime), room.size());
  base::ChunkPool pool;
  base::Arena arena(pool);
  return std::string(formatter->write(arena, Facts(info)));
}

std::string mistake(std::string_view format) {
  const base::Result<Formatter> formatter = Formatter::line(format);
  return formatter ? "" : formatter.error().message;
}

TEST(Formatter, CopiesTextAndDoublesOfThePercentSign) {
  const Exchange exchange;
  EXPECT_EQ(text("100%% of %PROTOCOL%!", exchange.info), "100% of HTTP/1.1!");
  EXPECT_EQ(text("", exchange.info), "");
}

TEST(Formatter, WritesEachOperator) {
  const Exchange exchange;
  const std::pair<const char*, const char*> expected[] = {
      {"%START_TIME%", "2016-04-15T20:17:17.310Z"},
      {"%REQ(:METHOD)%", "POST"},
      {"%REQ(:PATH)%", "/api/v1/locations?q=1"},
      {"%REQ(:AUTHORITY)%", "locations"},
      {"%REQ(:SCHEME)%", "http"},
      {"%REQ(User-Agent)%", "nsq2http"},
      {"%RESP(SERVER)%", "origin"},
      {"%PROTOCOL%", "HTTP/1.1"},
      {"%RESPONSE_CODE%", "204"},
      {"%RESPONSE_CODE_DETAILS%", "via_upstream"},
      {"%RESPONSE_FLAGS%", "-"},
      {"%BYTES_RECEIVED%", "154"},
      {"%BYTES_SENT%", "0"},
      {"%DURATION%", "226"},
      {"%REQUEST_DURATION%", "1"},
      {"%RESPONSE_DURATION%", "102"},
      {"%UPSTREAM_SERVICE_TIME%", "100"},
      {"%UPSTREAM_HOST%", "10.0.2.2:80"},
      {"%UPSTREAM_CLUSTER%", "app"},
      {"%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "2"},
      {"%HOSTS_TRIED%", "10.0.2.1:80(upstream_connect_failed),10.0.2.2:80(204)"},
      {"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "192.0.2.9"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%", "192.0.2.8"},
      {"%CONNECTION_ID%", "7"},
      {"%START_TIME(%d/%b)%", nullptr},
      {"%START_TIME(%Y/%m/%d %H:%M:%S.%6f)% UTC", "2016/04/15 20:17:17.310000 UTC"},
      {"%REQUEST_HEADERS_BYTES%", "321"},
      {"%REQUEST_TX_DURATION%", "3"},
      {"%RESPONSE_TX_DURATION%", "124"},
      {"%UPSTREAM_PROTOCOL%", "HTTP/1.1"},
      {"%UPSTREAM_REMOTE_ADDRESS%", "10.0.2.2:80"},
      {"%UPSTREAM_TRANSPORT_FAILURE_REASON%", "connect: Connection refused"},
      {"%CONNECTION_TERMINATION_DETAILS%", "-"},
      {"%DOWNSTREAM_REMOTE_ADDRESS%", "192.0.2.9:55555"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "192.0.2.8:44444"},
      {"%TRAILER(X-SUM?X-MD5)%", "abc"},
      {"%TRAILER(X-SUM?X-MD5):2%", "ab"},
      {"%TRAILER(X-NONE)%", "-"},
      {"%GRPC_STATUS% %GRPC_STATUS_NUMBER%", "NotFound 5"},
  };
  for (const auto& [format, value] : expected) {
    if (value == nullptr) {
      EXPECT_FALSE(Formatter::line(format)) << format;
    } else {
      EXPECT_EQ(text(format, exchange.info), value) << format;
    }
  }
  EXPECT_NE(text("%HOSTNAME%", exchange.info), "-");
}

TEST(Formatter, PrintsWhatIsUnsetAsADashOrNull) {
  const api::StreamInfo nothing;
  for (const char* op :
       {"%START_TIME%", "%REQ(:METHOD)%", "%REQ(:PATH)%", "%REQ(X-REQUEST-ID)%", "%RESP(SERVER)%", "%PROTOCOL%",
        "%RESPONSE_CODE_DETAILS%", "%DURATION%", "%REQUEST_DURATION%", "%RESPONSE_DURATION%", "%UPSTREAM_SERVICE_TIME%",
        "%UPSTREAM_HOST%", "%UPSTREAM_CLUSTER%", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}) {
    EXPECT_EQ(text(op, nothing), "-") << op;
    EXPECT_EQ(json(op, nothing), "{\"k\":null}") << op;
  }
  EXPECT_EQ(text("%RESPONSE_FLAGS% %HOSTS_TRIED% %RESPONSE_CODE%", nothing), "- - 0");
  EXPECT_EQ(json("%RESPONSE_FLAGS%", nothing), "{\"k\":[]}");
  EXPECT_EQ(json("%HOSTS_TRIED%", nothing), "{\"k\":[]}");
}

TEST(Formatter, TypesTheValuesOfJson) {
  Exchange exchange;
  exchange.info.flags = api::kUpstreamConnectionFailure | api::kUpstreamRetryLimitExceeded;
  EXPECT_EQ(json("%RESPONSE_CODE%", exchange.info), R"({"k":204})");
  EXPECT_EQ(json("%DURATION%", exchange.info), R"({"k":226.999})");
  EXPECT_EQ(json("%UPSTREAM_SERVICE_TIME%", exchange.info), R"({"k":100.250})");
  EXPECT_EQ(json("%RESPONSE_FLAGS%", exchange.info), R"({"k":["UF","URX"]})");
  EXPECT_EQ(json("%REQ(USER-AGENT)%", exchange.info), R"({"k":"nsq2http"})");
  EXPECT_EQ(
      json("%HOSTS_TRIED%", exchange.info),
      R"({"k":[{"host":"10.0.2.1:80","outcome":"upstream_connect_failed"},{"host":"10.0.2.2:80","outcome":"204"}]})");
}

TEST(Formatter, NamesEveryFlagOnce) {
  Exchange exchange;
  exchange.info.flags = 0x7FFF;
  EXPECT_EQ(text("%RESPONSE_FLAGS%", exchange.info), "UH,UF,UO,UT,UC,URX,UPE,NR,NC,DC,DPE,SI,RL,OM,DT");
  EXPECT_EQ(flagName(api::kDurationTimeout), "DT");
}

TEST(Formatter, PutsIPv6InBracketsBeforeAPort) {
  Exchange exchange;
  exchange.info.client = net::IpAddress::parse("2001:db8::9", 44444).value();
  exchange.info.clientText = "2001:db8::9";
  EXPECT_EQ(text("%DOWNSTREAM_REMOTE_ADDRESS%", exchange.info), "[2001:db8::9]:44444");
  exchange.info.client = net::IpAddress();
  exchange.info.clientText = "unix";
  EXPECT_EQ(text("%DOWNSTREAM_REMOTE_ADDRESS%", exchange.info), "unix");
}

TEST(Formatter, NamesFlagsAtLengthToo) {
  Exchange exchange;
  exchange.info.flags = api::kUpstreamConnectionFailure | api::kDownstreamProtocolError;
  exchange.info.details = "bad_request";
  EXPECT_EQ(text("%RESPONSE_FLAGS_LONG%", exchange.info), "UpstreamConnectionFailure,DownstreamProtocolError");
  EXPECT_EQ(json("%RESPONSE_FLAGS_LONG%", exchange.info),
            R"({"k":["UpstreamConnectionFailure","DownstreamProtocolError"]})");
  EXPECT_EQ(text("%CONNECTION_TERMINATION_DETAILS%", exchange.info), "bad_request");
  exchange.info.flags = 0x7FFF;
  (void)text("%RESPONSE_FLAGS_LONG%", exchange.info);
  (void)json("%RESPONSE_FLAGS_LONG%", exchange.info);
}

TEST(Formatter, TakesTheStatusOfTheHeadAtHandWhileTheExchangeRuns) {
  Exchange exchange;
  exchange.info.status = 0;
  EXPECT_EQ(header("%RESPONSE_CODE%", exchange.info), "204");
  exchange.info.response = nullptr;
  EXPECT_EQ(header("%RESPONSE_CODE%", exchange.info), "0");
}

TEST(Formatter, FindsTheGrpcStatusInAHeadAlone) {
  Exchange exchange;
  exchange.info.responseTrailers = nullptr;
  EXPECT_EQ(json("%GRPC_STATUS_NUMBER%", exchange.info), R"({"k":null})");
  exchange.response.headers.add("grpc-status", "99");
  EXPECT_EQ(json("%GRPC_STATUS_NUMBER%", exchange.info), R"({"k":99})");
  EXPECT_EQ(text("%GRPC_STATUS%", exchange.info), "99");
}

TEST(Formatter, FallsBackToTheSecondHeader) {
  const Exchange exchange;
  EXPECT_EQ(text("%REQ(X-ORIGINAL?:PATH)%", exchange.info), "/api/v1/locations?q=1");
  EXPECT_EQ(text("%REQ(USER-AGENT?:PATH)%", exchange.info), "nsq2http");
  EXPECT_EQ(text("%REQ(X-A?X-B)%", exchange.info), "-");
}

TEST(Formatter, TakesAnEmptyHeaderForAnAbsentOne) {
  Exchange exchange;
  exchange.request.headers.add("x-empty", "");
  EXPECT_EQ(text("%REQ(X-EMPTY)%", exchange.info), "-");
}

TEST(Formatter, JoinsTheLinesOfAHeader) {
  Exchange exchange;
  exchange.request.headers.add("x-forwarded-for", "203.0.113.1");
  exchange.request.headers.add("x-other", "a");
  exchange.request.headers.add("x-other", "b");
  EXPECT_EQ(text("%REQ(X-FORWARDED-FOR)%", exchange.info), "10.0.35.28,203.0.113.1");
  EXPECT_EQ(json("%REQ(X-OTHER)%", exchange.info), R"({"k":"a,b"})");
}

TEST(Formatter, CutsValuesAtTheirLength) {
  Exchange exchange;
  exchange.request.headers.add("x-long", exchange.arena.copy(std::string(100'000, 'x')));
  EXPECT_EQ(text("%REQ(X-LONG):10%", exchange.info), "xxxxxxxxxx");
  EXPECT_EQ(text("%REQ(X-LONG):1%", exchange.info), "x");
  EXPECT_EQ(text("%REQ(X-LONG)%", exchange.info), std::string(1021, 'x') + "...");
  EXPECT_EQ(text("%REQ(:METHOD):2%", exchange.info), "PO");
  EXPECT_EQ(text("%REQ(X-REQUEST-ID?:PATH):8%", exchange.info), "cc21d9b0");
  for (int i = 0; i < 100; ++i) exchange.request.headers.add("x-many", "0123456789");
  EXPECT_EQ(text("%REQ(X-MANY):25%", exchange.info), "0123456789,0123456789,012");
  EXPECT_EQ(json("%REQ(X-MANY):12%", exchange.info), R"({"k":"0123456789,0"})");
  EXPECT_EQ(text("%REQ(X-MANY):11%", exchange.info), "0123456789");
}

TEST(Formatter, HasRoomForTheWorstOfEachEncoding) {
  Exchange exchange;
  for (const char* bytes : {"\n", "\"", "&", "\xFF", "x"}) {
    std::string many;
    for (int i = 0; i < 5000; ++i) many += bytes;
    exchange.request.headers.set("x-many", exchange.arena.copy(many));
    for (const int length : {1, 2, 7, 100, 8192}) {
      const std::string op = "%REQ(X-MANY):" + std::to_string(length) + '%';
      (void)text(op, exchange.info);
      (void)json(op, exchange.info);
      (void)header(op, exchange.info);
    }
  }
}

TEST(Formatter, FindsTheFieldsThatTheCodecsTakeOut) {
  Exchange exchange;
  exchange.request.contentLength = 154;
  EXPECT_EQ(text("%REQ(CONTENT-LENGTH)% %REQ(HOST)%", exchange.info), "154 locations");
  EXPECT_EQ(text("%RESP(CONTENT-LENGTH)%", exchange.info), "-");
}

TEST(HeaderValue, IsTheTextWithoutTheSpacesAtItsEnds) {
  Exchange exchange;
  EXPECT_EQ(header("%PROTOCOL% %RESPONSE_CODE%", exchange.info), "HTTP/1.1 204");
  EXPECT_EQ(header("  a b ", exchange.info), "a b");
  exchange.request.headers.add("x-empty", "");
  EXPECT_EQ(header("%REQ(X-EMPTY)% a %REQ(X-NONE)%", exchange.info), "a");
  EXPECT_EQ(header("%REQ(X-NONE)%%UPSTREAM_HOST%%RESPONSE_FLAGS%", api::StreamInfo()), "");
}

TEST(HeaderValue, HoldsNoByteThatAFieldMayNotHave) {
  Exchange exchange;
  exchange.request.path = "/a\r\nSet-Cookie: x=1\0\x7F\xC3\xBC\"";
  EXPECT_EQ(header("%REQ(:PATH)%", exchange.info), "/a  Set-Cookie: x=1");
  exchange.request.path = "\n/\x7F\xC3\xBC\"\n";
  EXPECT_EQ(header("%REQ(:PATH)%", exchange.info), "/ \xC3\xBC\"");
}

TEST(HeaderValue, TakesTheHeadsAndTheTimeOfAnExchangeThatRuns) {
  Exchange exchange;
  exchange.info.end = 0;
  exchange.info.response = nullptr;
  Facts facts(exchange.info);
  const Formatter formatter = Formatter::headerValue("%RESP(SERVER)% %DURATION%").value();
  EXPECT_EQ(formatter.write(exchange.arena, facts), "");
  facts.response = &exchange.response;
  facts.now = exchange.info.start + 7'000'000;
  EXPECT_EQ(formatter.write(exchange.arena, facts), "origin 7");
}

TEST(HeaderValue, TakesNothingFromTheHeapOnceWarm) {
  Exchange exchange;
  const Formatter constant = Formatter::headerValue("constant").value();
  const Formatter made = Formatter::headerValue("%REQ(:PATH)% %START_TIME% %HOSTS_TRIED%").value();
  (void)exchange.arena.allocate(1);
  const size_t before = log::allocationsOfThisThread();
  EXPECT_EQ(constant.write(exchange.arena, Facts(exchange.info)), "constant");
  EXPECT_EQ(made.write(exchange.arena, Facts(exchange.info)).substr(0, 21), "/api/v1/locations?q=1");
  EXPECT_EQ(log::allocationsOfThisThread() - before, 0U);
}

TEST(HeaderValue, SaysWhatIsWrong) {
  EXPECT_EQ(Formatter::headerValue("a\nb").error().message, "a header value has no control characters");
  EXPECT_EQ(Formatter::headerValue("%FOO%").error().message, "at byte 1: unknown operator \"FOO\"");
}

TEST(Formatter, ListsABoundedNumberOfAttempts) {
  Exchange exchange;
  std::vector<api::Attempt> attempts(100, {"10.0.0.1:80", "upstream_connect_failed", nullptr});
  for (size_t i = 0; i + 1 < attempts.size(); ++i) attempts[i].next = &attempts[i + 1];
  exchange.info.attempts = attempts.data();
  const std::string tried = text("%HOSTS_TRIED%", exchange.info);
  EXPECT_EQ(std::count(tried.begin(), tried.end(), '('), 16);
}

TEST(Formatter, NeverGoesBackInTime) {
  Exchange exchange;
  exchange.info.end = exchange.info.start - 5'000'000;
  EXPECT_EQ(text("%DURATION%", exchange.info), "0");
}

TEST(Formatter, SaysWhatIsWrongWithAFormat) {
  EXPECT_EQ(mistake("%PROTOCOL"), "the % at byte 1 has no second one");
  EXPECT_EQ(mistake("a %FOO% b"), "at byte 3: unknown operator \"FOO\"");
  EXPECT_EQ(mistake("%PROTOCOL(x)%"), "at byte 1: PROTOCOL takes nothing in parentheses");
  EXPECT_EQ(mistake("%REQ%"), "at byte 1: expected a header name in parentheses after REQ");
  EXPECT_EQ(mistake("%REQ()%"), "at byte 1: expected a header name, got \"\"");
  EXPECT_EQ(mistake("%REQ(:FOO)%"),
            "at byte 1: \":FOO\" is none of the fields :METHOD, :PATH, :AUTHORITY and :SCHEME of a request");
  EXPECT_EQ(mistake("%RESP(:PATH)%"),
            "at byte 1: \":PATH\" is none of the fields :METHOD, :PATH, :AUTHORITY and :SCHEME of a request");
  EXPECT_EQ(mistake("%REQ(A):x%"),
            "at byte 1: expected a length such as \":100\", of 1 to 8192, after the parenthesis, got \":x\"");
  EXPECT_NE(mistake("%REQ(A):9000%"), "");
  EXPECT_EQ(mistake("a\nb"), "a format has no control characters; a newline is added");
}

static_assert(Formatter::kMaxBytes <= log::kMaxLineBytes, "a line of an access log must fit");

TEST(Formatter, RefusesAFormatWhoseLineCouldBeTooLong) {
  std::string format;
  for (int i = 0; i < 10; ++i) format += "%REQ(:PATH)%";
  EXPECT_NE(mistake(format).find("the text could have"), std::string::npos);
}

TEST(Formatter, WantsOneOperatorForEachJsonKey) {
  for (const std::string_view value : {"text", "%PROTOCOL% ", "%PROTOCOL%%PROTOCOL%", "%%", ""}) {
    const Formatter::JsonField field{"k", value};
    EXPECT_FALSE(Formatter::jsonLine({&field, 1})) << value;
  }
}

}  // namespace
}  // namespace headgate::format
