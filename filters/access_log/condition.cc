#include "filters/access_log/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "source/base/strings.h"
#include "source/format/operators.h"
#include "source/http/characters.h"

namespace headgate::filters::access_log {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

}  // namespace

Condition Condition::read(config::Object object) {
  Condition all(Kind::All);
  all.readRanges(object);
  all.readFlags(object);
  all.readHeader(object);
  all.readOthers(object);
  all.readNested(object);
  object.finish();
  return all;
}

void Condition::readRanges(config::Object& object) {
  if (object.has("status")) {
    Condition status(Kind::Status);
    config::Object range = object.child("status");
    status.min_ = range.integer("min", 0, 0, 999);
    status.max_ = range.integer("max", 999, 0, 999);
    if (status.min_ > status.max_) range.error("min", "expected no more than \"max\"");
    range.finish();
    children_.push_back(std::move(status));
  }
  if (object.has("duration")) {
    Condition duration(Kind::Duration);
    config::Object range = object.child("duration");
    duration.min_ = static_cast<uint64_t>(range.duration("min", base::Duration{0}).count());
    duration.max_ =
        range.has("max") ? static_cast<uint64_t>(range.duration("max", base::Duration{0}).count()) : kNoLimit;
    if (duration.min_ > duration.max_) range.error("min", "expected no more than \"max\"");
    range.finish();
    children_.push_back(std::move(duration));
  }
}

void Condition::readFlags(config::Object& object) {
  if (!object.has("flags")) return;
  Condition flags(Kind::Flags);
  object.forEach("flags", [&](const config::Node& element) {
    const uint32_t bit = format::flagOf(element.string());
    flags.flags_ |= bit;
    if (bit != 0 || element.unresolved()) return;
    object.errors().add(element, fmt::format("expected a response flag such as \"UF\", got {}", element.describe()));
  });
  children_.push_back(std::move(flags));
}

void Condition::readHeader(config::Object& object) {
  for (const char* key : {"request_header", "response_header"}) {
    if (!object.has(key)) continue;
    Condition header(Kind::Header);
    config::Object given = object.child(key);
    header.name_ = given.requiredString("name", "the name of a header");
    std::transform(header.name_.begin(), header.name_.end(), header.name_.begin(), base::lower);
    if (!header.name_.empty() && !http::isToken(header.name_)) given.expected("name", "the name of a header");
    header.anyValue_ = !given.has("value");
    header.value_ = given.string("value");
    header.response_ = key[2] == 's';
    given.finish();
    children_.push_back(std::move(header));
  }
}

void Condition::readOthers(config::Object& object) {
  if (object.has("details")) {
    Condition details(Kind::Details);
    details.name_ = object.requiredString("details", "a details token such as \"upstream_timeout\"");
    children_.push_back(std::move(details));
  }
  if (object.has("sample")) {
    Condition sample(Kind::Sample);
    sample.millionths_ = static_cast<uint32_t>(object.number("sample", 100, 0, 100) * 10'000 + 0.5);
    children_.push_back(std::move(sample));
  }
}

void Condition::readNested(config::Object& object) {
  for (const auto& [key, kind] : {std::pair{"all", Kind::All}, std::pair{"any", Kind::Any}}) {
    if (!object.has(key)) continue;
    Condition group(kind);
    object.requireElements(key, "at least one condition");
    object.forEach(key, [&](const config::Node& element) {
      if (!element.unresolved()) group.children_.push_back(read(config::Object(element, object.errors())));
    });
    children_.push_back(std::move(group));
  }
  if (!object.has("not")) return;
  Condition negated(Kind::Not);
  negated.children_.push_back(read(object.child("not")));
  children_.push_back(std::move(negated));
}

bool Condition::headerHolds(const http::MessageHead* head) const {
  if (head == nullptr) return false;
  return std::any_of(head->headers.begin(), head->headers.end(), [&](const http::Header& header) {
    return header.name == name_ && (anyValue_ || header.value == value_);
  });
}

bool Condition::holds(const api::StreamInfo& info, Random& random) const {
  const auto childHolds = [&](const Condition& child) { return child.holds(info, random); };
  switch (kind_) {
    case Kind::All: return std::all_of(children_.begin(), children_.end(), childHolds);
    case Kind::Any: return std::any_of(children_.begin(), children_.end(), childHolds);
    case Kind::Not: return !childHolds(children_.front());
    case Kind::Status: return info.status >= min_ && info.status <= max_;
    case Kind::Duration: {
      const auto duration = static_cast<uint64_t>(std::max<base::MonotonicTime>(info.end - info.start, 0));
      return duration >= min_ && duration <= max_;
    }
    case Kind::Flags: return flags_ == 0 ? info.flags != 0 : (info.flags & flags_) != 0;
    case Kind::Details: return info.details == name_;
    case Kind::Header: return headerHolds(response_ ? info.response : info.request);
    case Kind::Sample: return random.millionth() < millionths_;
  }
  return true;
}

}  // namespace headgate::filters::access_log
