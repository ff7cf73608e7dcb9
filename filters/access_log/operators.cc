#include "filters/access_log/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/strings.h"
#include "source/config/errors.h"

namespace headgate::filters::access_log {
namespace {

// Bounds of values in bytes of output. A URL of 4 KiB is longer than any that people read; what is cut shows "...".
constexpr size_t kMaxPathBytes = 4096;
constexpr size_t kMaxHeaderBytes = 1024;
constexpr size_t kMinHeaderBytes = 8;
constexpr size_t kMaxLengthOption = 8192;
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

bool json(const LineContext& context) { return context.encoding == Encoding::Json; }

// Whole milliseconds in text, as habit has it; with microseconds in JSON, where most requests would be 0 otherwise.
void writeMilliseconds(LineContext& context, base::MonotonicTime from, base::MonotonicTime to) {
  if (from == 0 || to == 0) return context.out.unset(context.encoding);
  const auto micros = static_cast<uint64_t>(std::max<base::MonotonicTime>(to - from, 0)) / 1000;
  context.out.integer(micros / 1000);
  if (!json(context)) return;
  context.out.raw('.');
  context.out.padded(micros % 1000, 3);
}

void writeFlags(const Operator&, LineContext& context) {
  LineWriter& out = context.out;
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

void writeAttempt(LineContext& context, const api::Attempt& attempt) {
  LineWriter& out = context.out;
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

void writeHostsTried(const Operator&, LineContext& context) {
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
     [](const Operator&, LineContext& c) {
       c.out.value(c.startTime.of(c.info.startWall), StartTimeText::kBytes, c.encoding);
     }},
    {"PROTOCOL", 16 + kQuotes,
     [](const Operator&, LineContext& c) {
       c.out.value(c.info.request == nullptr ? std::string_view() : text(c.info.request->version), 16, c.encoding);
     }},
    {"RESPONSE_CODE", kMaxIntegerBytes, [](const Operator&, LineContext& c) { c.out.integer(c.info.status); }},
    {"RESPONSE_CODE_DETAILS", kMaxTokenBytes + kQuotes,
     [](const Operator&, LineContext& c) { c.out.value(c.info.details, kMaxTokenBytes, c.encoding); }},
    {"RESPONSE_FLAGS", kMaxFlagsBytes, writeFlags},
    {"BYTES_RECEIVED", kMaxIntegerBytes, [](const Operator&, LineContext& c) { c.out.integer(c.info.bytesReceived); }},
    {"BYTES_SENT", kMaxIntegerBytes, [](const Operator&, LineContext& c) { c.out.integer(c.info.bytesSent); }},
    {"DURATION", kMaxMillisecondsBytes,
     [](const Operator&, LineContext& c) { writeMilliseconds(c, c.info.start, c.info.end); }},
    {"REQUEST_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, LineContext& c) { writeMilliseconds(c, c.info.start, c.info.requestComplete); }},
    {"RESPONSE_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, LineContext& c) { writeMilliseconds(c, c.info.start, c.info.responseHead); }},
    {"UPSTREAM_SERVICE_TIME", kMaxMillisecondsBytes,
     [](const Operator&, LineContext& c) { writeMilliseconds(c, c.info.upstreamStart, c.info.responseHead); }},
    {"UPSTREAM_HOST", kMaxHostBytes + kQuotes,
     [](const Operator&, LineContext& c) { c.out.value(c.info.upstreamHost, kMaxHostBytes, c.encoding); }},
    {"UPSTREAM_CLUSTER", kMaxNameBytes + kQuotes,
     [](const Operator&, LineContext& c) { c.out.value(c.info.clusterName, kMaxNameBytes, c.encoding); }},
    {"UPSTREAM_REQUEST_ATTEMPT_COUNT", kMaxIntegerBytes,
     [](const Operator&, LineContext& c) { c.out.integer(c.info.attemptCount); }},
    {"HOSTS_TRIED", kMaxAttempts* kMaxAttemptBytes + kQuotes, writeHostsTried},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kMaxHostBytes + kQuotes,
     [](const Operator&, LineContext& c) { c.out.value(c.info.peerText, kMaxHostBytes, c.encoding); }},
    {"CONNECTION_ID", kMaxIntegerBytes, [](const Operator&, LineContext& c) { c.out.integer(c.info.connectionId); }},
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
bool writeHeader(LineContext& context, const http::HeaderList& headers, const FieldName& field, size_t maxBytes) {
  LineWriter& out = context.out;
  const size_t begin = out.size();
  bool any = false;
  for (const http::Header& header : headers) {
    if (header.value.empty() || !matches(header, field)) continue;
    const size_t left = maxBytes - std::min(maxBytes, out.size() - begin);
    if (any && left < kMinHeaderBytes) {
      out.raw("...");
      break;
    }
    if (any) out.raw(',');
    if (!any && json(context)) out.raw('"');
    out.escaped(header.value, any ? left - 1 : maxBytes, context.encoding);
    any = true;
  }
  if (any && json(context)) out.raw('"');
  return any;
}

bool writeField(const Operator& self, LineContext& context, const http::MessageHead& head, const FieldName& field) {
  if (field.name.empty()) return false;
  if (!isPseudo(field)) return writeHeader(context, head.headers, field, self.maxValueBytes);
  const std::string_view value = pseudoHeader(head, field.name);
  if (value.empty()) return false;
  context.out.value(value, self.maxValueBytes, context.encoding);
  return true;
}

void writeMessageField(const Operator& self, LineContext& context, const http::MessageHead* head) {
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
  field.id = http::headerName(field.name);
  return field;
}

// `text` is "X", "X?Y", each perhaps with ":Z" after the parenthesis in `tail`.
base::Result<Operator> makeMessageOperator(bool request, std::string_view text, std::string_view tail) {
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
  const bool path = result.field.name == ":path" || result.fallback.name == ":path";
  result.maxValueBytes = path ? kMaxPathBytes : kMaxHeaderBytes;
  if (!tail.empty()) {
    const auto length = tail.front() == ':' ? base::parseDecimal(tail.substr(1)) : std::nullopt;
    if (!length || *length < kMinHeaderBytes || *length > kMaxLengthOption) {
      return refuse(fmt::format("expected a length such as \":100\", of {} to {}, after the parenthesis, got {}",
                                kMinHeaderBytes, kMaxLengthOption, config::quotedText(tail)));
    }
    result.maxValueBytes = static_cast<size_t>(*length);
  }
  result.maxBytes = result.maxValueBytes + kJoinReserve + kQuotes;
  result.write = request ? [](const Operator& self, LineContext& c) { writeMessageField(self, c, c.info.request); }
                         : [](const Operator& self, LineContext& c) { writeMessageField(self, c, c.info.response); };
  return result;
}

}  // namespace

std::string_view flagName(api::ResponseFlag flag) {
  const auto* const found =
      std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& row) { return row.bit == flag; });
  return found == kFlags.end() ? std::string_view() : found->name;
}

Operator makeLiteral(std::string text) {
  Operator result;
  result.maxBytes = text.size();
  result.literal = std::move(text);
  result.write = [](const Operator& self, LineContext& context) { context.out.raw(self.literal); };
  return result;
}

base::Result<Operator> makeOperator(std::string_view text) {
  const size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  if (name == "REQ" || name == "RESP") {
    const size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
      return refuse(fmt::format("expected a header name in parentheses after {}", name));
    }
    return makeMessageOperator(name == "REQ", text.substr(open + 1, close - open - 1), text.substr(close + 1));
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

}  // namespace headgate::filters::access_log
