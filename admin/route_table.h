#pragma once
// The operations of the admin listener: one table that routing, help, access rules and tests read.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/request.h"
#include "admin/responder.h"
#include "source/http/message.h"

namespace headgate::admin {

/// Who may use an operation; in this order, each level holds those before it. Public needs no token.
enum class Access : uint8_t { Public, Viewer, Operator, Admin };
[[nodiscard]] std::string_view accessName(Access access);

/// The request body that an operation takes.
enum class BodyKind : uint8_t {
  None,   ///< any body is refused
  Json,   ///< application/json, at most kMaxBody, gathered before the handler runs
  Patch,  ///< the same, and application/merge-patch+json (RFC 7396)
  Lines,  ///< application/x-ndjson (application/json too), at most kMaxLines, handed over as it comes
};
inline constexpr uint64_t kMaxBody = uint64_t{1} << 20;
inline constexpr uint64_t kMaxLines = uint64_t{64} << 20;

/// Answers now, or keeps the responder and answers later on main. The request lives as long as the call.
using Handler = std::function<void(const Request&, Responder)>;

/// Takes a body in pieces. Destroyed without `onEnd` when the body does not come to its end.
class BodyReceiver {
 public:
  virtual ~BodyReceiver() = default;
  /// False: enough, an answer is given already.
  [[nodiscard]] virtual bool onBytes(std::string_view bytes) = 0;
  virtual void onEnd() = 0;
};
using StreamHandler = std::function<std::unique_ptr<BodyReceiver>(const Request&, Responder)>;

/// One operation. `path` is a pattern: a segment in braces takes any one non-empty segment ("/clients/{client_id}"). A
/// GET answers HEAD too.
struct Route {
  http::Method method = http::Method::Get;
  std::string path;
  Access access = Access::Viewer;
  std::string help;                ///< one line: what it does
  std::vector<std::string> query;  ///< the parameters that it knows; others are refused
  BodyKind body = BodyKind::None;
  Handler handle;
  StreamHandler stream;  ///< instead of `handle`, for BodyKind::Lines

  /// Whether it changes something, so that it leaves an audit line.
  [[nodiscard]] bool mutates() const { return method != http::Method::Get; }
};

/// Made before the listener opens, then only read. Main thread.
class RouteTable {
 public:
  void add(Route route);

  struct Match {
    const Route* route = nullptr;       ///< null: see `allowed`
    std::vector<std::string> captures;  ///< the segments in the place of braces
    std::vector<http::Method> allowed;  ///< with a null route: the methods of this path; empty: there is no such path
  };
  /// Of the patterns that fit, the one with most plain segments counts alone, whatever its methods: "/clients/batch" is
  /// never the client "batch".
  [[nodiscard]] Match match(http::Method method, const std::vector<std::string>& segments) const;

  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }
  /// "GET, HEAD, POST": the value of Allow.
  [[nodiscard]] static std::string allowField(const std::vector<http::Method>& methods);

 private:
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::vector<std::string>> patterns_;  ///< of each route, its segments
};

}  // namespace headgate::admin
