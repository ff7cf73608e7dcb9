#include "admin/client_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "admin/json.h"
#include "source/config/object.h"

namespace headgate::admin {

using config::JsonWriter;
using config::Node;
using limits::LimitSpec;

namespace {

constexpr std::string_view kCapacityWhat = "a number from 1 to 1000000000";
constexpr std::string_view kRateWhat = "a number from 0 to 1000000000";
constexpr std::string_view kModeWhat = R"(one of "enforce", "shadow", "off", "block")";

// The members of one object, with their mistakes. Unlike config::Object it tells null from absent.
class Members {
 public:
  Members(const Node& root, config::Errors& errors) : root_(root), errors_(errors) {
    if (!root.isObject()) errors.add(root, "expected an object, got " + root.describe());
  }

  const Node* find(std::string_view key) {
    known_.push_back(key);
    return root_.find(key);
  }
  void missing(std::string_view key, std::string_view what) {
    if (root_.isObject())
      errors_.addAt(root_.offset(), fmt::format("/{}", key), fmt::format("missing; expected {}", what));
  }
  void expected(const Node& value, std::string_view what) {
    errors_.add(value, fmt::format("expected {}, got {}", what, value.describe()));
  }
  void add(const Node& value, std::string message) { errors_.add(value, std::move(message)); }

  /// Reports the members that nobody asked for.
  void finish() {
    if (!root_.isObject()) return;
    for (const Node& member : root_.children()) {
      if (std::find(known_.begin(), known_.end(), member.key()) != known_.end()) continue;
      std::string message = "unknown field " + config::quotedText(member.key());
      if (const std::string_view* near = config::Object::nearest(member.key(), known_))
        message += "; did you mean " + config::quotedText(*near) + "?";
      errors_.addAtKey(member, std::move(message));
    }
  }

