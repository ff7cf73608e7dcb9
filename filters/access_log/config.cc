#include "filters/access_log/config.h"

#include <stdexcept>
#include <utility>

#include "filters/access_log/filter.h"
#include "source/log/log_writer.h"

namespace headgate::filters::access_log {

Options readOptions(config::Object& object) {
  Options options;
  if (const config::Node* path = object.node("path"); path != nullptr && path->isString() && path->string().empty()) {
    object.expected("path", "a file name, \"/dev/stdout\" or \"/dev/stderr\"");
  }
  options.path = object.string("path", options.path);
  options.format =
      object.choice<Format>("format", options.format, {{"default", Format::Default}, {"json", Format::Json}});
  return options;
}

AccessLogFactory::AccessLogFactory(Options options)
    : options_(std::move(options)),
      formatter_(std::make_shared<const format::Formatter>(makeFormatter(options_.format))) {}

base::Status AccessLogFactory::open(log::LogWriter& writer) const {
  base::Result<std::shared_ptr<log::FileLog>> file = writer.open(options_.path);
  if (!file) return tl::unexpected<base::Error>(std::move(file.error()));
  file_ = std::move(*file);
  return {};
}

std::unique_ptr<api::WorkerFilter> AccessLogFactory::makeWorkerFilter(const api::WorkerContext& context) const {
  if (file_ == nullptr) throw std::logic_error("access_log: the factory was not opened");
  return std::make_unique<WorkerAccessLog>(formatter_, file_, context.loop, context.stats);
}

}  // namespace headgate::filters::access_log
