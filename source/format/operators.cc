#include "source/format/operators.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <utility>

#include "source/base/strings.h"
#include "source/config/errors.h"
#include "source/format/message_fields.h"

namespace headgate::format {
namespace {

// Bounds of values in bytes of output; what is cut shows "...".
constexpr size_t kMaxHostBytes = 160;   // a Unix socket's path has 108
constexpr size_t kMaxTokenBytes = 128;  // reason tokens
constexpr size_t kMaxNameBytes = 256;   // clusters; the config allows 128 bytes, which escaping may lengthen
constexpr size_t kMaxAttempts = 16;     // listed; the config allows 11
constexpr size_t kMaxAttemptBytes = kMaxHostBytes + kMaxTokenBytes + 32;
constexpr size_t kQuotes = 2;
constexpr size_t kMaxMillisecondsBytes = kMaxIntegerBytes + 4;
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxClientIdBytes = 1024;  // 256, which escaping may lengthen

struct Flag {
  api::ResponseFlag bit;
  std::string_view name;
  std::string_view longName;
};

constexpr std::array<Flag, 15> kFlags{{
    {api::kNoHealthyUpstream, "UH", "NoHealthyUpstream"},
    {api::kUpstreamConnectionFailure, "UF", "UpstreamConnectionFailure"},
    {api::kUpstreamOverflow, "UO", "UpstreamOverflow"},
    {api::kUpstreamRequestTimeout, "UT", "UpstreamRequestTimeout"},
    {api::kUpstreamConnectionTermination, "UC", "UpstreamConnectionTermination"},
    {api::kUpstreamRetryLimitExceeded, "URX", "UpstreamRetryLimitExceeded"},
    {api::kUpstreamProtocolError, "UPE", "UpstreamProtocolError"},
    {api::kNoRouteFound, "NR", "NoRouteFound"},
    {api::kNoClusterFound, "NC", "NoClusterFound"},
    {api::kDownstreamConnectionTermination, "DC", "DownstreamConnectionTermination"},
    {api::kDownstreamProtocolError, "DPE", "DownstreamProtocolError"},
    {api::kStreamIdleTimeout, "SI", "StreamIdleTimeout"},
    {api::kRateLimited, "RL", "RateLimited"},
    {api::kOverload, "OM", "OverloadManagerTerminated"},
    {api::kDurationTimeout, "DT", "DurationTimeout"},
}};
constexpr size_t kMaxFlagsBytes = kFlags.size() * 6 + 2;  // ["UPE",...]
constexpr size_t kMaxLongFlagsBytes = kFlags.size() * 34 + 2;

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

template <std::string_view Flag::*kName>
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
    out.raw(flag.*kName);
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

// While the exchange runs, the status is that of the head at hand.
uint16_t statusOf(const Context& context) {
  if (context.info.status != 0 || context.facts.response == nullptr) return context.info.status;
  return context.facts.response->status;
}

base::MonotonicTime endOf(const Context& context) {
  return context.info.end != 0 ? context.info.end : context.facts.now;
}

// Why the client's side came to its end, where it did so badly.
std::string_view terminationOf(const api::StreamInfo& info) {
  constexpr uint32_t kBad = api::kDownstreamConnectionTermination | api::kDownstreamProtocolError;
  return (info.flags & kBad) != 0 ? info.details : std::string_view();
}

void writeAddress(Context& context, const net::IpAddress& address, std::string_view text) {
  char room[kMaxHostBytes];
  if (address.empty()) return context.out.value(text, kMaxHostBytes, context.encoding);  // a Unix socket's peer
  const bool v6 = text.find(':') != std::string_view::npos;
  const auto end =
      fmt::format_to_n(room, sizeof(room), "{}{}{}:{}", v6 ? "[" : "", text, v6 ? "]" : "", address.port());
  context.out.value({room, std::min(end.size, sizeof(room))}, kMaxHostBytes, context.encoding);
}

// grpc-status stands in the trailers, or in the head of a response that has nothing else.
std::string_view grpcStatusOf(const Context& context) {
  constexpr std::string_view kName = "grpc-status";
  std::string_view status;
  if (context.info.responseTrailers != nullptr) status = context.info.responseTrailers->get(kName);
  if (status.empty() && context.facts.response != nullptr) status = context.facts.response->headers.get(kName);
  return status;
}

// The names of https://grpc.github.io/grpc/core/md_doc_statuscodes.html.
constexpr std::string_view kGrpcNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

void writeGrpcStatus(const Operator&, Context& context) {
  const std::string_view status = grpcStatusOf(context);
  const std::optional<uint64_t> number = base::parseDecimal(status);
  const bool known = number && *number < std::size(kGrpcNames);
  context.out.value(known ? kGrpcNames[*number] : status, kMaxTokenBytes, context.encoding);
}

void writeGrpcNumber(const Operator&, Context& context) {
  const std::optional<uint64_t> number = base::parseDecimal(grpcStatusOf(context));
  number ? context.out.integer(*number) : context.out.unset(context.encoding);
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
    {"RESPONSE_CODE", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(statusOf(c)); }},
    {"RESPONSE_CODE_DETAILS", kMaxTokenBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.details, kMaxTokenBytes, c.encoding); }},
    {"RESPONSE_FLAGS", kMaxFlagsBytes, writeFlags<&Flag::name>},
    {"RESPONSE_FLAGS_LONG", kMaxLongFlagsBytes, writeFlags<&Flag::longName>},
    {"BYTES_RECEIVED", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.bytesReceived); }},
    {"BYTES_SENT", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.bytesSent); }},
    {"DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.start, endOf(c)); }},
    {"REQUEST_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.start, c.info.requestComplete); }},
    {"RESPONSE_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.start, c.info.responseHead); }},
    {"UPSTREAM_SERVICE_TIME", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.upstreamStart, c.info.responseHead); }},
    {"REQUEST_TX_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.start, c.info.requestSent); }},
    {"RESPONSE_TX_DURATION", kMaxMillisecondsBytes,
     [](const Operator&, Context& c) { writeMilliseconds(c, c.info.responseHead, endOf(c)); }},
    {"REQUEST_HEADERS_BYTES", kMaxIntegerBytes,
     [](const Operator&, Context& c) { c.out.integer(c.facts.request == nullptr ? 0 : c.facts.request->wireBytes); }},
    {"UPSTREAM_PROTOCOL", 16 + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.upstreamProtocol, 16, c.encoding); }},
    {"UPSTREAM_REMOTE_ADDRESS", kMaxHostBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.upstreamHost, kMaxHostBytes, c.encoding); }},
    {"UPSTREAM_TRANSPORT_FAILURE_REASON", kMaxMessageBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.upstreamFailure, kMaxMessageBytes, c.encoding); }},
    {"CONNECTION_TERMINATION_DETAILS", kMaxTokenBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(terminationOf(c.info), kMaxTokenBytes, c.encoding); }},
    {"DOWNSTREAM_REMOTE_ADDRESS", kMaxHostBytes + kQuotes,
     [](const Operator&, Context& c) { writeAddress(c, c.info.client, c.info.clientText); }},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", kMaxHostBytes + kQuotes,
     [](const Operator&, Context& c) { writeAddress(c, c.info.peer, c.info.peerText); }},
    {"GRPC_STATUS", kMaxTokenBytes + kQuotes, writeGrpcStatus},
    {"GRPC_STATUS_NUMBER", kMaxIntegerBytes, writeGrpcNumber},
    {"LOCAL_REPLY_BODY", kMaxMessageBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.facts.message, kMaxMessageBytes, c.encoding); }},
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
    {"CLIENT_ID", kMaxClientIdBytes + kQuotes,
     [](const Operator&, Context& c) { c.out.value(c.info.clientId, kMaxClientIdBytes, c.encoding); }},
    {"RATE_LIMIT", kMaxTokenBytes + kQuotes,
     [](const Operator&, Context& c) {
       c.out.value(api::limitDecisionName(c.info.limit), kMaxTokenBytes, c.encoding);
     }},
    {"CONNECTION_ID", kMaxIntegerBytes, [](const Operator&, Context& c) { c.out.integer(c.info.connectionId); }},
};

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

