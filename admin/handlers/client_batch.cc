#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "admin/handlers/client_support.h"
#include "admin/handlers/handlers.h"
#include "admin/json.h"
#include "source/config/parser.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;
using limits::BatchChange;
using limits::BatchResult;
using limits::WriteStatus;

constexpr size_t kMaxLineBytes = 64 * 1024;
constexpr size_t kMaxClients = 1'000'000;

std::string_view actionWord(WriteStatus status) {
  return status == WriteStatus::Created ? "create" : status == WriteStatus::Updated ? "update" : "unchanged";
}

void writeChange(JsonWriter& json, const Dialect& dialect, const BatchChange& change) {
  json.beginObject();
  member(json, dialect.id, change.after.id);
  member(json, "action", actionWord(change.status));
  json.key("before");
  change.before ? writeDefinition(json, dialect, *change.before) : json.null();
  json.key("after");
  writeDefinition(json, dialect, change.after);
  json.endObject();
}

std::string counts(const BatchResult& result, bool dryRun) {
  return fmt::format(R"({{"dry_run":{},"created":{},"updated":{},"unchanged":{})", dryRun, result.created,
                     result.updated, result.unchanged);
}

// What would change, written while it is sent: it may be as long as the batch.
void sendDifferences(const Responder& respond, const Dialect& dialect, BatchResult result) {
  Answer head{200, kJson, counts(result, true) + R"(,"changes":[)", {}};
  auto changes = std::make_shared<std::vector<BatchChange>>(std::move(result.changes));
  respond.stream(std::move(head), [&dialect, changes, at = size_t{0}, first = true](std::string& out) mutable {
    for (; at < changes->size() && out.size() < Responder::kPiece; ++at) {
      if ((*changes)[at].status == WriteStatus::Unchanged) continue;
      JsonWriter json(JsonWriter::Layout::Compact);
      writeChange(json, dialect, (*changes)[at]);
      std::string text = json.text();
      text.pop_back();
      if (!std::exchange(first, false)) out += ',';
      out += text;
    }
    if (at < changes->size()) return true;
    out += "]}\n";
    return false;
  });
}

// Only one at a time is taken: it may hold a million clients.
class Turn {
 public:
  explicit Turn(bool& taken) : taken_(taken) { taken_ = true; }
  ~Turn() { taken_ = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  bool& taken_;
};

// Reads a client a line. All mistakes are gathered, up to a bound, and then nothing is applied.
class Batch final : public BodyReceiver {
 public:
  Batch(Context& context, const Dialect& dialect, bool dryRun, std::shared_ptr<Turn> turn, Responder respond)
      : context_(context), dialect_(dialect), dryRun_(dryRun), turn_(std::move(turn)), respond_(std::move(respond)) {}

  bool onBytes(std::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      if (partial_.size() + piece.size() > kMaxLineBytes)
        return refuse(fmt::format("the line is longer than {} bytes", kMaxLineBytes));
      if (end == std::string_view::npos) {
        partial_.append(piece);
        return true;
      }
      // Most lines lie within one piece.
      if (partial_.empty()) {
        readLine(piece);
      } else {
        partial_.append(piece);
        readLine(std::exchange(partial_, {}));
      }
      if (clients_.size() > kMaxClients)
        return refuse(fmt::format("more than {} clients; send them in several batches", kMaxClients));
      bytes.remove_prefix(end + 1);
    }
    return true;
  }

  void onEnd() override {
    if (!partial_.empty()) readLine(partial_);
    if (mistakes_ > 0) return fail();
    withClients(context_, respond_, [&](limits::ClientRegistry& registry, limits::BucketTable&) {
      registry.writeBatch(std::move(clients_), dryRun_, dryRun_,
                          [&dialect = dialect_, dryRun = dryRun_, turn = turn_, respond = respond_](
                              const BatchResult& result) { answer(dialect, dryRun, respond, result); });
    });
  }

