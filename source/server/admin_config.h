#pragma once
// Where the admin listener listens, and who may do what there.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/error.h"
#include "source/config/object.h"
#include "source/net/address.h"

namespace headgate::server {

/// What a caller of the admin listener may do; each may do what those before it may.
///   Viewer: read everything. Operator: change clients, drain hosts, set log levels. Admin: end the process, and
///   whatever has no way back.
enum class AdminRole : uint8_t { Viewer, Operator, Admin };

/// The word of the config file, such as "operator".
[[nodiscard]] std::string_view adminRoleName(AdminRole role);

/// A bearer token (RFC 6750) and whom it stands for.
struct AdminToken {
  /// What stands in place of a token when a configuration is printed. Read back it is a token that nobody can present.
  static constexpr std::string_view kRedacted = "[redacted]";
  static constexpr size_t kMinBytes = 16;
  static constexpr size_t kMaxBytes = 256;

  std::string name;       ///< shown in the audit log
  std::string token;      ///< secret: never logged or printed
  std::string reference;  ///< what stands in the file, if that leads to the environment or another file: "${TOKEN}";
                          ///< may be printed
  AdminRole role = AdminRole::Viewer;
};

struct AdminConfig {
  /// The word in place of an address that turns the listener off.
  static constexpr std::string_view kOff = "off";

  std::optional<net::Address> address = *net::Address::parse("127.0.0.1:9901");  ///< nothing: no admin listener
  std::vector<AdminToken> tokens;  ///< none: whoever reaches the address may do everything
};

/// Reads "admin"; mistakes go to the object's errors.
[[nodiscard]] AdminConfig readAdminConfig(config::Object object);

/// "127.0.0.1:9901", "unix:/path", or "off".
[[nodiscard]] base::Result<std::optional<net::Address>> parseAdminAddress(std::string_view text);
/// The form that parseAdminAddress reads.
[[nodiscard]] std::string adminAddressText(const AdminConfig& config);

/// What forbids to open this listener: an address that others can reach, and no token. Nothing: it may be opened.
[[nodiscard]] std::optional<std::string> exposureProblem(const AdminConfig& config);

}  // namespace headgate::server