// START_TIME, or START_TIME(%Y-%m-%d).
base::Result<Operator> makeStartTime(std::string_view pattern) {
  base::Result<TimePattern> compiled = TimePattern::parse(pattern);
  if (!compiled) return tl::unexpected<base::Error>(compiled.error());
  Operator result;
  result.maxBytes = compiled->maxBytes() * expansion(Encoding::Json) + kQuotes;
  result.time = std::make_shared<const TimePattern>(std::move(*compiled));
  result.write = [](const Operator& self, Context& c) {
    char room[TimePattern::kMaxBytes];
    const std::string_view text(room, self.time->write(room, c.info.startWall));
    c.out.value(text, self.maxBytes - kQuotes, c.encoding);
  };
  return result;
}

base::Result<Operator> makeHostName(Encoding encoding) {
  char name[HOST_NAME_MAX + 1] = {};
  (void)gethostname(name, HOST_NAME_MAX);
  Operator result;
  result.maxBytes = kMaxNameBytes + kQuotes;
  result.field.name = name;
  result.write = [](const Operator& self, Context& c) { c.out.value(self.field.name, kMaxNameBytes, c.encoding); };
  result.encoding = encoding;
  return result;
}

base::Result<Operator> parseOperator(std::string_view text, Encoding encoding) {
  const size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  const bool hasArgument = open != std::string_view::npos;
  if (name == "REQ" || name == "RESP" || name == "TRAILER") {
    const size_t close = text.rfind(')');
    if (!hasArgument || close == std::string_view::npos || close < open) {
      return refuse(fmt::format("expected a header name in parentheses after {}", name));
    }
    const Part part = name == "REQ" ? Part::Request : name == "RESP" ? Part::Response : Part::Trailers;
    return makeMessageOperator(part, text.substr(open + 1, close - open - 1), text.substr(close + 1), encoding);
  }
  if (name == "START_TIME" && hasArgument && text.ends_with(')')) {
    return makeStartTime(text.substr(open + 1, text.size() - open - 2));
  }
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    if (hasArgument) return refuse(fmt::format("{} takes nothing in parentheses", name));
    Operator result;
    result.maxBytes = std::max<size_t>(row.maxBytes, 4);  // null
    result.write = row.write;
    return result;
  }
  if (text == "HOSTNAME") return makeHostName(encoding);
  return refuse(fmt::format("unknown operator {}", config::quotedText(name)));
}

}  // namespace

uint32_t flagOf(std::string_view name) {
  const auto* const found =
      std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& row) { return row.name == name; });
  return found == kFlags.end() ? 0 : static_cast<uint32_t>(found->bit);
}

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
