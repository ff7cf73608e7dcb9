#include "source/config/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/config/loader.h"

namespace headgate::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class ObjectTest : public testing::Test {
 protected:
  Object read(std::string_view text) {
    ReferenceSources sources;
    sources.variable = [](std::string_view name) -> std::optional<std::string> {
      if (name == "FOUR") return "4";
      if (name == "SECRET") return "hunter2";
      return std::nullopt;
    };
    document_ = loadText("t", text, sources);
    return Object(*document_.root, document_.errors);
  }
  std::string errors() const { return document_.errors.text(); }

  Document document_;
};

TEST_F(ObjectTest, GivesDefaultsForAbsentAndNullKeys) {
  Object object = read(R"({"s": null, "d": null, "n": null, "o": null, "l": null})");
  EXPECT_EQ(object.string("s", "x"), "x");
  EXPECT_EQ(object.duration("d", 5s), 5s);
  EXPECT_EQ(object.integer("n", 7, 0, 9), 7u);
  EXPECT_EQ(object.child("o").boolean("inner", true), true);
  EXPECT_EQ(object.forEach("l", [](const Node&) { FAIL(); }), 0u);
  EXPECT_EQ(object.bytes("absent", 42), 42u);
  EXPECT_FALSE(object.has("s"));
  object.finish();
  EXPECT_EQ(errors(), "");
}

TEST_F(ObjectTest, ReadsEveryType) {
  enum class Color { Red, Green };
  Object object =
      read(R"({"s": "text", "d": "250ms", "b": "16KiB", "b2": 100, "u": "unlimited", "n": 3, "x": 0.5, "t": true,
                           "c": "green", "l": ["a", "b"]})");
  EXPECT_EQ(object.string("s"), "text");
  EXPECT_EQ(object.duration("d", 0s), 250ms);
  EXPECT_EQ(object.bytes("b", 0), 16384u);
  EXPECT_EQ(object.bytes("b2", 0, 0, 1000), 100u);
  EXPECT_EQ(object.bytes("u", 0), kUnlimited);
  EXPECT_EQ(object.integer32("n", 0, 0, 10), 3u);
  EXPECT_EQ(object.number("x", 0, 0, 1), 0.5);
  EXPECT_TRUE(object.boolean("t", false));
  EXPECT_EQ(object.choice<Color>("c", Color::Red, {{"red", Color::Red}, {"green", Color::Green}}), Color::Green);
  EXPECT_THAT(object.strings("l"), ElementsAre("a", "b"));
  object.finish();
  EXPECT_EQ(errors(), "");
}

TEST_F(ObjectTest, TellsWhatWasExpectedAndWhatCame) {
  Object object =
      read(R"({"s": 1, "d": "5sec", "d2": "2h", "b": "16kB", "b2": "2MiB", "n": 11, "n2": "3", "x": 2, "t": "yes",
                           "c": "blue", "l": [1], "l2": {}})");
  (void)object.string("s");
  (void)object.duration("d", 0s);
  (void)object.duration("d2", 0s, 1s, 1h);
  (void)object.bytes("b", 0, 0, 10);
  (void)object.bytes("b2", 0, 1024, 1 << 20);
  (void)object.integer("n", 0, 1, 10);
  (void)object.integer("n2", 0, 1, 10);
  (void)object.number("x", 0, 0, 1);
  (void)object.boolean("t", false);
  EXPECT_EQ(object.choice<int>("c", 5, {{"red", 1}, {"green", 2}}), 5);
  (void)object.strings("l");
  (void)object.strings("l2");
  std::vector<std::string> messages;
  for (const Error& error : document_.errors.sorted()) messages.push_back(error.pointer + ": " + error.message);
  EXPECT_THAT(
      messages,
      ElementsAre("/s: expected a string, got 1", "/d: expected a duration such as \"5s\" or \"250ms\", got \"5sec\"",
                  "/d2: expected a duration from 1s to 1h, got \"2h\"",
                  "/b: expected a size such as \"16KiB\" or \"1MiB\", got \"16kB\"",
                  "/b2: expected a size from 1KiB to 1MiB, got \"2MiB\"",
                  "/n: expected a whole number from 1 to 10, got 11",
                  "/n2: expected a whole number from 1 to 10, got \"3\"", "/x: expected a number from 0 to 1, got 2",
                  "/t: expected true or false, got \"yes\"", "/c: expected one of \"red\", \"green\", got \"blue\"",
                  "/l/0: expected a string, got 1", "/l2: expected an array, got an object"));
}

