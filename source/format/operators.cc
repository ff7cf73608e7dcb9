#include "source/format/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "source/base/strings.h"
#include "source/config/errors.h"

namespace headgate::format {
namespace {

// Bounds of values in bytes of output. A URL of 4 KiB is longer than any that people read; what is cut shows "...".
constexpr size_t kMaxPathBytes = 4096;
constexpr size_t kMaxHeaderBytes = 1024;
constexpr size_t kMinHeaderBytes = 8;
constexpr size_t kMaxLength = 8192;     // that can be asked for; also of what goes into headers and bodies
constexpr size_t kMaxHostBytes = 160;   // a Unix socket's path has 108
constexpr size_t kMaxTokenBytes = 128;  // reason tokens
constexpr size_t kMaxNameBytes = 256;   // clusters; the config allows 128 bytes, which escaping may lengthen
constexpr size_t kMaxAttempts = 16;     // listed; the config allows 11
constexpr size_t kMaxAttemptBytes = kMaxHostBytes + kMaxTokenBytes + 32;
constexpr size_t kQuotes = 2;
constexpr size_t kMaxMillisecondsBytes = kMaxIntegerBytes + 4;
constexpr size_t kJoinReserve = 4;  // the comma and the "..." of a list that is cut

struct Flag {
  api::ResponseFlag bit;
  std::string_view name;
};

constexpr std::array<Flag, 15> kFlags{{
    {api::kNoHealthyUpstream, "UH"},
    {api::kUpstreamConnectionFailure, "UF"},
    {api::kUpstreamOverflow, "UO"},
    {api::kUpstreamRequestTimeout, "UT"},
    {api::kUpstreamConnectionTermination, "UC"},
    {api::kUpstreamRetryLimitExceeded, "URX"},
    {api::kUpstreamProtocolError, "UPE"},
    {api::kNoRouteFound, "NR"},
    {api::kNoClusterFound, "NC"},
    {api::kDownstreamConnectionTermination, "DC"},
    {api::kDownstreamProtocolError, "DPE"},
    {api::kStreamIdleTimeout, "SI"},
    {api::kRateLimited, "RL"},
    {api::kOverload, "OM"},
    {api::kDurationTimeout, "DT"},
}};
constexpr size_t kMaxFlagsBytes = kFlags.size() * 6 + 2;  // ["UPE",...]

bool json(const Context& context) { return context.encoding == Encoding::Json; }

// Whole milliseconds in text, as habit has it; with microseconds in JSON, where most requests would be 0 otherwise.
void writeMilliseconds(Context& context, base::MonotonicTime from, base::MonotonicTime to) {
  if (from == 0 || to == 0) return context.out.unset(context.encoding);
  const auto micros = static_cast<uint64_t>(std::max<base::MonotonicTime>(to - from, 0)) / 1000;
  context.out.integer(micros / 1000);
  if (!json(context)) return;
  context.out.raw('.');
  context.out.padded(micros % 1000, 3);
}

void writeFlags(const Operator&, Context& context) {
  ValueWriter& out = context.out;
  if (context.info.flags == 0 && !json(context)) return out.unset(context.encoding);
  if (json(context)) out.raw('[');
  bool first = true;
  for (const Flag& flag : kFlags) {
    if ((context.info.flags & flag.bit) == 0) continue;
    if (!first) out.raw(',');
    first = false;
    if (json(context)) out.raw('"');
    out.raw(flag.name);
    if (json(context)) out.raw('"');
  }
  if (json(context)) out.raw(']');
}

void writeAttempt(Context& context, const api::Attempt& attempt) {
  ValueWriter& out = context.out;
  if (json(context)) {
    out.raw(R"({"host":)");
    out.value(attempt.host, kMaxHostBytes, context.encoding);
    out.raw(R"(,"outcome":)");
    out.value(attempt.outcome, kMaxTokenBytes, context.encoding);
    return out.raw('}');
  }
  out.value(attempt.host, kMaxHostBytes, context.encoding);
  out.raw('(');
  out.value(attempt.outcome, kMaxTokenBytes, context.encoding);
  out.raw(')');
}

void writeHostsTried(const Operator&, Context& context) {
  const api::Attempt* attempt = context.info.attempts;
  if (attempt == nullptr && !json(context)) return context.out.unset(context.encoding);
  if (json(context)) context.out.raw('[');
  for (size_t listed = 0; attempt != nullptr && listed < kMaxAttempts; attempt = attempt->next, ++listed) {
    if (listed > 0) context.out.raw(',');
    writeAttempt(context, *attempt);
  }
  if (json(context)) context.out.raw(']');
}

/// An operator without arguments.
struct Row {
  std::string_view name;
  size_t maxBytes;
  Operator::Write write;
};

constexpr Row kRows[] = {
    {"START_TIME", StartTimeText::kBytes + kQuotes,
     [](const Operator&, Context& c) {
       c.out.value(c.startTime.of(c.info.startWall), StartTimeText::kBytes, c.encoding);
     }},
    {"PROTOCOL", 16 + kQuotes,
     [](const Operator&, Context& c) {
       c.out.value(c.facts.request == nullptr ? std::string_view() : text(c.facts.request->version), 16, c.encoding);
     }},
    {"RESPONSE_CODE", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.status); }},
    {"RESPONSE_CODE_DETAILS", kMaxTokenBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.details, kMaxTokenBytes, c.encoding); }},
    {"RESPONSE_FLAGS", kMaxFlagsBytes, writeFlags},
    {"BYTES_RECEIVED", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.bytesReceived); }},
    {"BYTES_SENT", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.bytesSent); }},
    {"DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) {
       writeMilliseconds(c, c.info.start, c.info.end != 0 ? c.info.end : c.facts.now);
     }},
    {"REQUEST_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.start, c.info.requestComplete); }},
    {"RESPONSE_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.start, c.info.responseHead); }},
    {"UPSTREAM_SERVICE_TIME", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.upstreamStart, c.info.responseHead); }},
    {"UPSTREAM_HOST", kMaxHostBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.upstreamHost, kMaxHostBytes, c.encoding); }},
    {"UPSTREAM_CLUSTER", kMaxNameBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.clusterName, kMaxNameBytes, c.encoding); }},
    {"UPSTREAM_REQUEST_ATTEMPT_COUNT", kMaxIntegerBytes,
     [](const Operator&, Context& c) { c.out.integer(c.info.attemptCount); }},
    {"HOSTS_TRIED", kMaxAttempts* kMaxAttemptBytes + kQuotes, writeHostsTried},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kMaxHostBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.clientText, kMaxHostBytes, c.encoding); }},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", kMaxHostBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.peerText, kMaxHostBytes, c.encoding); }},
    {"CLIENT_ID", kMaxHeaderBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.clientId, kMaxHeaderBytes, c.encoding); }},
    {"RATE_LIMIT", kMaxTokenBytes + kQuotes,
     [](const Operator&, Context& c) {
       c.out.value(api::limitDecisionName(c.info.limit), kMaxTokenBytes, c.encoding);
     }},
    {"CONNECTION_ID", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.connectionId); }},
};

