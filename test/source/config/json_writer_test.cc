#include "source/config/json_writer.h"

#include <gtest/gtest.h>

namespace headgate::config {
namespace {

void writeSample(JsonWriter& out) {
  out.beginObject();
  out.key("a");
  out.beginArray();
  out.integer(1);
  out.number(0.5);
  out.boolean(true);
  out.null();
  out.beginArray();
  out.endArray();
  out.endArray();
  out.key("b");
  out.beginObject();
  out.endObject();
  out.endObject();
}

TEST(JsonWriter, CompactIsOneLine) {
  JsonWriter out(JsonWriter::Layout::Compact);
  writeSample(out);
  EXPECT_EQ(out.text(), "{\"a\":[1,0.5,true,null,[]],\"b\":{}}\n");
}

TEST(JsonWriter, PrettyIsIndentedByTwo) {
  JsonWriter out(JsonWriter::Layout::Pretty);
  writeSample(out);
  EXPECT_EQ(out.text(), "{\n  \"a\": [\n    1,\n    0.5,\n    true,\n    null,\n    []\n  ],\n  \"b\": {}\n}\n");
}

TEST(JsonWriter, EscapesStringsAndKeys) {
  JsonWriter out(JsonWriter::Layout::Compact);
  out.beginObject();
  out.key("a\"b");
  out.string("\\ \n \x01 \u00fc \xFF");
  out.endObject();
  EXPECT_EQ(out.text(), "{\"a\\\"b\":\"\\\\ \\u000a \\u0001 \u00fc ?\"}\n");
}

}  // namespace
}  // namespace headgate::config
