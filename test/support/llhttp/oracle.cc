#include "test/support/llhttp/oracle.h"

#include <llhttp.h>

#include <array>

#include "source/base/strings.h"

namespace headgate::test {
namespace {

// An answer to HEAD and the statuses of RFC 9112 section 6.3 rule 1, which llhttp has to be told.
bool hasNoBody(const HeadKind& kind, unsigned status) {
  return kind.isResponse && (kind.request == http::Method::Head || status < 200 || status == 204 || status == 304);
}

class Reader {
 public:
  explicit Reader(const HeadKind& kind) : kind_(kind) {
    llhttp_settings_init(&settings_);
    settings_.on_url = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).append(of(parser).message_.target, at, size);
    };
    settings_.on_method = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).append(of(parser).message_.method, at, size);
    };
    settings_.on_header_field = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).append(of(parser).name_, at, size);
    };
    settings_.on_header_value = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).append(of(parser).value_, at, size);
    };
    settings_.on_header_value_complete = [](llhttp_t* parser) { return of(parser).endField(); };
    settings_.on_headers_complete = [](llhttp_t* parser) { return of(parser).endHead(); };
    settings_.on_body = [](llhttp_t* parser, const char* at, size_t size) {
      return of(parser).append(of(parser).message_.body, at, size);
    };
    settings_.on_message_complete = [](llhttp_t* parser) { return of(parser).endMessage(); };
    llhttp_init(&parser_, kind.isResponse ? HTTP_RESPONSE : HTTP_REQUEST, &settings_);
    parser_.data = this;
  }

  OracleMessage read(std::string_view bytes) {
    const llhttp_errno_t code = llhttp_execute(&parser_, bytes.data(), bytes.size());
    if (message_.complete) {
      message_.consumed = static_cast<size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
    } else if (code != HPE_OK) {
      message_.error = std::string(llhttp_errno_name(code)) + ": " + llhttp_get_error_reason(&parser_);
      const char* at = llhttp_get_error_pos(&parser_);
      if (at > bytes.data() && at <= bytes.data() + bytes.size()) message_.beforeError = at[-1];
    }
    return std::move(message_);
  }

 private:
  static Reader& of(llhttp_t* parser) { return *static_cast<Reader*>(parser->data); }

  static int append(std::string& to, const char* at, size_t size) {
    to.append(at, size);
    return HPE_OK;
  }

  int endField() {
    for (char& c : name_) c = base::lower(c);
    (message_.headComplete ? message_.trailers : message_.fields).emplace_back(name_, base::trim(value_));
    name_.clear();
    value_.clear();
    return HPE_OK;
  }

  int endHead() {
    message_.headComplete = true;
    message_.major = llhttp_get_http_major(&parser_);
    message_.minor = llhttp_get_http_minor(&parser_);
    message_.status = kind_.isResponse ? static_cast<unsigned>(llhttp_get_status_code(&parser_)) : 0;
    message_.chunked = (parser_.flags & F_CHUNKED) != 0;
    if ((parser_.flags & F_CONTENT_LENGTH) != 0) message_.contentLength = parser_.content_length;
    return hasNoBody(kind_, message_.status) ? 1 : 0;
  }

  int endMessage() {
    message_.complete = true;
    return HPE_PAUSED;
  }

  const HeadKind& kind_;
  llhttp_settings_t settings_{};
  llhttp_t parser_{};
  OracleMessage message_;
  std::string name_;
  std::string value_;
};

std::string show(const FieldTexts& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += "\n    " + name + ": " + value;
  return text;
}

bool isNamedByConnection(const std::string& name, const FieldTexts& fields) {
  bool found = false;
  for (const auto& [other, value] : fields) {
    if (other != "connection") continue;
    base::forEachListElement(value,
                             [&](std::string_view option) { found = found || base::equalsIgnoreCase(option, name); });
  }
  return found;
}

// Ours must be theirs, in their order, without those that an intermediary takes out.
bool isForwardedPart(const FieldTexts& ours, const FieldTexts& theirs, const FieldTexts& theirHead, uint8_t removable) {
  size_t next = 0;
  for (const auto& field : theirs) {
    if (next < ours.size() && ours[next] == field) {
      ++next;
      continue;
    }
    const bool isRemovable = (http::facts(http::headerName(field.first)) & removable) != 0;
    if (!isRemovable && !isNamedByConnection(field.first, theirHead)) return false;
  }
  return next == ours.size();
}

