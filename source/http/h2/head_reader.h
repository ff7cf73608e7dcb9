#pragma once
// From the fields of an HTTP/2 header block to the canonical message that HTTP/1.1 gives, or a refusal (RFC 9113
// section 8).

#include <cstdint>
#include <string_view>

#include "source/base/error.h"
#include "source/http/message.h"
#include "source/http/rules.h"

namespace headgate::http::h2 {

struct FieldLimits {
  uint32_t maxBytes = 60 * 1024;  ///< names, values and 32 a field (RFC 9113 section 10.5.1)
  uint32_t maxFields = 100;       ///< fields but pseudo-header fields; crumbs of Cookie count each
  // of requests
  PathRules path{};
  Underscores underscores = Underscores::Keep;
};

/// Takes the fields of one block in order, copying what it keeps into the message's arena. The first mistake is kept
/// and the rest is only counted, so that the block can be decoded to its end (HPACK demands it) at no further cost. No
/// I/O; knows no library. Worker thread.
///
/// Refused with BadRequest of a client, UpstreamProtocol of a backend: a pseudo-header field that is unknown, repeated,
/// missing, empty or behind a field; a name that is empty, no token or not lower-case; a value with a control character
/// or with white space at an end; connection, keep-alive, proxy-connection, transfer-encoding, upgrade, and te other
/// than trailers; a second line of a singleton; a content-length that is no number or repeated. Over the limits:
/// HeadersTooLarge.
class FieldReader {
 public:
  FieldReader(HeaderList& headers, const FieldLimits& limits, base::ErrorSource side)
      : headers_(headers), limits_(limits), side_(side) {}
  FieldReader(const FieldReader&) = delete;
  FieldReader& operator=(const FieldReader&) = delete;

  /// Bytes of all fields so far by the measure of FieldLimits, kept or not.
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] base::Error& error() { return error_; }

 protected:
  ~FieldReader() = default;
  /// Counts a field and checks its name and value; false when it is not to be looked at further.
  bool admit(std::string_view name, std::string_view value);
  /// Keeps a field that is none of the pseudo-header, or what it says.
  void regular(std::string_view name, std::string_view value);
  void refuse(base::ErrorCode code, std::string message);
  /// Whether a field whose name the proxy does not know is kept.
  bool keepsName(std::string_view name);
  [[nodiscard]] base::Status takeError();
  /// Makes one line of several of Cookie (RFC 9113 section 8.2.3).
  void joinCookies();
  [[nodiscard]] std::string_view copy(std::string_view text) { return headers_.arena().copy(text); }
  [[nodiscard]] bool has(HeaderName name) const { return (seen_ & (uint32_t{1} << static_cast<unsigned>(name))) != 0; }

  HeaderList& headers_;
  const FieldLimits& limits_;
  std::optional<uint64_t> contentLength_;
  std::string_view host_;
  bool anyRegular_ = false;
  bool expectContinue_ = false;
  bool expectOther_ = false;

 private:
  void known(HeaderName id, std::string_view value);

  const base::ErrorSource side_;
  uint64_t size_ = 0;
  uint32_t count_ = 0;
  uint32_t seen_ = 0;  ///< one bit a HeaderName
  uint32_t cookies_ = 0;
  bool failed_ = false;
  base::Error error_;
};

/// A request. Beyond what FieldReader refuses: a scheme other than http and https, no authority (neither :authority nor
/// host), the two of them for different authorities, a malformed one; a path that is empty or that HTTP/1.1 refuses;
/// CONNECT (405) but the extended one of RFC 8441, which becomes a GET with `protocol`; TRACE with a body; an Expect
/// other than 100-continue (417); a content-length of a message without a body.
class RequestReader final : public FieldReader {
 public:
  RequestReader(MessageHead& head, const FieldLimits& limits)
      : FieldReader(head.headers, limits, base::ErrorSource::Downstream), head_(head) {}

  void field(std::string_view name, std::string_view value);
  /// The block is complete; `end`: no body follows.
  [[nodiscard]] base::Status finish(bool end);

 private:
  enum Pseudo : uint8_t { kMethod = 1, kScheme = 2, kAuthority = 4, kPath = 8, kProtocol = 16 };
  void pseudo(std::string_view name, std::string_view value);
  [[nodiscard]] base::Status finishConnect(bool end);
  [[nodiscard]] base::Status finishTarget();

  MessageHead& head_;
  std::string_view authority_;
  std::string_view path_;
  uint8_t pseudos_ = 0;
};

/// A response; `finish` wants a :status of 100 to 599, but 101, which HTTP/2 does not have.
class ResponseReader final : public FieldReader {
 public:
  ResponseReader(MessageHead& head, const FieldLimits& limits)
      : FieldReader(head.headers, limits, base::ErrorSource::Upstream), head_(head) {}

  void field(std::string_view name, std::string_view value);
  [[nodiscard]] base::Status finish();

 private:
  MessageHead& head_;
};

/// A trailer section of either side: no pseudo-header fields; what frames or addresses a message is refused, what must
/// not be a trailer is dropped.
class TrailerReader final : public FieldReader {
 public:
  TrailerReader(HeaderList& trailers, const FieldLimits& limits, base::ErrorSource side)
      : FieldReader(trailers, limits, side) {}

  void field(std::string_view name, std::string_view value);
  [[nodiscard]] base::Status finish() { return takeError(); }
};

}  // namespace headgate::http::h2
