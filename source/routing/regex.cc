#include "source/routing/regex.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace headgate::routing {
namespace {

constexpr int kMaxGroups = 9;  // \1 .. \9

re2::RE2::Options optionsOf() {
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(Regex::kMaxMemory);
  return options;
}

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// Where the substituted text is gathered: a first pass measures, a second one writes.
class Output {
 public:
  explicit Output(char* to) : to_(to) {}
  void append(std::string_view text) {
    if (to_ != nullptr && !text.empty()) std::memcpy(to_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  char* const to_;
  size_t size_ = 0;
};

using Groups = std::array<re2::StringPiece, kMaxGroups + 1>;

void appendSubstitution(Output& out, std::string_view substitution, const Groups& groups) {
  while (!substitution.empty()) {
    const size_t plain = std::min(substitution.find('\\'), substitution.size());
    out.append(substitution.substr(0, plain));
    substitution.remove_prefix(plain);
    if (substitution.empty()) return;
    const char next = substitution[1];
    if (next == '\\') {
      out.append("\\");
    } else {
      const re2::StringPiece& group = groups[static_cast<size_t>(next - '0')];
      out.append({group.data(), group.size()});
    }
    substitution.remove_prefix(2);
  }
}

}  // namespace

Regex::Regex(std::string_view pattern) : pattern_(pattern), compiled_(pattern_, optionsOf()) {}

base::Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaxPattern) {
    return refuse(fmt::format("a regular expression of 1 to {} bytes", kMaxPattern));
  }
  std::shared_ptr<const Regex> regex(new Regex(pattern));
  if (!regex->compiled_.ok()) return refuse(fmt::format("a regular expression of RE2 ({})", regex->compiled_.error()));
  const int size = regex->compiled_.ProgramSize();
  if (size > kMaxProgram) {
    return refuse(fmt::format("a regular expression of at most {} instructions (this has {})", kMaxProgram, size));
  }
  return regex;
}

bool Regex::matches(std::string_view text) const {
  return compiled_.Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

std::string Regex::literalPrefix() const {
  constexpr int kLongest = 256;
  std::string min;
  std::string max;
  if (!compiled_.PossibleMatchRange(&min, &max, kLongest)) return {};
  // Every match lies between the two, so it begins with what both begin with.
  auto [end, maxEnd] = std::mismatch(min.begin(), min.end(), max.begin(), max.end());
  // Of "/a/.*" they are "/a/" and "/a0", which is no match: what lies between begins with all of "/a/".
  const bool adjacent = end != min.end() && maxEnd != max.end() && *maxEnd == *end + 1 && maxEnd + 1 == max.end();
  if (adjacent && !matches(max)) ++end;
  return {min.begin(), end};
}

std::string Regex::checkSubstitution(std::string_view substitution) const {
  std::string error;
  const std::string text(substitution);
  if (!compiled_.CheckRewriteString(text, &error)) return error;
  return {};
}

std::string_view Regex::replaceFirst(std::string_view text, std::string_view substitution, base::Arena& arena) const {
  Groups groups;
  const int groupCount = std::min(compiled_.NumberOfCapturingGroups(), kMaxGroups) + 1;
  if (!compiled_.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, groups.data(), groupCount)) return text;
  const auto begin = static_cast<size_t>(groups[0].data() - text.data());
  const auto run = [&](Output out) {
    out.append(text.substr(0, begin));
    appendSubstitution(out, substitution, groups);
    out.append(text.substr(begin + groups[0].size()));
    return out.size();
  };
  const size_t size = run(Output(nullptr));
  char* to = arena.array<char>(size);
  run(Output(to));
  return {to, size};
}

}  // namespace headgate::routing
