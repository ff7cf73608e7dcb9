#include "source/proxy/error_body.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"
#include "test/source/format/exchange.h"

namespace headgate::proxy {
namespace {

struct Read {
  std::shared_ptr<const ErrorBody> body;
  std::string errors;
};

Read read(const std::string& text) {
  config::Errors errors("test.json", text);
  const std::optional<config::Node> node = config::parseJson(text, {}, errors);
  Read result{ErrorBody::read(config::Object(*node, errors)), {}};
  result.errors = errors.text();
  return result;
}

std::string written(const std::string& text, format::Exchange& exchange) {
  const Read result = read(text);
  EXPECT_EQ(result.errors, "");
  exchange.info.status = 0;
  exchange.info.details = "upstream_timeout";
  exchange.response.status = 504;
  return std::string(
      result.body->write(exchange.arena, exchange.info, exchange.response, "no \"response\" in time", 0));
}

TEST(ErrorBody, IsATextOfTheOperatorsChoice) {
  format::Exchange exchange;
  EXPECT_EQ(written(R"({"text": "Sorry: %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n%LOCAL_REPLY_BODY%\n"})", exchange),
            "Sorry: 504 upstream_timeout\nno \"response\" in time\n");
  EXPECT_EQ(read(R"({"text": "a"})").body->contentType(), "text/plain; charset=utf-8");
}

TEST(ErrorBody, IsJsonOfTheOperatorsChoice) {
  format::Exchange exchange;
  EXPECT_EQ(
      written(R"({"json": {"error": {"status": "%RESPONSE_CODE%", "why": "%LOCAL_REPLY_BODY%", "id": "%REQ(X-NONE)%",
                                           "retry": false, "path": "at %REQ(:PATH)%"}}})",
              exchange),
      "{\"error\":{\"status\":504,\"why\":\"no \\\"response\\\" in time\",\"id\":null,\"retry\":false,"
      "\"path\":\"at /api/v1/locations?q=1\"}}\n");
  EXPECT_EQ(read(R"({"json": {}})").body->contentType(), "application/json");
}

TEST(ErrorBody, TakesTheMarkupOutOfValuesForMarkup) {
  format::Exchange exchange;
  exchange.request.path = "/<script>alert(1)</script>";
  EXPECT_EQ(written(R"({"text": "<p>%REQ(:PATH)%</p>", "content_type": "text/html; charset=utf-8"})", exchange),
            "<p>/&lt;script&gt;alert(1)&lt;/script&gt;</p>");
}

TEST(ErrorBody, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> expected[] = {
      {R"({})", "expected either \"text\" or \"json\""},
      {R"({"text": "a", "json": {}})", "expected either \"text\" or \"json\""},
      {R"({"text": 5})", "/text: expected a text, got 5"},
      {R"({"json": "a"})", "/json: expected an object, got \"a\""},
      {R"({"text": "%FOO%"})", "/text: at byte 1: unknown operator \"FOO\""},
      {R"({"json": {"a": "%FOO%"}})", "/json: \"a\": unknown operator \"FOO\""},
      {R"({"text": "a", "content_type": ""})", "/content_type: expected a media type"},
      {R"({"text": "a", "type": "b"})", "unknown key \"type\""},
  };
  for (const auto& [text, message] : expected) {
    EXPECT_NE(read(text).errors.find(message), std::string::npos) << text << '\n' << read(text).errors;
  }
}

}  // namespace
}  // namespace headgate::proxy
