#pragma once
// What the operations on clients share.

#include <functional>
#include <optional>
#include <string>

#include "admin/client_json.h"
#include "admin/context.h"
#include "admin/request.h"
#include "admin/responder.h"
#include "source/limits/client_registry.h"

namespace headgate::admin {

/// Runs `work` with the registry and the table, or answers 503 while they are not there yet.
template <typename Work>
void withClients(Context& context, const Responder& respond, Work&& work) {
  limits::ClientRegistry* registry = context.server.clients();
  limits::BucketTable* buckets = context.server.buckets();
  if (registry == nullptr || buckets == nullptr)
    return respond.send(
        retryLater(problem(503, "starting", "the clients are not loaded yet"), std::chrono::seconds(1)));
  work(*registry, *buckets);
}

/// The body as a JSON tree; nothing if it is malformed, and then answered.
[[nodiscard]] std::optional<config::Node> parseBody(const std::string& body, config::Errors& errors,
                                                    const Responder& respond);

/// The id of the path; nothing if it can name no client, and then answered with 400.
[[nodiscard]] std::optional<std::string> idOfPath(const Request& request, const Responder& respond);

/// A whole number of the query; `fallback` if it is not there. Out of range or malformed: nothing, and answered.
[[nodiscard]] std::optional<size_t> numberOfQuery(const Request& request, std::string_view name, size_t fallback,
                                                  size_t min, size_t max, const Responder& respond);
/// "1", "true" or the bare name; "0", "false" or absent.
[[nodiscard]] std::optional<bool> flagOfQuery(const Request& request, std::string_view name, const Responder& respond);

/// 503 with Retry-After.
[[nodiscard]] Answer storeUnavailable(std::string_view message, base::Duration retryAfter);

/// The client as it stands, with its entity tag; 404 if there is neither record nor bucket.
[[nodiscard]] Answer clientAnswer(uint16_t status, const Dialect& dialect, const std::string& id,
                                  const limits::ClientRegistry& registry, const limits::BucketTable& buckets);

}  // namespace headgate::admin