std::string_view pseudoHeader(const http::MessageHead& head, std::string_view name) {
  if (name == ":method") return head.methodText.empty() ? text(head.method) : head.methodText;
  if (name == ":path") return head.path;
  if (name == ":authority") return head.authority;
  return head.scheme;
}

bool isPseudo(const FieldName& field) { return field.name.starts_with(':'); }

bool matches(const http::Header& header, const FieldName& field) {
  return header.id == field.id && (field.id != http::HeaderName::Other || header.name == field.name);
}

// All lines of the field, joined by commas (RFC 9110 section 5.3): the first line alone would show what a client put
// before the truth that a proxy has added. False if it is absent or empty.
bool writeHeader(const Operator& self, Context& context, const http::HeaderList& headers, const FieldName& field) {
  ValueWriter& out = context.out;
  const size_t begin = out.size();
  size_t input = self.maxInputBytes;
  bool any = false;
  for (const http::Header& header : headers) {
    if (header.value.empty() || !matches(header, field)) continue;
    const size_t left = self.maxValueBytes - std::min(self.maxValueBytes, out.size() - begin);
    if (any && (left < kMinHeaderBytes || input < 2)) {
      if (input >= 2) out.raw("...");
      break;
    }
    if (any) out.raw(',');
    if (any) --input;
    if (!any && json(context)) out.raw('"');
    const std::string_view value = header.value.substr(0, input);
    out.encoded(value, any ? left - 1 : self.maxValueBytes, context.encoding);
    input -= value.size();
    any = true;
  }
  if (any && json(context)) out.raw('"');
  return any;
}

bool writeField(const Operator& self, Context& context, const http::MessageHead& head, const FieldName& field) {
  if (field.name.empty()) return false;
  char digits[kMaxIntegerBytes];
  std::string_view value;
  if (field.id == http::HeaderName::ContentLength) {  // the head has it as a number
    if (!head.contentLength) return false;
    value = {digits, static_cast<size_t>(std::to_chars(digits, std::end(digits), *head.contentLength).ptr - digits)};
  } else if (isPseudo(field)) {
    value = pseudoHeader(head, field.name);
  } else {
    return writeHeader(self, context, head.headers, field);
  }
  if (value.empty()) return false;
  context.out.value(value.substr(0, self.maxInputBytes), self.maxValueBytes, context.encoding);
  return true;
}

