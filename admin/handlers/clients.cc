#include <fmt/format.h>

#include <sys/random.h>

#include <algorithm>
#include <array>

#include "admin/handlers/client_support.h"
#include "admin/handlers/handlers.h"
#include "source/base/strings.h"

namespace headgate::admin {
namespace {

using limits::Write;
using limits::WriteResult;
using limits::WriteStatus;

// 130 random bits: nobody meets or guesses another one's.
std::string madeId() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<unsigned char, 26> random;
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return {};
  std::string id = "c-";
  for (const unsigned char byte : random) id += kAlphabet[byte & 31];
  return id;
}

// ---- conditions (RFC 9110 section 13)

// The revision that If-Match asks for; `nothing` means that there is no condition.
struct Condition {
  bool given = false;
  bool any = false;                 ///< "*": the record must exist
  std::vector<uint64_t> revisions;  ///< strong tags of ours; others match nothing
};

Condition ifMatch(const Request& request) {
  Condition condition;
  const std::string_view field = request.field("if-match");
  condition.given = request.head->headers.find("if-match") != nullptr;
  base::forEachListElement(field, [&](std::string_view tag) {
    if (tag == "*") condition.any = true;
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return;
    if (const auto revision = base::parseDecimal(tag.substr(1, tag.size() - 2)))
      condition.revisions.push_back(*revision);
  });
  return condition;
}

Answer stale(const limits::Client* standing) {
  Answer answer = problem(
      412, "stale",
      standing != nullptr ? "the client has changed since: it has another ETag" : "there is no such client (any more)");
  if (standing != nullptr) answer.fields.emplace_back("etag", entityTag(standing->revision));
  return answer;
}

// Puts the condition into the write, for the store to decide; the answer if that is known already.
std::optional<Answer> applyCondition(const Condition& condition, const limits::Client* standing, Write& write) {
  if (!condition.given) return std::nullopt;
  if (standing == nullptr) return stale(nullptr);
  const bool matches = condition.any || std::find(condition.revisions.begin(), condition.revisions.end(),
                                                  standing->revision) != condition.revisions.end();
  if (!matches) return stale(standing);
  write.ifRevision = standing->revision;
  return std::nullopt;
}

// ---- the outcome of a write

// Who waits for a write, and in which words.
struct Asked {
  Context& context;
  const Dialect& dialect;
  Responder respond;
  std::string id;
  std::optional<limits::Client> before;
};

std::string noteOf(const Asked& asked, const WriteResult& result) {
  switch (result.status) {
    case WriteStatus::Created: return "created: " + summary(*result.client);
    case WriteStatus::Updated:
      return asked.before ? difference(*asked.before, *result.client) : summary(*result.client);
    case WriteStatus::Deleted: return result.client ? "deleted: " + summary(*result.client) : "deleted";
    case WriteStatus::Unchanged: return "unchanged";
    case WriteStatus::NotFound:
    case WriteStatus::Conflict:
    case WriteStatus::Stale:
    case WriteStatus::Invalid:
    case WriteStatus::Unavailable: return std::string(result.message);
  }
  return {};
}

Answer writeAnswer(const Asked& asked, const WriteResult& result) {
  const auto found = [&](uint16_t status) {
    return clientAnswer(status, asked.dialect, asked.id, *asked.context.server.clients(),
                        *asked.context.server.buckets());
  };
  switch (result.status) {
    case WriteStatus::Created: {
      Answer answer = found(201);
      answer.fields.emplace_back("location", fmt::format("{}/{}", asked.dialect.path, percentEncode(asked.id)));
      return answer;
    }
    case WriteStatus::Updated:
    case WriteStatus::Unchanged: return found(200);
    case WriteStatus::Deleted: return {204, {}, {}, {}};
    case WriteStatus::NotFound:
      return problem(404, "client_not_found", fmt::format("there is no client {}", config::quotedText(asked.id)));
    case WriteStatus::Conflict:
      return problem(409, "client_exists",
                     fmt::format("the client {} exists with other values ({}); PUT replaces them",
                                 config::quotedText(asked.id), result.client ? summary(*result.client) : ""));
    case WriteStatus::Stale: return stale(result.client ? &*result.client : nullptr);
    case WriteStatus::Invalid: return problem(400, "invalid_body", result.message, {{"", result.message, 0}});
    case WriteStatus::Unavailable: return storeUnavailable(result.message, result.retryAfter);
  }
  return problem(500, "internal_error", "unknown outcome");
}

void commit(limits::ClientRegistry& registry, Write write, Asked asked) {
  if (const limits::Client* before = registry.find(asked.id)) asked.before = *before;
  registry.write(std::move(write), [asked = std::move(asked)](const WriteResult& result) {
    asked.respond.note(noteOf(asked, result));
    asked.respond.send(writeAnswer(asked, result));
  });
}

// ---- the operations

void create(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable&) {
    config::Errors errors({}, request.body);
    const auto root = parseBody(request.body, errors, respond);
    if (!root) return;
    Write write;
    write.kind = Write::Kind::Create;
    write.client = readClient(*root, dialect, {}, errors);
    if (!errors.empty()) return respond.send(problem(errors));
    if (write.client.id.empty()) write.client.id = madeId();
    if (write.client.id.empty())
      return respond.send(problem(500, "internal_error", "the system gives no random bytes"));
    std::string id = write.client.id;
    commit(registry, std::move(write), {context, dialect, respond, std::move(id), {}});
  });
}