TEST_F(ObjectTest, ReportsMissingKeysAtTheObjectThatLacksThem) {
  Object object = read("{\n  \"in\": {},\n \"nil\": null}");
  Object inner = object.child("in");
  (void)inner.requiredString("name", "the name of a thing");
  (void)object.requiredString("nil");
  (void)object.child("absent").requiredString("name");
  object.requireElements("list", "at least one thing");
  EXPECT_EQ(errors(),
            "t:1:1 /absent/name: missing; expected a string\n"
            "t:1:1 /list: missing; expected at least one thing\n"
            "t:2:9 /in/name: missing; expected the name of a thing\n"
            "t:3:9 /nil: missing; expected a string\n");
}

TEST_F(ObjectTest, RefusesEmptyRequiredStringsAndArrays) {
  Object object = read(R"({"s": "", "l": []})");
  (void)object.requiredString("s", "the name of a cluster");
  object.requireElements("l", "at least one endpoint");
  EXPECT_EQ(errors(),
            "t:1:7 /s: expected the name of a cluster, got \"\"\n"
            "t:1:16 /l: expected at least one endpoint, got an empty array\n");
}

TEST_F(ObjectTest, ReportsUnknownKeysWithTheNearestKnownOne) {
  Object object = read(R"({"adress": 1, "xyzzy": 2, "address": "a", "port": 1})");
  (void)object.string("address");
  (void)object.integer("port", 0, 0, 9);
  object.finish();
  object.finish();
  EXPECT_EQ(errors(),
            "t:1:2 /adress: unknown key \"adress\"; did you mean \"address\"?\n"
            "t:1:15 /xyzzy: unknown key \"xyzzy\"; known here: address, port\n");
}

TEST_F(ObjectTest, SaysOneThingAboutAnObjectThatIsNone) {
  Object object = read(R"({"o": 5})");
  Object child = object.child("o");
  (void)child.requiredString("name");
  (void)child.child("deeper").requiredString("name");
  child.error("anything");
  child.finish();
  object.finish();
  EXPECT_EQ(errors(), "t:1:7 /o: expected an object, got 5\n");
}

TEST_F(ObjectTest, NumbersAndBooleansMayBeReferences) {
  Object object = read(R"({"n": "${FOUR}", "d": "${NONE:-0.25}", "b": "${NONE:-true}", "bad": "${NONE:-many}"})");
  EXPECT_EQ(object.integer("n", 0, 0, 10), 4u);
  EXPECT_EQ(object.number("d", 0, 0, 1), 0.25);
  EXPECT_TRUE(object.boolean("b", false));
  EXPECT_EQ(object.integer("bad", 3, 0, 10), 3u);
  EXPECT_EQ(errors(), "t:1:69 /bad: expected a whole number from 0 to 10, got \"many\"\n");
}

TEST_F(ObjectTest, StaysSilentAboutReferencesThatWereReported) {
  Object object = read(R"({"s": "${NONE}", "d": "${NONE}", "n": "${NONE}", "l": "${NONE}", "o": "${NONE}"})");
  const size_t before = document_.errors.count();
  (void)object.requiredString("s");
  (void)object.duration("d", 1s);
  (void)object.integer("n", 0, 0, 1);
  (void)object.name("s");
  object.requireElements("l", "at least one");
  (void)object.child("o").requiredString("name");
  object.finish();
  EXPECT_EQ(before, 5u);
  EXPECT_EQ(document_.errors.count(), before);
}

TEST_F(ObjectTest, NeverShowsASecret) {
  Object object = read(R"({"n": "${SECRET}"})");
  (void)object.integer("n", 0, 0, 10);
  (void)object.duration("n", 0s);
  (void)object.bytes("n", 0);
  (void)object.choice<int>("n", 0, {{"a", 1}});
  EXPECT_EQ(document_.errors.count(), 4u);
  EXPECT_THAT(errors(), testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(errors(), HasSubstr("${SECRET}"));
}

TEST_F(ObjectTest, RefusesNulInStringsAndControlCharactersInNames) {
  Object object = read(R"({"s": "a\u0000b", "name": "a\nb", "empty": "", "long": ")" + std::string(129, 'x') + "\"}");
  EXPECT_EQ(object.string("s", "fallback"), "fallback");
  (void)object.name("name");
  (void)object.name("empty");
  (void)object.name("long");
  EXPECT_EQ(document_.errors.count(), 4u);
}

TEST_F(ObjectTest, ReportsTheMistakesOfItsUser) {
  Object object = read(R"({"a": 1, "b": {}})");
  object.error("a", "expected less, got 1");
  object.error("absent", "should be here");
  object.child("b").error("is odd");
  EXPECT_EQ(errors(),
            "t:1:1 /absent: should be here\n"
            "t:1:7 /a: expected less, got 1\n"
            "t:1:15 /b: is odd\n");
}

}  // namespace
}  // namespace headgate::config
