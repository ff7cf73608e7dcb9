#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "admin/command/admin_call.h"
#include "admin/command/command.h"
#include "admin/json.h"
#include "admin/target.h"
#include "source/config/parser.h"
#include "source/config/utf8.h"
#include "source/server/admin_config.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;
using config::Node;
using http::Method;

constexpr size_t kMaxImport = size_t{64} << 20;
constexpr config::ParseOptions kReply{false, false, size_t{64} << 20, 10'000'000, 64};

// What the command line says, for all verbs.
struct Words {
  std::string address;
  std::string token;
  std::string id;
  std::string prefix;
  std::string capacity;
  std::string rate;
  std::string mode;
  std::vector<std::string> labels;
  std::string file;
  bool json = false;
  bool dryRun = false;
};

int complain(const std::string& message) {
  std::fprintf(stderr, "headgate clients: %s\n", config::printable(message).c_str());
  return 1;
}

std::optional<Node> parseReply(const std::string& text) {
  config::Errors errors("reply", text);
  return config::parseJson(text, kReply, errors);
}

std::string stringOf(const Node* node) { return node != nullptr ? node->string() : std::string(); }

// What the server has against it, a line each.
int refused(const CallReply& reply) {
  const auto problem = parseReply(reply.body);
  const std::string message = problem ? stringOf(problem->find("message")) : std::string();
  complain(message.empty() ? fmt::format("the answer is {}", reply.status) : message);
  const Node* faults = problem ? problem->find("errors") : nullptr;
  if (faults == nullptr) return 1;
  for (const Node& fault : faults->children()) {
    const Node* line = fault.find("line");
    const std::string place = line != nullptr ? fmt::format("line {} ", line->integer().value_or(0)) : std::string();
    std::fprintf(stderr, "  %s\n",
                 config::printable(
                     fmt::format("{}{}: {}", place, stringOf(fault.find("pointer")), stringOf(fault.find("message"))))
                     .c_str());
  }
  return 1;
}

class Session {
 public:
  Session(net::Address address, const Words& words) : address_(std::move(address)), words_(words) {}

  base::Result<CallReply> call(Method method, std::string target, std::string body = {}, std::string contentType = {},
                               const std::function<void(std::string_view)>& onBody = {}) const {
    return callAdmin(address_, {method, std::move(target), words_.token, std::move(body), std::move(contentType)},
                     onBody);
  }
  /// Prints the body of a good answer; the exit code.
  [[nodiscard]] int finish(const base::Result<CallReply>& reply, std::string_view instead = {}) const {
    if (!reply) return complain(address_.text() + ": " + reply.error().message);
    if (reply->status >= 300) return refused(*reply);
    if (!instead.empty()) {
      fmt::print("{}\n", instead);
    } else {
      std::fputs(reply->body.c_str(), stdout);
    }
    return 0;
  }
  [[nodiscard]] std::string target(std::string_view more = {}) const {
    return fmt::format("/clients/{}{}", percentEncode(words_.id), more);
  }

 private:
  net::Address address_;
  const Words& words_;
};

// ---- the verbs

void printRow(const Node& client) {
  std::string labels;
  if (const Node* all = client.find("labels")) {
    for (const Node& label : all->children())
      labels += fmt::format("{}{}={}", labels.empty() ? "" : ",", label.key(), label.string());
  }
  const auto number = [&](std::string_view key) {
    return client.find(key) != nullptr ? client.find(key)->number() : 0.0;
  };
  fmt::print("{:<32} {:>12} {:>14} {:<8} {}\n", config::printable(stringOf(client.find("client_id"))),
             fmt::format("{}", number("capacity")), fmt::format("{}", number("rate_per_sec")),
             stringOf(client.find("mode")), config::printable(labels));
}

int list(const Session& session, const Words& words) {
  if (!words.json)
    fmt::print("{:<32} {:>12} {:>14} {:<8} {}\n", "CLIENT", "CAPACITY", "RATE PER SEC", "MODE", "LABELS");
  std::string cursor;
  do {
    const auto reply = session.call(
        Method::Get, fmt::format("/clients?limit=1000&prefix={}&cursor={}", percentEncode(words.prefix), cursor));
    if (!reply || reply->status != 200) return session.finish(reply);
    const auto page = parseReply(reply->body);
    if (!page || page->find("clients") == nullptr) return complain("the answer is no list of clients");
    if (words.json) std::fputs(reply->body.c_str(), stdout);
    for (const Node& client : page->find("clients")->children()) {
      if (!words.json) printRow(client);
    }
    cursor = stringOf(page->find("next_cursor"));
  } while (!cursor.empty());
  return 0;
}

