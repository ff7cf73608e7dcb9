#pragma once
// The options of the access_log filter, and the factory that they make.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/filter_factory.h"
#include "filters/access_log/condition.h"
#include "filters/access_log/format.h"
#include "source/config/object.h"

namespace headgate::log {
class FileLog;
}

namespace headgate::filters::access_log {

inline constexpr std::string_view kName = "access_log";

struct Options {
  std::string path = "/dev/stdout";  ///< never empty; see log::LogWriter::open
  format::Formatter format = makeFormatter(Format::Default);
  std::optional<Condition> when;  ///< nothing: always
};

/// Adds mistakes to the object's errors.
[[nodiscard]] Options readOptions(config::Object& object);

/// One access log of one listener. `open` comes before the first `makeWorkerFilter`, which throws std::logic_error
/// otherwise: a proxy that silently logs nothing is worse.
class AccessLogFactory final : public api::FilterFactory {
 public:
  explicit AccessLogFactory(Options options);

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override;
  [[nodiscard]] base::Status open(log::LogWriter& writer) const override;

 private:
  const std::shared_ptr<const Options> options_;
  /// Set once by `open` on main, before there are workers; read by them.
  mutable std::shared_ptr<log::FileLog> file_;
};

}  // namespace headgate::filters::access_log
