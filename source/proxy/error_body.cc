#include "source/proxy/error_body.h"

#include <algorithm>

#include "source/base/strings.h"
#include "source/config/utf8.h"

namespace headgate::proxy {
namespace {

// Types whose readers take a part of the text for markup.
bool isMarkup(std::string_view contentType) {
  std::string type(contentType.substr(0, contentType.find(';')));
  std::transform(type.begin(), type.end(), type.begin(), base::lower);
  return type.find("html") != std::string::npos || type.find("xml") != std::string::npos;
}

}  // namespace

std::shared_ptr<const ErrorBody> ErrorBody::read(config::Object object) {
  const bool json = object.has("json");
  const bool text = object.has("text");
  std::string contentType = object.string("content_type", json ? "application/json" : "text/plain; charset=utf-8");
  const config::Node* value = object.node(json ? "json" : "text");
  if (json == text) object.error("expected either \"text\" or \"json\"");
  if (contentType.empty() || config::hasControlCharacters(contentType)) object.expected("content_type", "a media type");
  const bool good = value != nullptr && (json ? value->isObject() : value->isString());
  if (value != nullptr && !good && !value->unresolved()) {
    object.expected(json ? "json" : "text", json ? "an object" : "a text");
  }
  object.finish();
  if (!good || json == text) return nullptr;
  base::Result<format::Formatter> body =
      json ? format::Formatter::json(*value, true) : format::Formatter::body(value->string(), isMarkup(contentType));
  if (!body) {
    object.error(json ? "json" : "text", body.error().message);
    return nullptr;
  }
  return std::shared_ptr<const ErrorBody>(new ErrorBody(std::move(*body), std::move(contentType)));
}

std::string_view ErrorBody::write(base::Arena& arena, const api::StreamInfo& info, const http::MessageHead& head,
                                  std::string_view message, base::MonotonicTime now) const {
  format::Facts facts(info);
  facts.response = &head;
  facts.message = message;
  facts.now = now;
  return body_.write(arena, facts);
}

}  // namespace headgate::proxy
