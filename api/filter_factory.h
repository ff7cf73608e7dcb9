#pragma once
// How a filter comes to life: registered at link time, configured on the main thread, instantiated per worker and per
// stream.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/filter.h"
#include "source/base/arena.h"
#include "source/routing/filter_options.h"

namespace headgate::config {
class Object;
}
namespace headgate::event {
class Loop;
}
namespace headgate::limits {
struct LimitsConfig;
class TableView;
}  // namespace headgate::limits
namespace headgate::log {
class EventLog;
class LogWriter;
}  // namespace headgate::log
namespace headgate::stats {
class Shard;
}
namespace headgate::upstream {
class WorkerClusters;
}

namespace headgate::api {

/// What a route says to one filter: the base of each filter type's own.
using RouteOptions = routing::FilterOptions;

/// What a worker gives its filters; everything in it outlives the WorkerFilters. Worker thread.
struct WorkerContext {
  event::Loop& loop;
  uint32_t workerIndex;
  upstream::WorkerClusters& clusters;
  log::EventLog& events;
  stats::Shard& stats;
  const limits::LimitsConfig& limits;  ///< of the filter's config version
  limits::TableView& buckets;
};

/// A worker's instance of a configured filter: holds caches, counters and buffers, and makes the filter of each stream.
/// Worker thread; destroyed when the last stream of its config version has ended.
class WorkerFilter {
 public:
  virtual ~WorkerFilter() = default;
  /// Places a filter in the stream's arena; the chain runs its destructor. `options`: what the stream's route says to
  /// this filter, of the class that FilterType::readRoute makes; null if it says nothing or there is no route. It lives
  /// as long as the stream.
  [[nodiscard]] virtual Filter* create(base::Arena& arena, StreamHandle& stream, const RouteOptions* options) = 0;
  /// The worker is about to stop: hand over what is buffered.
  virtual void flush() {}
};

/// The validated configuration of one filter in one listener's chain. Immutable, shared by the workers; made and
/// destroyed on main.
class FilterFactory {
 public:
  virtual ~FilterFactory() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Called once on each worker, on its thread.
  [[nodiscard]] virtual std::unique_ptr<WorkerFilter> makeWorkerFilter(const WorkerContext& context) const = 0;
  /// Opens files and the like, on main before the workers start; an error stops the start with its message.
  [[nodiscard]] virtual base::Status open(log::LogWriter& /*writer*/) const { return {}; }
};

/// A filter's entry in the registry. `read` takes its options from the config object (the key "name" is already read),
/// adds what is wrong to the object's errors and returns a factory in any case.
struct FilterType {
  std::string_view name;
  bool terminal = false;  ///< ends the chain; the router
  std::shared_ptr<const FilterFactory> (*read)(config::Object& options) = nullptr;
  /// Reads what a route says to this filter, `routes[].filters.NAME`, and adds mistakes to the object's errors; null: a
  /// route can only say "off". A stream hands the result to WorkerFilter::create, so that a request looks nothing up.
  std::shared_ptr<const RouteOptions> (*readRoute)(config::Object& options) = nullptr;
};

/// Registers a filter: a namespace-scope `const FilterRegistration` in the filter's register.cc. The objects must be
/// linked through the INTERFACE target `filters` (OBJECT libraries), else the linker drops them silently; a test
/// compares the registry with filters/CMakeLists.txt.
class FilterRegistration {
 public:
  explicit FilterRegistration(const FilterType& type);
};

/// Null if there is no filter of that name.
[[nodiscard]] const FilterType* findFilter(std::string_view name);
/// Sorted names of all registered filters.
[[nodiscard]] std::vector<std::string_view> filterNames();

}  // namespace headgate::api
