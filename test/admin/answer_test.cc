#include "admin/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/json.h"
#include "source/config/parser.h"

namespace headgate::admin {
namespace {

TEST(Answer, SaysAProblemWithCodeMessageAndReason) {
  const Answer answer = problem(404, "not_found", "no \"x\"");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, "{\"code\":404,\"message\":\"no \\\"x\\\"\",\"reason\":\"not_found\"}\n");
}

TEST(Answer, ListsFaultsWithTheirPointers) {
  const Answer answer = problem(400, "invalid_body", "two", {{"/capacity", "too small", 0}, {"/mode", "unknown", 7}});
  EXPECT_EQ(answer.body,
            "{\"code\":400,\"message\":\"two\",\"reason\":\"invalid_body\",\"errors\":[{\"pointer\":\"/"
            "capacity\",\"message\":\"too small\"},"
            "{\"line\":7,\"pointer\":\"/mode\",\"message\":\"unknown\"}]}\n");
}

TEST(Answer, PutsTheFirstMistakeOfADocumentIntoItsMessage) {
  const std::string_view text = R"({"a": 1, "b": [)";
  config::Errors errors("", text);
  EXPECT_FALSE(config::parseJson(text, {}, errors));
  const Answer answer = problem(errors);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, testing::HasSubstr("\"message\":\"line 1, column "));
}

TEST(Answer, RoundsRetryAfterUp) {
  EXPECT_EQ(retryLater({}, std::chrono::milliseconds(1)).fields.front().second, "1");
  EXPECT_EQ(retryLater({}, std::chrono::milliseconds(2001)).fields.front().second, "3");
  EXPECT_EQ(retryLater({}, base::Duration(0)).fields.front().second, "1");
}

TEST(Json, WritesWholeNumbersWithoutAFraction) {
  config::JsonWriter json(config::JsonWriter::Layout::Compact);
  json.beginArray();
  for (const double value : {0.0, 100.0, 1e9, 0.1, 2.5, 1e300}) number(json, value);
  json.endArray();
  EXPECT_EQ(json.text(), "[0,100,1000000000,0.1,2.5,1e+300]\n");
}

TEST(Json, WritesTimesAsRfc3339) {
  EXPECT_EQ(timeText(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timeText(1772366400'123'456'789), "2026-03-01T12:00:00.123Z");
}

}  // namespace
}  // namespace headgate::admin
