#include "source/format/formatter.h"

#include <fmt/format.h>

#include <array>

#include "source/base/strings.h"
#include "source/config/utf8.h"
#include "source/format/json_text.h"

namespace headgate::format {
namespace {

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

std::string quotedKey(std::string_view key) {
  std::array<char, 256> text;
  return '"' + std::string(text.data(), escapeJson(text.data(), text.size(), key)) + '"';
}

// Where the operator that begins with the percent sign at `at` has its second one; what stands in parentheses may hold
// others: %START_TIME(%Y-%m-%d)%.
size_t operatorEnd(std::string_view format, size_t at) {
  const size_t stop = format.find_first_of("%(", at + 1);
  if (stop == std::string_view::npos || format[stop] == '%') return stop;
  const size_t close = format.find(')', stop);
  return close == std::string_view::npos ? format.find('%', at + 1) : format.find('%', close);
}

base::Result<Formatter> checked(Formatter&& formatter, base::Status status) {
  if (!status) return tl::unexpected<base::Error>(std::move(status.error()));
  return std::move(formatter);
}

}  // namespace

base::Result<Formatter> Formatter::line(std::string_view format) {
  if (config::hasControlCharacters(format)) return refuse("a format has no control characters; a newline is added");
  Formatter result;
  base::Status status = result.append(format, Encoding::Text);
  result.addLiteral("\n");
  if (status) status = result.close();
  return checked(std::move(result), std::move(status));
}

base::Result<Formatter> Formatter::jsonLine(std::span<const JsonField> fields) {
  Formatter result;
  std::string_view separator = "{";
  for (const auto& [key, value] : fields) {
    const bool whole = value.size() > 2 && value.front() == '%' && value.find('%', 1) == value.size() - 1;
    if (!whole) return refuse(fmt::format("{}: expected one operator such as \"%PROTOCOL%\"", quotedKey(key)));
    base::Result<Operator> piece = makeOperator(value.substr(1, value.size() - 2), Encoding::Json);
    if (!piece) return refuse(fmt::format("{}: {}", quotedKey(key), piece.error().message));
    result.addLiteral(fmt::format("{}{}:", separator, quotedKey(key)));
    result.add(std::move(*piece));
    separator = ",";
  }
  result.addLiteral(fields.empty() ? "{}\n" : "}\n");
  base::Status status = result.close();
  return checked(std::move(result), std::move(status));
}

base::Result<Formatter> Formatter::json(const config::Node& object, bool line) {
  Formatter result;
  base::Status status = result.appendJson(object);
  if (line) result.addLiteral("\n");
  if (status) status = result.close();
  return checked(std::move(result), std::move(status));
}

base::Result<Formatter> Formatter::body(std::string_view format, bool html) {
  Formatter result;
  base::Status status = result.append(format, html ? Encoding::Html : Encoding::Plain);
  if (status) status = result.close();
  return checked(std::move(result), std::move(status));
}

base::Result<Formatter> Formatter::headerValue(std::string_view format) {
  if (config::hasControlCharacters(format)) return refuse("a header value has no control characters");
  Formatter result;
  result.trim_ = true;
  base::Status status = result.append(base::trim(format), Encoding::Plain);
  if (status) status = result.close();
  return checked(std::move(result), std::move(status));
}

base::Status Formatter::appendJson(const config::Node& value) {
  switch (value.kind()) {
    case config::Node::Kind::Null: addLiteral("null"); return {};
    case config::Node::Kind::Boolean: addLiteral(value.boolean() ? "true" : "false"); return {};
    case config::Node::Kind::Number:
      addLiteral(value.integer() ? fmt::format("{}", *value.integer()) : fmt::format("{}", value.number()));
      return {};
    case config::Node::Kind::String: return appendJsonText(value.string());
    case config::Node::Kind::Array:
    case config::Node::Kind::Object: break;
  }
  std::string_view separator;
  addLiteral(value.isObject() ? "{" : "[");
  for (const config::Node& child : value.children()) {
    addLiteral(separator);
    if (value.isObject()) addLiteral(quotedKey(child.key()) + ':');
    const base::Status status = appendJson(child);
    if (!status && value.isObject())
      return refuse(fmt::format("{}: {}", quotedKey(child.key()), status.error().message));
    if (!status) return status;
    separator = ",";
  }
  addLiteral(value.isObject() ? "}" : "]");
  return {};
}

base::Status Formatter::appendJsonText(std::string_view format) {
  const bool whole = format.size() > 2 && format.front() == '%' && operatorEnd(format, 0) == format.size() - 1;
  if (!whole) {
    addLiteral("\"");
    base::Status status = append(format, Encoding::JsonText);
    addLiteral("\"");
    return status;
  }
  base::Result<Operator> piece = makeOperator(format.substr(1, format.size() - 2), Encoding::Json);
  if (!piece) return tl::unexpected<base::Error>(piece.error());
  add(std::move(*piece));
  return {};
}

base::Status Formatter::append(std::string_view format, Encoding encoding) {
  for (size_t at = 0; at < format.size();) {
    const size_t percent = std::min(format.find('%', at), format.size());
    const std::string_view literal = format.substr(at, percent - at);
    if (encoding == Encoding::JsonText) {
      std::string escaped(literal.size() * expansion(encoding) + 3, '\0');
      escaped.resize(static_cast<size_t>(escapeJson(escaped.data(), escaped.size(), literal) - escaped.data()));
      addLiteral(escaped);
    } else {
      addLiteral(literal);
    }
    at = percent;
    if (at == format.size()) break;
    const size_t end = operatorEnd(format, at);
    if (end == std::string_view::npos) return refuse(fmt::format("the % at byte {} has no second one", at + 1));
    if (end == at + 1) {
      addLiteral("%");
    } else {
      base::Result<Operator> piece = makeOperator(format.substr(at + 1, end - at - 1), encoding);
      if (!piece) return refuse(fmt::format("at byte {}: {}", at + 1, piece.error().message));
      add(std::move(*piece));
    }
    at = end + 1;
  }
  return {};
}

void Formatter::addLiteral(std::string_view text) {
  if (text.empty()) return;
  maxBytes_ += text.size();
  if (operators_.empty() || operators_.back().write != nullptr) operators_.push_back(makeLiteral({}));
  operators_.back().literal += text;
}

void Formatter::add(Operator piece) {
  maxBytes_ += piece.maxBytes;
  operators_.push_back(std::move(piece));
}

base::Status Formatter::close() const {
  if (maxBytes_ <= kMaxBytes) return {};
  return refuse(fmt::format("the text could have {} bytes, more than {}; limit headers with %REQ(NAME):LENGTH%",
                            maxBytes_, kMaxBytes));
}

size_t Formatter::write(char* to, const Facts& facts, StartTimeText& startTime) const {
  ValueWriter out(to, maxBytes_);
  Context context{facts, facts.info, startTime, out, Encoding::Text};
  for (const Operator& piece : operators_) {
    if (piece.write == nullptr) {
      out.raw(piece.literal);
    } else {
      context.encoding = piece.encoding;
      piece.write(piece, context);
    }
  }
  return out.size();
}

std::string_view Formatter::write(base::Arena& arena, const Facts& facts) const {
  if (operators_.empty()) return {};
  if (operators_.size() == 1 && operators_.front().write == nullptr) return operators_.front().literal;
  // Written here first: the arena would keep the room for the longest text, and take it from the heap.
  char room[kMaxBytes];
  StartTimeText startTime;
  const std::string_view text(room, write(room, facts, startTime));
  return arena.copy(trim_ ? base::trim(text) : text);
}

}  // namespace headgate::format