 private:
  const Node& root_;
  config::Errors& errors_;
  std::vector<std::string_view> known_;
};

// The number, if it alone is in range.
std::optional<double> readNumber(Members& members, const Node& value, std::string_view what, bool isCapacity) {
  if (value.kind() != Node::Kind::Number) {
    members.expected(value, what);
    return std::nullopt;
  }
  const LimitSpec alone = isCapacity ? LimitSpec{value.number(), 0} : LimitSpec{1, value.number()};
  if (const auto problem = limits::problemOf(alone)) {
    members.add(value, problem->message);
    return std::nullopt;
  }
  return value.number();
}

std::optional<limits::Mode> readMode(Members& members, const Node& value) {
  const auto mode = value.isString() ? limits::parseMode(value.string()) : std::nullopt;
  if (!mode) members.expected(value, kModeWhat);
  return mode;
}

void checkId(Members& members, const Node& value, const std::string& ofPath) {
  if (!value.isString()) return members.expected(value, "a string");
  if (const auto problem = limits::problemOfId(value.string())) return members.add(value, *problem);
  if (!ofPath.empty() && value.string() != ofPath)
    members.expected(value, "the id of the path, " + config::quotedText(ofPath));
}

void checkLabels(Members& members, const Node& value, const limits::Labels& labels) {
  const auto problem = limits::problemOf(labels);
  if (!problem) return;
  const Node* at = problem->field.starts_with("labels/") ? value.find(problem->field.substr(7)) : nullptr;
  members.add(at != nullptr ? *at : value, problem->message);
}

limits::Labels readLabels(Members& members, const Node& value) {
  limits::Labels labels;
  if (!value.isObject()) {
    members.expected(value, "an object of strings");
    return labels;
  }
  for (const Node& label : value.children()) {
    label.isString() ? void(labels.emplace(label.key(), label.string())) : members.expected(label, "a string");
  }
  checkLabels(members, value, labels);
  return labels;
}

void checkTogether(Members& members, const Node* capacity, const Node* rate, const LimitSpec& limit) {
  const auto problem = limits::problemOf(limit);
  if (!problem) return;
  const Node* at =
      problem->field == "capacity" ? (capacity != nullptr ? capacity : rate) : (rate != nullptr ? rate : capacity);
  if (at != nullptr) members.add(*at, problem->message);
}

}  // namespace

limits::Client readClient(const Node& root, const Dialect& dialect, const IdRule& rule, config::Errors& errors) {
  Members members(root, errors);
  limits::Client client;
  client.id = rule.path;
  if (const Node* id = members.find(dialect.id)) {
    checkId(members, *id, rule.path);
    client.id = id->string();
  } else if (rule.kind == IdRule::Kind::Required) {
    members.missing(dialect.id, "the id of a client");
  }
  const Node* capacity = members.find("capacity");
  const Node* rate = members.find(dialect.rate);
  if (capacity == nullptr) members.missing("capacity", kCapacityWhat);
  if (rate == nullptr) members.missing(dialect.rate, kRateWhat);
  const auto tokens = capacity != nullptr ? readNumber(members, *capacity, kCapacityWhat, true) : std::nullopt;
  const auto perSecond = rate != nullptr ? readNumber(members, *rate, kRateWhat, false) : std::nullopt;
  if (tokens && perSecond) {
    client.limit = {*tokens, *perSecond};
    checkTogether(members, capacity, rate, client.limit);
  }
  if (const Node* mode = members.find("mode")) client.mode = readMode(members, *mode).value_or(client.mode);
  if (const Node* labels = members.find("labels")) client.labels = readLabels(members, *labels);
  members.finish();
  return client;
}

limits::ClientPatch readPatch(const Node& root, const Dialect& dialect, const std::string& id,
                              const limits::Client* standing, config::Errors& errors) {
  Members members(root, errors);
  limits::ClientPatch patch;
  if (const Node* given = members.find(dialect.id)) checkId(members, *given, id);
  const Node* capacity = members.find("capacity");
  const Node* rate = members.find(dialect.rate);
  if (capacity != nullptr) patch.capacity = readNumber(members, *capacity, kCapacityWhat, true);
  if (rate != nullptr) patch.ratePerSec = readNumber(members, *rate, kRateWhat, false);
  if (standing != nullptr && (patch.capacity || patch.ratePerSec)) {
    checkTogether(
        members, capacity, rate,
        {patch.capacity.value_or(standing->limit.capacity), patch.ratePerSec.value_or(standing->limit.ratePerSec)});
  }
  if (const Node* mode = members.find("mode"))
    patch.mode = mode->isNull() ? limits::Mode::Enforce : readMode(members, *mode);
  if (const Node* labels = members.find("labels")) {
    if (labels->isNull()) {
      patch.clearLabels = true;
    } else if (!labels->isObject()) {
      members.expected(*labels, "an object of strings, or null");
    } else {
      limits::Labels added;
      for (const Node& label : labels->children()) {
        if (label.isNull()) {
          patch.labels.emplace(label.key(), std::nullopt);
        } else if (!label.isString()) {
          members.expected(label, "a string, or null");
        } else {
          patch.labels.emplace(label.key(), label.string());
          added.emplace(label.key(), label.string());
        }
      }
      checkLabels(members, *labels, added);
    }
  }
  members.finish();
  return patch;
}

namespace {

void writeMembers(JsonWriter& json, const Dialect& dialect, const limits::Client& client) {
  member(json, dialect.id, client.id);
  member(json, "capacity", client.limit.capacity);
  member(json, dialect.rate, client.limit.ratePerSec);
  member(json, "mode", limits::modeName(client.mode));
  json.key("labels");
  json.beginObject();
  for (const auto& [key, value] : client.labels) member(json, key, value);
  json.endObject();
}

}  // namespace

void writeDefinition(JsonWriter& json, const Dialect& dialect, const limits::Client& client) {
  json.beginObject();
  writeMembers(json, dialect, client);
  json.endObject();
}

void writeRecord(JsonWriter& json, const Dialect& dialect, const limits::Client& client) {
  writeMembers(json, dialect, client);
  member(json, "revision", client.revision);
  member(json, "created_at", timeText(client.createdAt));
  member(json, "updated_at", timeText(client.updatedAt));
}

void writeBucket(JsonWriter& json, const limits::BucketView& view) {
  json.key("bucket");
  json.beginObject();
  member(json, "tokens", view.state.tokens);
  member(json, "allowed_total", view.state.allowedTotal);
  member(json, "denied_total", view.state.deniedTotal);
  json.key("last_seen");
  view.state.lastSeen == 0 ? json.null() : json.string(timeText(view.state.lastSeen));
  json.key("retry_after_s");
  view.retryAfter == limits::Terms::kNever ? json.null()
                                           : number(json, std::chrono::duration<double>(view.retryAfter).count());
  json.endObject();
}

std::string clientDocument(const Dialect& dialect, const std::string& id, const limits::Client* record,
                           const std::optional<limits::BucketView>& bucket) {
  JsonWriter json(JsonWriter::Layout::Compact);
  json.beginObject();
  if (record != nullptr) {
    writeRecord(json, dialect, *record);
  } else {
    limits::Client applying;
    applying.id = id;
    if (bucket) applying.limit = bucket->limit;
    if (bucket) applying.mode = bucket->mode;
    writeMembers(json, dialect, applying);
  }
  member(json, "source", record != nullptr ? "store" : "default");
  if (bucket) writeBucket(json, *bucket);
  json.endObject();
  return json.text();
}

std::string entityTag(uint64_t revision) { return fmt::format("\"{}\"", revision); }

std::string summary(const limits::Client& client) {
  return fmt::format(
      "capacity {}, rate_per_sec {}{}", client.limit.capacity, client.limit.ratePerSec,
      client.mode == limits::Mode::Enforce ? "" : fmt::format(", mode {}", limits::modeName(client.mode)));
}

std::string difference(const limits::Client& before, const limits::Client& after) {
  std::string text;
  const auto add = [&text](std::string_view what, const auto& from, const auto& to) {
    if (from != to) text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", what, from, to);
  };
  add("capacity", before.limit.capacity, after.limit.capacity);
  add("rate_per_sec", before.limit.ratePerSec, after.limit.ratePerSec);
  add("mode", limits::modeName(before.mode), limits::modeName(after.mode));
  if (before.labels != after.labels) text += text.empty() ? "labels changed" : ", labels changed";
  return text;
}

}  // namespace headgate::admin