void writeMessageField(const Operator& self, Context& context, const http::MessageHead* head) {
  if (head != nullptr && writeField(self, context, *head, self.field)) return;
  if (head != nullptr && writeField(self, context, *head, self.fallback)) return;
  context.out.unset(context.encoding);
}

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

base::Result<FieldName> parseField(std::string_view text, bool request) {
  FieldName field;
  std::transform(text.begin(), text.end(), std::back_inserter(field.name), base::lower);
  if (isPseudo(field)) {
    const bool known =
        field.name == ":method" || field.name == ":path" || field.name == ":authority" || field.name == ":scheme";
    if (!request || !known) {
      return refuse(fmt::format("{} is none of the fields :METHOD, :PATH, :AUTHORITY and :SCHEME of a request",
                                config::quotedText(text)));
    }
  }
  const bool token = std::all_of(field.name.begin(), field.name.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '(' && c != ')'; });
  if (field.name.empty() || !token)
    return refuse(fmt::format("expected a header name, got {}", config::quotedText(text)));
  if (request && field.name == "host") field.name = ":authority";  // where the codecs put it
  field.id = http::headerName(field.name);
  return field;
}

// What an operator on a header takes and writes: `length` bytes of the value as they are, or as much as people read.
void setBounds(Operator& result, std::optional<size_t> length, Encoding encoding) {
  const bool path = result.field.name == ":path" || result.fallback.name == ":path";
  const bool forPeople = encoding != Encoding::Plain && encoding != Encoding::Html;
  const size_t usual = !forPeople ? kMaxLength : path ? kMaxPathBytes : kMaxHeaderBytes;
  result.maxInputBytes = length.value_or(std::string_view::npos);
  // Escaping may lengthen a value, but a log does not pay for the worst case of a long one.
  result.maxValueBytes = length ? std::min(*length * expansion(encoding), std::max(*length, usual)) : usual;
  result.maxValueBytes = std::max(result.maxValueBytes, kMinHeaderBytes);
  result.maxBytes = result.maxValueBytes + kJoinReserve + kQuotes;
}

// `text` is "X", "X?Y", each perhaps with ":Z" after the parenthesis in `tail`.
base::Result<Operator> makeMessageOperator(bool request, std::string_view text, std::string_view tail,
                                           Encoding encoding) {
  Operator result;
  const size_t mark = text.find('?');
  base::Result<FieldName> field = parseField(text.substr(0, mark), request);
  if (!field) return tl::unexpected<base::Error>(field.error());
  result.field = std::move(*field);
  if (mark != std::string_view::npos) {
    base::Result<FieldName> fallback = parseField(text.substr(mark + 1), request);
    if (!fallback) return tl::unexpected<base::Error>(fallback.error());
    result.fallback = std::move(*fallback);
  }
  std::optional<size_t> length;
  if (!tail.empty()) {
    length = tail.front() == ':' ? base::parseDecimal(tail.substr(1)) : std::nullopt;
    if (!length || *length < 1 || *length > kMaxLength) {
      return refuse(fmt::format("expected a length such as \":100\", of 1 to {}, after the parenthesis, got {}",
                                kMaxLength, config::quotedText(tail)));
    }
  }
  setBounds(result, length, encoding);
  result.write = request ? [](const Operator& self, Context& c) { writeMessageField(self, c, c.facts.request); }
                         : [](const Operator& self, Context& c) { writeMessageField(self, c, c.facts.response); };
  return result;
}

base::Result<Operator> parseOperator(std::string_view text, Encoding encoding) {
  const size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  if (name == "REQ" || name == "RESP") {
    const size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
      return refuse(fmt::format("expected a header name in parentheses after {}", name));
    }
    return makeMessageOperator(name == "REQ", text.substr(open + 1, close - open - 1), text.substr(close + 1),
                               encoding);
  }
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    if (open != std::string_view::npos) return refuse(fmt::format("{} takes nothing in parentheses", name));
    Operator result;
    result.maxBytes = std::max<size_t>(row.maxBytes, 4);  // null
    result.write = row.write;
    return result;
  }
  return refuse(fmt::format("unknown operator {}", config::quotedText(name)));
}

}  // namespace

std::string_view flagName(api::ResponseFlag flag) {
  const auto* const found =
      std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& row) { return row.bit == flag; });
  return found == kFlags.end() ? std::string_view() : found->name;
}

Operator makeLiteral(std::string text) {
  Operator result;
  result.literal = std::move(text);
  return result;
}

base::Result<Operator> makeOperator(std::string_view text, Encoding encoding) {
  base::Result<Operator> result = parseOperator(text, encoding);
  if (result) result->encoding = encoding;
  return result;
}

}  // namespace headgate::format