// A finite number; the server says what is in range.
std::optional<double> numberOf(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::string> bodyOf(const Words& words) {
  JsonWriter json(JsonWriter::Layout::Compact);
  json.beginObject();
  for (const auto& [key, text] : {std::pair<const char*, const std::string&>("capacity", words.capacity),
                                  std::pair<const char*, const std::string&>("rate_per_sec", words.rate)}) {
    if (text.empty()) continue;
    const auto value = numberOf(text);
    if (!value)
      return complain(fmt::format("{}: expected a number, got {}", key, config::quotedText(text))), std::nullopt;
    member(json, key, *value);
  }
  if (!words.mode.empty()) member(json, "mode", words.mode);
  if (!words.labels.empty()) {
    json.key("labels");
    json.beginObject();
    for (const std::string& label : words.labels) {
      const size_t equals = label.find('=');
      if (equals == std::string::npos)
        return complain(fmt::format("--label: expected KEY=VALUE, got {}", config::quotedText(label))), std::nullopt;
      member(json, std::string_view(label).substr(0, equals), std::string_view(label).substr(equals + 1));
    }
    json.endObject();
  }
  json.endObject();
  return json.text();
}

// Changes what is said and leaves the rest; a client that is not there yet needs both numbers.
int set(const Session& session, const Words& words) {
  const auto body = bodyOf(words);
  if (!body) return server::kExitBadUsage;
  auto reply = session.call(Method::Patch, session.target(), *body, "application/merge-patch+json");
  if (reply && reply->status == 404) reply = session.call(Method::Put, session.target(), *body, "application/json");
  return session.finish(reply);
}

std::optional<std::string> readInput(const std::string& path) {
  const auto drain = [](std::istream& in) {
    std::string text;
    std::vector<char> piece(1 << 16);
    while (text.size() <= kMaxImport &&
           (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0))
      text.append(piece.data(), static_cast<size_t>(in.gcount()));
    return text;
  };
  std::ifstream in(path == "-" ? "/dev/stdin" : path, std::ios::binary);
  if (!in) return complain("cannot read " + path), std::nullopt;
  std::string text = drain(in);
  if (in.bad()) return complain("cannot read " + path), std::nullopt;
  if (text.size() > kMaxImport) return complain(path + " is larger than 64 MiB; split it"), std::nullopt;
  return text;
}

int import(const Session& session, const Words& words) {
  auto text = readInput(words.file);
  if (!text) return 1;
  return session.finish(session.call(Method::Post, words.dryRun ? "/clients/batch?dry_run=1" : "/clients/batch",
                                     std::move(*text), "application/x-ndjson"));
}

int exportAll(const Session& session, const Words& words) {
  return session.finish(
      session.call(Method::Get, "/clients/export?prefix=" + percentEncode(words.prefix), {}, {},
                   [](std::string_view piece) { std::fwrite(piece.data(), 1, piece.size(), stdout); }));
}

using Verb = int (*)(const Session&, const Words&);

CLI::App* verb(CLI::App& app, const char* name, const char* help, Verb run, Verb& chosen) {
  CLI::App* command = app.add_subcommand(name, help);
  command->callback([run, &chosen] { chosen = run; });
  return command;
}

void declare(CLI::App& app, Words& words, Verb& chosen) {
  app.add_option("--admin", words.address, "The admin listener [HEADGATE_ADMIN]")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option("--token", words.token,
                 "A token of an operator, or of a viewer for reading; better in the environment [HEADGATE_ADMIN_TOKEN]")
      ->type_name("TOKEN");
  app.require_subcommand(1);
  app.fallthrough();

  CLI::App* each = verb(app, "list", "Print the clients that have a record", list, chosen);
  each->add_option("--prefix", words.prefix, "Only ids that begin with this");
  each->add_flag("--json", words.json, "As JSON, a page a line");
  each = verb(
      app, "get", "Print a client and its bucket as JSON",
      [](const Session& session, const Words&) { return session.finish(session.call(Method::Get, session.target())); },
      chosen);
  each->add_option("ID", words.id, "The client")->required();
  each = verb(app, "set", "Change what is given of a client, or add it (then with --capacity and --rate)", set, chosen);
  each->add_option("ID", words.id, "The client")->required();
  each->add_option("--capacity", words.capacity, "Tokens that the bucket holds")->type_name("N");
  each->add_option("--rate", words.rate, "Tokens that come back in a second")->type_name("N");
  each->add_option("--mode", words.mode, "enforce, shadow, off or block")->type_name("MODE");
  each->add_option("--label", words.labels, "A label; repeat it for more")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  each = verb(
      app, "delete", "Remove a client: the default limit applies",
      [](const Session& session, const Words& w) {
        return session.finish(session.call(Method::Delete, session.target()), "deleted " + config::printable(w.id));
      },
      chosen);
  each->add_option("ID", words.id, "The client")->required();
  each = verb(
      app, "reset", "Make a client's bucket full again",
      [](const Session& session, const Words&) {
        return session.finish(session.call(Method::Post, session.target("/reset")));
      },
      chosen);
  each->add_option("ID", words.id, "The client")->required();
  each =
      verb(app, "import", "Add or replace the clients of a file, one JSON object a line: all or none", import, chosen);
  each->add_option("FILE", words.file, "- for stdin")->required();
  each->add_flag("--dry-run", words.dryRun, "Only tell what would change");
  each = verb(app, "export", "Print all clients, one JSON object a line", exportAll, chosen);
  each->add_option("--prefix", words.prefix, "Only ids that begin with this");
}

}  // namespace

int runClients(int argc, const char* const* argv, const server::VariableLookup& variable) {
  CLI::App app("Reads and changes the clients of a running Headgate.", "headgate clients");
  Words words;
  words.address = variable("HEADGATE_ADMIN").value_or("");
  if (words.address.empty()) words.address = server::adminAddressText({});
  words.token = variable("HEADGATE_ADMIN_TOKEN").value_or("");
  Verb chosen = nullptr;
  declare(app, words, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? server::kExitOk : server::kExitBadUsage;
  }
  auto address = callableAddress(words.address);
  if (!address) return complain("--admin: " + address.error().message), server::kExitBadUsage;
  return chosen(Session(std::move(*address), words), words);
}

}  // namespace headgate::admin
