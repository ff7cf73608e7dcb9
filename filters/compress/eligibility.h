#pragma once
// Which answers may be compressed, and what that does to their heads.

#include <string>
#include <string_view>
#include <vector>

#include "filters/compress/coding.h"
#include "source/http/message.h"

namespace headgate::filters::compress {

/// A list of media types: "application/json", "text/*", or "+json" for all that end so. Immutable; shared by workers.
class MediaTypes {
 public:
  /// False if `text`, in lower case, is none of these forms.
  [[nodiscard]] bool add(std::string_view text);
  /// `contentType`: the value of the header, parameters and all.
  [[nodiscard]] bool contain(std::string_view contentType) const;
  /// Text, JSON, XML, scripts, fonts and images that are not compressed by themselves.
  [[nodiscard]] static MediaTypes usual();

 private:
  std::vector<std::string> types_;
};

/// Whether an answer gains by a coding and may have one, whoever asks: its status has a body that is a whole
/// representation (RFC 9110 section 15: not 204, 205, 206, 304), it has no coding yet, nobody forbids it
/// (`no-transform`, RFC 9111 section 5.2.2.6), it is of a listed type and not known to be short.
[[nodiscard]] bool isEligible(const http::MessageHead& response, const MediaTypes& types, uint64_t minLength);

/// `Vary: accept-encoding`, unless it is there: caches must tell the forms of an eligible answer apart, also the plain
/// one.
void addVary(http::HeaderList& headers);

/// What the head says of the body is of the coded one from now on: the length is unknown, a strong ETag becomes weak
/// (RFC 9110 section 8.8.1: the bytes are others), ranges and digests of the plain bytes go.
void markEncoded(http::MessageHead& response, Coding coding);

/// Whether a Cache-Control of the message has `no-transform`.
[[nodiscard]] bool forbidsTransform(const http::HeaderList& headers);

}  // namespace headgate::filters::compress