// llhttp takes only spaces behind the values that it reads itself (Content-Length), where RFC 9110 section 5.6.3 has
// tabs too. For a head that we accept: a tab before CRLF is white space around a value.
std::string withSpacesForTabs(std::string_view bytes, size_t headSize) {
  std::string result(bytes);
  for (size_t end = result.find("\r\n"); end < headSize; end = result.find("\r\n", end + 2)) {
    for (size_t at = end; at > 0 && (result[at - 1] == '\t' || result[at - 1] == ' '); --at) result[at - 1] = ' ';
  }
  return result;
}

// What RFC 9112 section 7.1.1 allows in a chunk extension and llhttp 8.1 does not take: a quoted-pair, and a further
// extension behind a value that is a token.
bool isExtensionThatLlhttpLacks(const OracleMessage& theirs) {
  return (theirs.beforeError == ';' && theirs.error.starts_with("HPE_INVALID_CHUNK_SIZE")) ||
         (theirs.beforeError == '\\' && theirs.error.ends_with("chunk extensions quoted value"));
}

std::string differenceOfHeads(std::string_view bytes, const ParsedHead& ours, const OracleMessage& theirs,
                              const HeadKind& kind) {
  if (!theirs.headComplete)
    return "accepted a head that llhttp refuses: " + (theirs.error.empty() ? "incomplete" : theirs.error);
  const unsigned minor = ours.version == http::Version::Http11 ? 1 : 0;
  if (theirs.major != 1 || theirs.minor != minor) return "version";
  if (kind.isResponse && ours.status != theirs.status) return "status " + std::to_string(theirs.status);
  if (!kind.isResponse) {
    if (ours.methodText != theirs.method) return "method " + theirs.method;
    // Before normalisation the target is in the bytes as it came, between the only two spaces of the line.
    const size_t target = bytes.find(' ') + 1;
    if (bytes.substr(target, bytes.find(' ', target) - target) != theirs.target) return "target " + theirs.target;
  }
  if (!isForwardedPart(ours.fields, theirs.fields, theirs.fields, http::kHopByHop | http::kFraming)) {
    return "fields, ours:" + show(ours.fields) + "\n  theirs:" + show(theirs.fields);
  }
  if (ours.contentLength != theirs.contentLength) return "content length";
  const bool weAreChunked = ours.framing == http::h1::BodyFraming::Chunked;
  if (weAreChunked != theirs.chunked && !hasNoBody(kind, ours.status)) return "chunked";
  return {};
}

}  // namespace

OracleMessage readWithLlhttp(std::string_view bytes, const HeadKind& kind) { return Reader(kind).read(bytes); }

bool llhttpKnowsMethod(std::string_view method) {
  // SOURCE is in the list, but llhttp takes it with the version ICE/1.0 alone.
#define HEADGATE_METHOD_NAME(number, name, text) #text,
  constexpr std::array kMethods = {HTTP_METHOD_MAP(HEADGATE_METHOD_NAME)};
#undef HEADGATE_METHOD_NAME
  for (const std::string_view known : kMethods) {
    if (known == method) return known != "SOURCE";
  }
  return false;
}

std::string differenceFromLlhttp(std::string_view bytes, const HeadKind& kind) {
  const ParsedHead ours = parseWhole(bytes, kind);
  if (ours.error) return {};
  const OracleMessage theirs = readWithLlhttp(withSpacesForTabs(bytes, ours.consumed), kind);
  if (ours.needsMore)
    return theirs.headComplete ? "llhttp sees an end of the head where we wait for more" : std::string();
  if (!kind.isResponse && !llhttpKnowsMethod(ours.methodText)) return {};

  if (auto difference = differenceOfHeads(bytes, ours, theirs, kind); !difference.empty()) return difference;

  const std::string_view rest = bytes.substr(ours.consumed);
  const DecodedBody body =
      decodeInSteps(rest, std::max<size_t>(1, rest.size()), ours.framing, ours.contentLength.value_or(0));
  if (body.error || isExtensionThatLlhttpLacks(theirs)) return {};
  if (body.complete != theirs.complete) {
    return body.complete ? "accepted a body that llhttp refuses: " + theirs.error
                         : "llhttp sees an end of the body where we do not";
  }
  if (body.body != theirs.body) return "body, ours " + body.body + "\n  theirs " + theirs.body;
  if (!body.complete) return {};
  if (ours.consumed + body.consumed != theirs.consumed)
    return "end of the message at " + std::to_string(theirs.consumed);
  constexpr uint8_t kDropped = http::kHopByHop | http::kFraming | http::kNotInTrailers;
  if (!isForwardedPart(body.trailers, theirs.trailers, {}, kDropped)) return "trailers";
  return {};
}

}  // namespace headgate::test
