#include "filters/compress/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"

namespace headgate::filters::compress {
namespace {

struct Read {
  Options options;
  std::string errors;
};

Read read(const std::string& text) {
  config::Errors errors("test.json", text);
  const std::optional<config::Node> node = config::parseJson(text, {}, errors);
  config::Object object(*node, errors);
  Read result{readOptions(object), {}};
  object.finish();
  result.errors = errors.text();
  return result;
}

TEST(CompressOptions, HaveDefaults) {
  const Read none = read("{}");
  EXPECT_EQ(none.errors, "");
  EXPECT_THAT(none.options.codings, testing::ElementsAre(Coding::Zstd, Coding::Brotli, Coding::Gzip));
  EXPECT_EQ(none.options.minLength, 1024U);
}

TEST(CompressOptions, AreRead) {
  const Read all = read(R"({"encodings": ["gzip", "br"], "levels": {"gzip": 9}, "min_length": "4KiB",
                            "content_types": ["Text/HTML"], "max_streams": 3})");
  EXPECT_EQ(all.errors, "");
  EXPECT_THAT(all.options.codings, testing::ElementsAre(Coding::Gzip, Coding::Brotli));
  EXPECT_EQ(all.options.levels[0], 9);
  EXPECT_EQ(all.options.minLength, 4096U);
  EXPECT_EQ(all.options.maxStreams, 3U);
  EXPECT_TRUE(all.options.types.contain("text/html;charset=x"));
  EXPECT_FALSE(all.options.types.contain("text/plain"));
}

TEST(CompressOptions, SayWhatIsWrong) {
  const std::string errors = read(R"({"encodings": ["deflate", "br", "br"], "levels": {"gzip": 10, "lzma": 1},
                                      "content_types": ["text"], "max_streams": 0})")
                                 .errors;
  for (const char* expected :
       {"/encodings/0: expected one of \"gzip\", \"br\", \"zstd\", got \"deflate\"",
        "/encodings/2: \"br\" is listed twice", "/levels/gzip: expected a whole number from 1 to 9, got 10",
        "unknown key \"lzma\"", "/content_types/0: expected a media type", "/max_streams: expected"}) {
    EXPECT_NE(errors.find(expected), std::string::npos) << expected << '\n' << errors;
  }
}

}  // namespace
}  // namespace headgate::filters::compress
