#pragma once
// The bodies of the answers that the proxy makes itself: `listeners[].error_body` of the config file.

#include <memory>
#include <string>
#include <string_view>

#include "source/config/object.h"
#include "source/format/formatter.h"
#include "source/http/message.h"

namespace headgate::proxy {

/// What stands in the place of the structured JSON error: a text, or JSON of another shape, with the operators of the
/// access log; %LOCAL_REPLY_BODY% is the message. Immutable; shared by the workers.
class ErrorBody {
 public:
  /// `{"text": "...", "content_type": "text/html"}` or `{"json": {...}}`. Null, with mistakes in the object's errors,
  /// if it cannot be read. Main thread.
  [[nodiscard]] static std::shared_ptr<const ErrorBody> read(config::Object object);

  [[nodiscard]] const std::string& contentType() const { return contentType_; }
  /// For the answer that `head` begins; in `arena`.
  [[nodiscard]] std::string_view write(base::Arena& arena, const api::StreamInfo& info, const http::MessageHead& head,
                                       std::string_view message, base::MonotonicTime now) const;

 private:
  ErrorBody(format::Formatter body, std::string contentType)
      : body_(std::move(body)), contentType_(std::move(contentType)) {}

  format::Formatter body_;
  std::string contentType_;
};

}  // namespace headgate::proxy