void put(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable&) {
    auto id = idOfPath(request, respond);
    if (!id) return;
    config::Errors errors({}, request.body);
    const auto root = parseBody(request.body, errors, respond);
    if (!root) return;
    Write write;
    write.kind = Write::Kind::Put;
    write.client = readClient(*root, dialect, {IdRule::Kind::Optional, *id}, errors);
    if (!errors.empty()) return respond.send(problem(errors));
    if (auto refused = applyCondition(ifMatch(request), registry.find(*id), write))
      return respond.send(std::move(*refused));
    commit(registry, std::move(write), {context, dialect, respond, std::move(*id), {}});
  });
}

void patch(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable&) {
    auto id = idOfPath(request, respond);
    if (!id) return;
    config::Errors errors({}, request.body);
    const auto root = parseBody(request.body, errors, respond);
    if (!root) return;
    const limits::Client* standing = registry.find(*id);
    Write write;
    write.kind = Write::Kind::Patch;
    write.client.id = *id;
    write.patch = readPatch(*root, dialect, *id, standing, errors);
    if (!errors.empty()) return respond.send(problem(errors));
    if (auto refused = applyCondition(ifMatch(request), standing, write)) return respond.send(std::move(*refused));
    commit(registry, std::move(write), {context, dialect, respond, std::move(*id), {}});
  });
}

void remove(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable&) {
    auto id = idOfPath(request, respond);
    if (!id) return;
    Write write;
    write.kind = Write::Kind::Remove;
    write.client.id = *id;
    if (auto refused = applyCondition(ifMatch(request), registry.find(*id), write))
      return respond.send(std::move(*refused));
    commit(registry, std::move(write), {context, dialect, respond, std::move(*id), {}});
  });
}

void get(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable& buckets) {
    const auto id = idOfPath(request, respond);
    if (id) respond.send(clientAnswer(200, dialect, *id, registry, buckets));
  });
}

void reset(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable& buckets) {
    const auto id = idOfPath(request, respond);
    if (!id) return;
    if (buckets.reset(*id)) respond.note("full again");
    respond.send(clientAnswer(200, dialect, *id, registry, buckets));
  });
}

using Operation = void (*)(Context&, const Dialect&, const Request&, const Responder&);

void add(RouteTable& table, Context& context, const Dialect& dialect) {
  const auto with = [&context, &dialect](Operation operation) -> Handler {
    return [&context, &dialect, operation](const Request& request, const Responder& respond) {
      operation(context, dialect, request, respond);
    };
  };
  const std::string all(dialect.path);
  const std::string one = fmt::format("{}/{{{}}}", dialect.path, dialect.id);
  table.add({http::Method::Post,
             all,
             Access::Operator,
             "add a client; 409 if it exists with other values",
             {},
             BodyKind::Json,
             with(create),
             {}});
  table.add({http::Method::Get,
             one,
             Access::Viewer,
             "a client: its limit and its bucket now",
             {},
             BodyKind::None,
             with(get),
             {}});
  table.add({http::Method::Put, one, Access::Operator, "add or replace a client", {}, BodyKind::Json, with(put), {}});
  table.add({http::Method::Patch,
             one,
             Access::Operator,
             "change some fields of a client (merge patch)",
             {},
             BodyKind::Patch,
             with(patch),
             {}});
  table.add({http::Method::Delete,
             one,
             Access::Operator,
             "remove a client: the default limit applies at once",
             {},
             BodyKind::None,
             with(remove),
             {}});
  table.add({http::Method::Post,
             one + "/reset",
             Access::Operator,
             "make a client's bucket full again",
             {},
             BodyKind::None,
             with(reset),
             {}});
}

}  // namespace

void addClients(RouteTable& table, Context& context) {
  add(table, context, kClients);
  add(table, context, kOlder);
}

}  // namespace headgate::admin
