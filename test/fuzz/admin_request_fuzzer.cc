// A request to the admin listener, from any bytes: the first line is its target, the rest its body. The target is taken
// apart and put together again; what the body gives as a client is within the rules, and reads again to the same.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "admin/client_json.h"
#include "admin/route_table.h"
#include "admin/target.h"
#include "admin/text64.h"
#include "source/config/parser.h"
#include "source/limits/client_edits.h"
#include "test/fuzz/fuzz_check.h"

namespace headgate::admin {
namespace {

void route(std::string_view raw) {
  static const RouteTable table = [] {
    RouteTable made;
    for (const char* path :
         {"/clients", "/clients/{client_id}", "/clients/{client_id}/reset", "/clients/batch", "/clients/export", "/"}) {
      Route each;
      each.path = path;
      made.add(std::move(each));
    }
    return made;
  }();
  const auto target = Target::parse(raw);
  if (!target) return;
  std::string again;
  for (const std::string& segment : target->segments) again += "/" + percentEncode(segment);
  const auto second = Target::parse(again);
  fuzz::require(second && second->segments == target->segments, "segments survive encoding", again);
  const RouteTable::Match match = table.match(http::Method::Get, target->segments);
  for (const std::string& capture : match.captures) fuzz::require(!capture.empty(), "a capture is not empty");
  for (const auto& [name, value] : target->query.all()) {
    fuzz::require(decode64(encode64(value)) == value, "base64 is read as it was written", value);
    (void)decode64(name);
  }
}

std::string written(const Dialect& dialect, const limits::Client& client) {
  config::JsonWriter json(config::JsonWriter::Layout::Compact);
  writeDefinition(json, dialect, client);
  return json.text();
}

void readAsClient(const config::Node& root, std::string_view body, const Dialect& dialect) {
  config::Errors errors("", body);
  const limits::Client client = readClient(root, dialect, {}, errors);
  if (!errors.empty()) return (void)errors.json();
  fuzz::require(!limits::problemOf(client.limit) && !limits::problemOf(client.labels),
                "what is accepted is within the rules");
  if (client.id.empty()) return;
  fuzz::require(!limits::problemOfId(client.id), "an accepted id is one", client.id);
  const std::string text = written(dialect, client);
  config::Errors none("", text);
  const auto again = config::parseJson(text, {}, none);
  fuzz::require(again.has_value(), "what is written is JSON", text);
  const limits::Client second = readClient(*again, dialect, {}, none);
  fuzz::require(none.empty() && second.id == client.id && limits::sameValues(client, second),
                "a client reads as it was written", text);
}

void readBody(std::string_view body) {
  config::Errors errors("", body);
  const auto root = config::parseJson(body, {}, errors);
  fuzz::require(root.has_value() == errors.empty(), "a tree or a mistake");
  if (!root) return;
  for (const Dialect& dialect : {kClients, kOlder}) {
    readAsClient(*root, body, dialect);
    config::Errors ofPatch("", body);
    const limits::Client standing;
    const limits::ClientPatch patch = readPatch(*root, dialect, "user1", &standing, ofPatch);
    if (!ofPatch.empty()) continue;
    const limits::LimitSpec outcome{patch.capacity.value_or(standing.limit.capacity),
                                    patch.ratePerSec.value_or(standing.limit.ratePerSec)};
    fuzz::require(!limits::problemOf(outcome), "a patch leads to what is within the rules");
  }
}

}  // namespace
}  // namespace headgate::admin

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  headgate::admin::route(text.substr(0, end));
  if (end != std::string_view::npos) headgate::admin::readBody(text.substr(end + 1));
  return 0;
}
