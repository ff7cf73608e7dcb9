#include "source/format/message_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
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
constexpr size_t kMaxLength = 8192;  // that can be asked for; also of what goes into headers and bodies
constexpr size_t kQuotes = 2;
constexpr size_t kJoinReserve = 4;  // the comma and the "..." of a list that is cut

bool json(const Context& context) { return context.encoding == Encoding::Json; }

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

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

void writeTrailer(const Operator& self, Context& context) {
  const http::HeaderList* trailers = context.info.responseTrailers;
  if (trailers != nullptr && writeHeader(self, context, *trailers, self.field)) return;
  const bool second = trailers != nullptr && !self.fallback.name.empty();
  if (second && writeHeader(self, context, *trailers, self.fallback)) return;
  context.out.unset(context.encoding);
}

Operator::Write writerOf(Part part) {
  switch (part) {
    case Part::Request: return [](const Operator& self, Context& c) { writeMessageField(self, c, c.facts.request); };
    case Part::Response: return [](const Operator& self, Context& c) { writeMessageField(self, c, c.facts.response); };
    case Part::Trailers: return writeTrailer;
  }
  return writeTrailer;
}

base::Result<FieldName> parseField(std::string_view text, Part part) {
  FieldName field;
  std::transform(text.begin(), text.end(), std::back_inserter(field.name), base::lower);
  if (isPseudo(field)) {
    const bool known =
        field.name == ":method" || field.name == ":path" || field.name == ":authority" || field.name == ":scheme";
    if (part != Part::Request || !known) {
      return refuse(fmt::format("{} is none of the fields :METHOD, :PATH, :AUTHORITY and :SCHEME of a request",
                                config::quotedText(text)));
    }
  }
  const bool token = std::all_of(field.name.begin(), field.name.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '(' && c != ')'; });
  if (field.name.empty() || !token)
    return refuse(fmt::format("expected a header name, got {}", config::quotedText(text)));
  if (part == Part::Request && field.name == "host") field.name = ":authority";  // where the codecs put it
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

}  // namespace

base::Result<Operator> makeMessageOperator(Part part, std::string_view fields, std::string_view tail,
                                           Encoding encoding) {
  Operator result;
  const size_t mark = fields.find('?');
  base::Result<FieldName> field = parseField(fields.substr(0, mark), part);
  if (!field) return tl::unexpected<base::Error>(field.error());
  result.field = std::move(*field);
  if (mark != std::string_view::npos) {
    base::Result<FieldName> fallback = parseField(fields.substr(mark + 1), part);
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
  result.write = writerOf(part);
  return result;
}

}  // namespace headgate::format
