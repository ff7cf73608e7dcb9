#include "source/config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <map>

namespace headgate::config {
namespace {

using testing::HasSubstr;

ReferenceSources fakeSources() {
  ReferenceSources sources;
  sources.variable = [](std::string_view name) -> std::optional<std::string> {
    static const std::map<std::string, std::string, std::less<>> kVariables{
        {"HOST", "example"}, {"EMPTY", ""}, {"NESTED", "${HOST}"}, {"LATIN", "\xFF"}, {"_x9", "odd"}};
    const auto found = kVariables.find(name);
    if (found == kVariables.end()) return std::nullopt;
    return found->second;
  };
  sources.file = [](const std::string& path) -> base::Result<std::string> {
    if (path == "/secret") return "s3cret\n";
    if (path == "/two-lines") return "a\nb\r\n";
    if (path == "/binary") return std::string("a\0b", 3);
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "cannot be read: No such file or directory");
  };
  return sources;
}

Document load(const std::string& value) { return loadText("t", "{\"v\": \"" + value + "\"}", fakeSources()); }

std::string valueOf(const std::string& value) {
  const Document document = load(value);
  EXPECT_EQ(document.errors.text(), "");
  return document.root->find("v")->string();
}

TEST(Loader, FillsInVariablesFilesAndDefaults) {
  EXPECT_EQ(valueOf("${HOST}"), "example");
  EXPECT_EQ(valueOf("http://${HOST}:${PORT:-8080}/"), "http://example:8080/");
  EXPECT_EQ(valueOf("${EMPTY}"), "");
  EXPECT_EQ(valueOf("${EMPTY:-x}"), "x");
  EXPECT_EQ(valueOf("${PORT:-}"), "");
  EXPECT_EQ(valueOf("${PORT:-a:-b}"), "a:-b");
  EXPECT_EQ(valueOf("${file:/secret}"), "s3cret");
  EXPECT_EQ(valueOf("${file:/two-lines}"), "a\nb");
  EXPECT_EQ(valueOf("${_x9}"), "odd");
}

TEST(Loader, LeavesOtherDollarsAndEscapesAlone) {
  EXPECT_EQ(valueOf("$HOST $ $$ {HOST} 5$"), "$HOST $ $$ {HOST} 5$");
  EXPECT_EQ(valueOf("$${HOST}"), "${HOST}");
  EXPECT_EQ(valueOf("$$${HOST}"), "$${HOST}");
  EXPECT_EQ(valueOf("$${a}${HOST}"), "${a}example");
}

TEST(Loader, EscapeIsTheInverseOfSubstitution) {
  for (const std::string text : {"", "$", "${", "$${", "$$${HOST}", "a${b}c$", "${${"})
    EXPECT_EQ(valueOf(escapeReferences(text)), text);
}

TEST(Loader, DoesNotSearchWhatItFilledIn) { EXPECT_EQ(valueOf("${NESTED}"), "${HOST}"); }

TEST(Loader, RefusesWhatCannotBeFilledInAtItsPlace) {
  const auto errorOf = [](const std::string& value) {
    const Document document = load(value);
    EXPECT_TRUE(document.root->find("v")->unresolved());
    return document.errors.text();
  };
  EXPECT_EQ(errorOf("${PORT}"), "t:1:7 /v: the variable PORT is not set; set it, or give it a default: ${PORT:-...}\n");
  EXPECT_EQ(errorOf("${file:/nope}"), "t:1:7 /v: /nope cannot be read: No such file or directory\n");
  EXPECT_THAT(errorOf("${HOST"), HasSubstr("without its closing '}'"));
  EXPECT_THAT(errorOf("${}"), HasSubstr("got \"${}\""));
  EXPECT_THAT(errorOf("${1ST}"), HasSubstr("got \"${1ST}\""));
  EXPECT_THAT(errorOf("${A B}"), HasSubstr("expected ${VAR}"));
  EXPECT_THAT(errorOf("${HOST-x}"), HasSubstr("expected ${VAR}"));
  EXPECT_THAT(errorOf("${PORT:-${HOST}}"), HasSubstr("do not nest"));
  EXPECT_THAT(errorOf("${file:}"), HasSubstr("expected a path"));
  EXPECT_THAT(errorOf("${LATIN}"), HasSubstr("does not hold UTF-8"));
  EXPECT_THAT(errorOf("${file:/binary}"), HasSubstr("does not hold UTF-8"));
}

TEST(Loader, ReportsAllReferencesInOneGo) {
  const Document document = loadText("t", R"({"a": "${A}", "b": ["${B}", {"c": "${C}"}]})", fakeSources());
  EXPECT_EQ(document.errors.count(), 3u);
}

TEST(Loader, MarksWhatCameFromOutsideAsSecret) {
  const auto isSecret = [](const std::string& value) { return load(value).root->find("v")->secret(); };
  EXPECT_TRUE(isSecret("${HOST}"));
  EXPECT_TRUE(isSecret("${HOST:-x}"));
  EXPECT_TRUE(isSecret("${file:/secret}"));
  EXPECT_TRUE(isSecret("${PORT:-1}${HOST}"));
  EXPECT_FALSE(isSecret("${PORT:-1}"));
  EXPECT_FALSE(isSecret("$${HOST}"));
  EXPECT_FALSE(isSecret("plain"));
}

TEST(Loader, DoesNotFillInKeys) {
  const Document document = loadText("t", R"({"${HOST}": 1})", fakeSources());
  EXPECT_EQ(document.root->children()[0].key(), "${HOST}");
}

TEST(Loader, BoundsWhatReferencesStandFor) {
  ReferenceSources sources = fakeSources();
  sources.variable = [](std::string_view) { return std::optional<std::string>(std::string(1 << 20, 'x')); };
  std::string text = "[";
  for (int i = 0; i < 20; ++i) text += "\"${BIG}\",";
  const Document document = loadText("t", text + "0]", sources);
  EXPECT_THAT(document.errors.text(), HasSubstr("more than 16MiB"));
}

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view contents) : path_(testing::TempDir() + "headgate-loader-test-XXXXXX") {
    const int fd = ::mkstemp(path_.data());
    EXPECT_EQ(::write(fd, contents.data(), contents.size()), static_cast<ssize_t>(contents.size()));
    ::close(fd);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Loader, ReadsAFileAndNamesItInErrors) {
  const TemporaryFile file("{\n\"a\": }");
  const Document document = loadFile(file.path(), fakeSources());
  EXPECT_FALSE(document.root);
  EXPECT_EQ(document.errors.text(), file.path() + ":2:6: expected a JSON value\n");
}

TEST(Loader, NamesTheFileThatCannotBeRead) {
  const Document document = loadFile("/does/not/exist.json", fakeSources());
  EXPECT_FALSE(document.root);
  EXPECT_EQ(document.errors.text(), "/does/not/exist.json: cannot be read: No such file or directory\n");
  EXPECT_EQ(loadFile("/", fakeSources()).errors.text(), "/: cannot be read: Is a directory\n");
}

TEST(Loader, RefusesFilesOverTheLimitInsteadOfCuttingThem) {
  const TemporaryFile file(std::string(100'000, 'x'));
  EXPECT_EQ(readFile(file.path(), 100'000)->size(), 100'000u);
  EXPECT_FALSE(readFile(file.path(), 99'999));
}

TEST(Loader, OfProcessReadsTheEnvironmentAndFiles) {
  const TemporaryFile file("token\n");
  const Document document =
      loadText("t", R"({"p": "${PATH}", "f": "${file:)" + file.path() + R"(}"})", ReferenceSources::ofProcess());
  EXPECT_EQ(document.errors.text(), "");
  EXPECT_EQ(document.root->find("f")->string(), "token");
}

}  // namespace
}  // namespace headgate::config
