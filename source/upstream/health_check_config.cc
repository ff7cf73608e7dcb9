#include "source/upstream/health_check_config.h"

#include <algorithm>
#include <array>

#include "source/base/strings.h"
#include "source/config/object.h"
#include "source/config/utf8.h"
#include "source/http/characters.h"

namespace headgate::upstream {
namespace {

constexpr std::array<std::pair<std::string_view, http::Method>, 3> kMethods{
    {{"GET", http::Method::Get}, {"HEAD", http::Method::Head}, {"OPTIONS", http::Method::Options}}};

bool isVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = base::lower(c);
  return lower;
}

void readExpected(config::Object& object, HealthCheckConfig& check) {
  std::vector<uint16_t> expected;
  object.forEach("expected", [&](const config::Node& element) {
    const std::optional<uint64_t> status = element.integer();
    if (status && *status >= 200 && *status <= 599) {
      expected.push_back(static_cast<uint16_t>(*status));
    } else {
      object.errors().add(element, "expected a status from 200 to 599, got " + element.describe());
    }
  });
  if (object.has("expected")) object.requireElements("expected", "at least one status");
  if (!expected.empty()) check.expected = std::move(expected);
}

void readHeaders(config::Object& object, HealthCheckConfig& check) {
  const config::Node* headers = object.node("headers");
  if (headers == nullptr) return;
  if (!headers->isObject()) return object.expected("headers", "an object of names and values");
  for (const config::Node& field : headers->children()) {
    const std::string name = lowerCase(field.key());
    const bool token =
        !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return http::is(c, http::kTokenChar); });
    if (!token || name == "host" || name == "connection" || name == "content-length" || name == "transfer-encoding") {
      object.errors().add(
          field, "expected the name of a header that a check may send, got " + config::quotedText(field.key()));
    } else if (!field.isString() || config::hasControlCharacters(field.string())) {
      object.errors().add(field, "expected a string without control characters, got " + field.describe());
    } else {
      check.headers.emplace_back(name, field.string());
    }
  }
}

void readHttp(config::Object& object, HealthCheckConfig& check) {
  check.path = object.string("path", check.path);
  if (!check.path.starts_with('/') || !isVisible(check.path)) object.expected("path", "a path such as \"/ping\"");
  check.method = object.choice<http::Method>("method", check.method, kMethods);
  check.host = object.string("host", check.host);
  if (!isVisible(check.host)) object.expected("host", "a host such as \"app.internal\"");
  readHeaders(object, check);
  readExpected(object, check);
  check.reuseConnection = object.boolean("reuse_connection", check.reuseConnection);
}

}  // namespace

std::string_view probeKindName(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::Http: return "http";
    case ProbeKind::Tcp: return "tcp";
  }
  return {};
}

HealthCheckConfig readHealthCheckConfig(config::Object object) {
  using std::chrono::milliseconds;
  HealthCheckConfig check;
  if (object.has("tcp")) {
    check.kind = ProbeKind::Tcp;
    object.child("tcp").finish();
  } else {
    readHttp(object, check);
  }
  check.interval = object.duration("interval", check.interval, milliseconds(10));
  check.unhealthyInterval =
      object.duration("unhealthy_interval", std::min(check.unhealthyInterval, check.interval), milliseconds(10));
  check.timeout = object.duration("timeout", check.timeout, milliseconds(1));
  check.jitterPercent = object.integer32("jitter_percent", check.jitterPercent, 0, 100);
  check.unhealthyThreshold = object.integer32("unhealthy_threshold", check.unhealthyThreshold, 1, 1000);
  check.healthyThreshold = object.integer32("healthy_threshold", check.healthyThreshold, 1, 1000);
  object.finish();
  return check;
}

OutlierConfig readOutlierConfig(config::Object object) {
  using std::chrono::milliseconds;
  constexpr uint32_t kMost = 1'000'000;
  OutlierConfig outlier;
  outlier.consecutive5xx = object.integer32("consecutive_5xx", outlier.consecutive5xx, 0, kMost);
  outlier.consecutiveLocal = object.integer32("consecutive_local", outlier.consecutiveLocal, 0, kMost);
  outlier.successRateStdevs = object.number("success_rate_stdevs", outlier.successRateStdevs, 0, 100);
  outlier.successRateMinHosts = object.integer32("success_rate_min_hosts", outlier.successRateMinHosts, 2, kMost);
  outlier.successRateMinRequests =
      object.integer32("success_rate_min_requests", outlier.successRateMinRequests, 1, kMost);
  outlier.interval = object.duration("interval", outlier.interval, milliseconds(10));
  outlier.baseEjection = object.duration("base_ejection", outlier.baseEjection, milliseconds(1));
  outlier.maxEjection =
      object.duration("max_ejection", std::max(outlier.maxEjection, outlier.baseEjection), outlier.baseEjection);
  outlier.maxEjectionPercent = object.integer32("max_ejection_percent", outlier.maxEjectionPercent, 0, 100);
  outlier.keepOne = object.boolean("keep_one", outlier.keepOne);
  object.finish();
  return outlier;
}

}  // namespace headgate::upstream