 private:
  static void answer(const Dialect& dialect, bool dryRun, const Responder& respond, const BatchResult& result) {
    if (result.status == WriteStatus::Unavailable) {
      respond.note(result.message);
      return respond.send(storeUnavailable(result.message, result.retryAfter));
    }
    if (result.status == WriteStatus::Invalid) return respond.send(problem(400, "invalid_body", result.message));
    respond.note(fmt::format("{}{} created, {} updated, {} unchanged", dryRun ? "dry run: " : "", result.created,
                             result.updated, result.unchanged));
    if (dryRun) return sendDifferences(respond, dialect, result);
    respond.send({200, kJson, counts(result, false) + "}\n", {}});
  }

  bool refuse(const std::string& message) {
    respond_.send(
        problem(413, "body_too_large", fmt::format("line {}: {}", line_ + 1, message), {{"", message, line_ + 1}}));
    return false;
  }

  void readLine(std::string_view text) {
    ++line_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") == std::string_view::npos) return;
    config::Errors errors({}, text);
    const auto root = config::parseJson(text, {}, errors);
    limits::Client client;
    if (root) client = readClient(*root, dialect_, {IdRule::Kind::Required, {}}, errors);
    if (errors.empty()) {
      const auto [first, isNew] = lines_.try_emplace(client.id, line_);
      if (!isNew)
        errors.add(*root->find(dialect_.id), fmt::format("{} comes a second time; line {} has it already",
                                                         config::quotedText(client.id), first->second));
    }
    if (errors.empty()) {
      clients_.push_back(std::move(client));
    } else {
      note(errors);
    }
  }

  void note(const config::Errors& errors) {
    mistakes_ += errors.count();
    for (Fault& fault : faultsOf(errors, line_)) {
      if (faults_.size() < config::Errors::kMaxKept) faults_.push_back(std::move(fault));
    }
    // They will not be applied.
    clients_.clear();
    lines_.clear();
  }

  void fail() {
    const Fault& first = faults_.front();
    std::string message = fmt::format("nothing was applied; line {}: {}{}{}", first.line, first.pointer,
                                      first.pointer.empty() ? "" : ": ", first.message);
    if (mistakes_ > 1) message += fmt::format(" (and {} more)", mistakes_ - 1);
    respond_.note(message);
    respond_.send(problem(400, "invalid_body", message, faults_));
  }

  Context& context_;
  const Dialect& dialect_;
  const bool dryRun_;
  std::shared_ptr<Turn> turn_;
  Responder respond_;
  std::string partial_;
  std::vector<limits::Client> clients_;
  std::unordered_map<std::string, size_t> lines_;  ///< where each id came first
  std::vector<Fault> faults_;
  size_t mistakes_ = 0;
  size_t line_ = 0;
};

void add(RouteTable& table, Context& context, const Dialect& dialect, const std::shared_ptr<bool>& busy) {
  const StreamHandler begin = [&context, &dialect, busy](const Request& request,
                                                         const Responder& respond) -> std::unique_ptr<BodyReceiver> {
    const auto dryRun = flagOfQuery(request, "dry_run", respond);
    if (!dryRun) return nullptr;
    if (*busy) {
      respond.send(retryLater(problem(503, "busy", "another batch is being taken"), std::chrono::seconds(1)));
      return nullptr;
    }
    return std::make_unique<Batch>(context, dialect, *dryRun, std::make_shared<Turn>(*busy), respond);
  };
  table.add({http::Method::Post,
             fmt::format("{}/batch", dialect.path),
             Access::Operator,
             "add or replace many clients, one JSON object a line, all or none; dry_run=1 tells what would change",
             {"dry_run"},
             BodyKind::Lines,
             {},
             begin});
}

}  // namespace

void addClientBatch(RouteTable& table, Context& context) {
  const auto busy = std::make_shared<bool>(false);
  add(table, context, kClients, busy);
  add(table, context, kOlder, busy);
}

}  // namespace headgate::admin
