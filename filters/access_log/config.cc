#include "filters/access_log/config.h"

#include <stdexcept>
#include <utility>

#include "filters/access_log/filter.h"
#include "source/log/log_writer.h"

namespace headgate::filters::access_log {

namespace {

// "default", "json", a line of text with operators, or an object for JSON.
void readFormat(config::Object& object, format::Formatter& result) {
  const config::Node* given = object.node("format");
  if (given == nullptr || given->unresolved()) return;
  const std::string& text = given->string();
  if (text == "default" || text == "json") {
    result = makeFormatter(text == "json" ? Format::Json : Format::Default);
  } else if (given->isObject() || text.find('%') != std::string::npos) {
    base::Result<format::Formatter> own =
        given->isObject() ? format::Formatter::json(*given, true) : format::Formatter::line(text);
    if (own) {
      result = std::move(*own);
    } else {
      object.error("format", own.error().message);
    }
  } else {
    object.expected("format",
                    "\"default\", \"json\", a line with operators such as \"%START_TIME% %REQ(:PATH)%\", or an "
                    "object of such texts");
  }
}

}  // namespace

Options readOptions(config::Object& object) {
  Options options;
  if (const config::Node* path = object.node("path"); path != nullptr && path->isString() && path->string().empty()) {
    object.expected("path", "a file name, \"/dev/stdout\" or \"/dev/stderr\"");
  }
  options.path = object.string("path", options.path);
  readFormat(object, options.format);
  if (object.has("when")) options.when = Condition::read(object.child("when"));
  return options;
}

AccessLogFactory::AccessLogFactory(Options options) : options_(std::make_shared<const Options>(std::move(options))) {}

base::Status AccessLogFactory::open(log::LogWriter& writer) const {
  base::Result<std::shared_ptr<log::FileLog>> file = writer.open(options_->path);
  if (!file) return tl::unexpected<base::Error>(std::move(file.error()));
  file_ = std::move(*file);
  return {};
}

std::unique_ptr<api::WorkerFilter> AccessLogFactory::makeWorkerFilter(const api::WorkerContext& context) const {
  if (file_ == nullptr) throw std::logic_error("access_log: the factory was not opened");
  return std::make_unique<WorkerAccessLog>(options_, file_, context.loop, context.stats, context.workerIndex);
}

}  // namespace headgate::filters::access_log
