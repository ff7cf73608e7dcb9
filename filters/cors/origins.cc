#include "filters/cors/origins.h"

#include <re2/re2.h>

#include <algorithm>

#include "source/base/strings.h"

namespace headgate::filters::cors {
namespace {

constexpr size_t kMaxOriginBytes = 1024;  // a host name has 253
constexpr std::string_view kForms =
    "an origin such as \"https://a.example\" or \"https://*.a.example:8443\" without a path, \"null\", or \"*\"";

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

bool isHostCharacter(char c) {
  return base::isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == ':' || c == '[' ||
         c == ']';
}

}  // namespace

Origins::Origins() = default;
Origins::~Origins() = default;
Origins::Origins(Origins&&) noexcept = default;
Origins& Origins::operator=(Origins&&) noexcept = default;

base::Status Origins::add(std::string_view text) {
  if (text == "*") {
    any_ = true;
    return {};
  }
  std::string origin(text);
  std::transform(origin.begin(), origin.end(), origin.begin(), base::lower);
  if (origin == "null") {
    exact_.push_back(origin);
    return {};
  }
  const size_t slashes = origin.find("://");
  if (slashes == std::string::npos || slashes == 0) return refuse(std::string(kForms));
  const std::string scheme = origin.substr(0, slashes + 3);
  std::string host = origin.substr(slashes + 3);
  const bool pattern = host.starts_with("*.");
  if (pattern) host.erase(0, 1);
  const bool good = host.size() > 1 && std::all_of(host.begin(), host.end(), isHostCharacter) &&
                    std::all_of(scheme.begin(), scheme.end() - 3, isHostCharacter);
  if (!good) return refuse(std::string(kForms));
  if (pattern) {
    suffixes_.push_back({scheme, host});
  } else {
    exact_.push_back(origin);
  }
  return {};
}

base::Status Origins::addRegex(std::string_view regex) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<RE2>(re2::StringPiece(regex.data(), regex.size()), options);
  if (!compiled->ok()) return refuse("a regular expression (" + compiled->error() + ")");
  regexes_.push_back(std::move(compiled));
  return {};
}

bool Origins::contains(std::string_view origin) const {
  if (any_) return true;
  if (origin.empty() || origin.size() > kMaxOriginBytes) return false;
  if (std::find(exact_.begin(), exact_.end(), origin) != exact_.end()) return true;
  for (const Suffix& suffix : suffixes_) {
    if (!origin.starts_with(suffix.scheme) || !origin.ends_with(suffix.rest)) continue;
    const size_t labels = origin.size() - suffix.rest.size();
    // What stands for the star is labels of a name: no user, no path, no port before the end.
    const std::string_view star = origin.substr(suffix.scheme.size(), labels - std::min(labels, suffix.scheme.size()));
    const bool name = !star.empty() && std::all_of(star.begin(), star.end(), [](char c) {
      return isHostCharacter(c) && c != ':' && c != '[' && c != ']';
    });
    if (name && labels > suffix.scheme.size()) return true;
  }
  return std::any_of(regexes_.begin(), regexes_.end(), [&](const std::unique_ptr<RE2>& regex) {
    return RE2::FullMatch(re2::StringPiece(origin.data(), origin.size()), *regex);
  });
}

}  // namespace headgate::filters::cors
