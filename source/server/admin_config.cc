#include "source/server/admin_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::server {
namespace {

constexpr std::array<std::pair<std::string_view, AdminRole>, 3> kRoles{
    {{"viewer", AdminRole::Viewer}, {"operator", AdminRole::Operator}, {"admin", AdminRole::Admin}}};

// A token comes in a field value, where it ends at a space; "visible" leaves nothing that a terminal or a log would
// change.
bool isVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void checkSecret(config::Object& object, const AdminToken& token) {
  if (token.token.empty() || token.token == AdminToken::kRedacted) return;  // the first is reported already
  const bool sized = token.token.size() >= AdminToken::kMinBytes && token.token.size() <= AdminToken::kMaxBytes;
  if (sized && isVisible(token.token)) return;
  // The value stays out of the message: it is a secret, also when it is a bad one.
  object.error("token", fmt::format("expected {} to {} bytes of visible ASCII without spaces, got {} bytes{}",
                                    AdminToken::kMinBytes, AdminToken::kMaxBytes, token.token.size(),
                                    sized ? " with others among them" : ""));
}

AdminToken readToken(const config::Node& element, config::Errors& errors) {
  config::Object object(element, errors);
  AdminToken token;
  token.name = object.requiredString("name", "a name for the audit log");
  if (!token.name.empty()) token.name = object.name("name");
  token.token = object.requiredString("token", "a secret of at least 16 bytes, such as \"${HEADGATE_ADMIN_TOKEN}\"");
  if (const config::Node* node = object.node("token"); node != nullptr && node->secret())
    token.reference = *node->reference();
  checkSecret(object, token);
  if (!object.has("role")) {
    object.expected("role", R"(one of "viewer", "operator", "admin")");
  } else {
    token.role = object.choice<AdminRole>("role", token.role, kRoles);
  }
  object.finish();
  return token;
}

void checkUnique(const config::Node& element, const std::vector<AdminToken>& tokens, config::Errors& errors) {
  const AdminToken& last = tokens.back();
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!last.name.empty() && tokens[i].name == last.name) {
      errors.add(*element.find("name"), fmt::format("duplicate token name {}", config::quotedText(last.name)));
    } else if (!last.token.empty() && last.token != AdminToken::kRedacted && tokens[i].token == last.token) {
      errors.add(*element.find("token"),
                 fmt::format("the same token as that of {}", config::quotedText(tokens[i].name)));
    }
  }
}

}  // namespace

std::string_view adminRoleName(AdminRole role) {
  for (const auto& [word, known] : kRoles) {
    if (known == role) return word;
  }
  return {};
}

base::Result<std::optional<net::Address>> parseAdminAddress(std::string_view text) {
  if (text == AdminConfig::kOff) return std::optional<net::Address>();
  auto address = net::Address::parse(text);
  if (!address) {
    return base::fail(base::ErrorCode::Config, base::ErrorSource::Config,
                      R"(an address such as "127.0.0.1:9901", "[::1]:9901" or "unix:/path", or "off")");
  }
  return std::optional<net::Address>(std::move(*address));
}

std::string adminAddressText(const AdminConfig& config) {
  return config.address ? config.address->text() : std::string(AdminConfig::kOff);
}

std::optional<std::string> exposureProblem(const AdminConfig& config) {
  if (!config.address || config.address->isUnix() || config.address->ip().isLoopback() || !config.tokens.empty())
    return std::nullopt;
  return fmt::format(
      "others than this machine can reach {}, and there is no token: give \"admin\" at least one in \"tokens\", or a "
      "loopback address",
      config.address->text());
}

AdminConfig readAdminConfig(config::Object object) {
  AdminConfig admin;
  const config::Node* given = object.node("address");
  if (given != nullptr && !given->isString()) {
    object.expected("address", "a string");
  } else if (given != nullptr) {
    auto address = parseAdminAddress(given->string());
    address ? void(admin.address = std::move(*address)) : object.expected("address", address.error().message);
  }
  object.forEach("tokens", [&](const config::Node& element) {
    admin.tokens.push_back(readToken(element, object.errors()));
    if (element.isObject()) checkUnique(element, admin.tokens, object.errors());
  });
  if (const auto problem = exposureProblem(admin)) object.error("address", *problem);
  object.finish();
  return admin;
}

}  // namespace headgate::server
