#pragma once
// Clients as JSON: the bodies that the API takes and the documents that it answers with.

#include <optional>
#include <string>
#include <string_view>

#include "source/config/errors.h"
#include "source/config/json_writer.h"
#include "source/config/node.h"
#include "source/limits/bucket_table.h"
#include "source/limits/store.h"

namespace headgate::admin {

/// The names of two fields: those of /clients, or the older ones of /client.
struct Dialect {
  std::string_view path;  ///< "/clients", "/client"
  std::string_view id;    ///< "client_id", "id"
  std::string_view rate;  ///< "rate_per_sec", "refill_rate"
};
inline constexpr Dialect kClients{"/clients", "client_id", "rate_per_sec"};
inline constexpr Dialect kOlder{"/client", "id", "refill_rate"};

/// What has to be said of the id in a body.
struct IdRule {
  enum class Kind : uint8_t { Optional, Required } kind = Kind::Optional;
  std::string path{};  ///< of the path, if it has one: an id in the body must be the same
};

/// A whole client: capacity and rate are required, mode and labels are not. All mistakes are added to `errors`, each at
/// its value; the result is to be used only if there are none. The id is empty if there is none.
[[nodiscard]] limits::Client readClient(const config::Node& root, const Dialect& dialect, const IdRule& rule,
                                        config::Errors& errors);

/// A merge patch (RFC 7396): what is absent stays, null takes a label, all labels or the mode away. With `standing` the
/// outcome is checked too.
[[nodiscard]] limits::ClientPatch readPatch(const config::Node& root, const Dialect& dialect, const std::string& id,
                                            const limits::Client* standing, config::Errors& errors);

/// The members that a client can be given: id, capacity, rate, mode, labels. One line of an export.
void writeDefinition(config::JsonWriter& json, const Dialect& dialect, const limits::Client& client);
/// The same with revision and times, within an open object.
void writeRecord(config::JsonWriter& json, const Dialect& dialect, const limits::Client& client);
/// "bucket": {...}, within an open object.
void writeBucket(config::JsonWriter& json, const limits::BucketView& view);

/// A client's whole document: the record, or what applies without one, and the bucket. Not both may be missing.
[[nodiscard]] std::string clientDocument(const Dialect& dialect, const std::string& id, const limits::Client* record,
                                         const std::optional<limits::BucketView>& bucket);

/// The strong entity tag of a revision (RFC 9110 section 8.8.3): "42" in quotes.
[[nodiscard]] std::string entityTag(uint64_t revision);

/// "capacity 100 -> 200, mode enforce -> shadow"; for the audit log. Empty: nothing differs.
[[nodiscard]] std::string difference(const limits::Client& before, const limits::Client& after);
/// "capacity 100, rate_per_sec 10"
[[nodiscard]] std::string summary(const limits::Client& client);

}  // namespace headgate::admin
