#include "filters/access_log/formatter.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "source/config/utf8.h"
#include "source/log/log_buffer.h"

namespace headgate::filters::access_log {
namespace {

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

std::string quotedKey(std::string_view key) {
  std::array<char, 256> text;
  return '"' + std::string(text.data(), escapeJson(text.data(), text.size(), key)) + '"';
}

}  // namespace

base::Result<Formatter> Formatter::text(std::string_view format) {
  if (config::hasControlCharacters(format)) return refuse("a format has no control characters; a newline is added");
  Formatter result(Encoding::Text);
  std::string literal;
  for (size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      literal += format[at++];
      continue;
    }
    const size_t end = format.find('%', at + 1);
    if (end == std::string_view::npos) return refuse(fmt::format("the % at byte {} has no second one", at + 1));
    if (end == at + 1) {
      literal += '%';
    } else {
      base::Result<Operator> piece = makeOperator(format.substr(at + 1, end - at - 1));
      if (!piece) return refuse(fmt::format("at byte {}: {}", at + 1, piece.error().message));
      if (!literal.empty()) result.add(makeLiteral(std::exchange(literal, {})));
      result.add(std::move(*piece));
    }
    at = end + 1;
  }
  const base::Status closed = result.close(literal + "\n");
  if (!closed) return tl::unexpected<base::Error>(closed.error());
  return result;
}

base::Result<Formatter> Formatter::json(std::span<const JsonField> fields) {
  Formatter result(Encoding::Json);
  std::string_view separator = "{";
  for (const auto& [key, value] : fields) {
    const bool whole = value.size() > 2 && value.front() == '%' && value.find('%', 1) == value.size() - 1;
    if (!whole) return refuse(fmt::format("{}: expected one operator such as \"%PROTOCOL%\"", quotedKey(key)));
    base::Result<Operator> piece = makeOperator(value.substr(1, value.size() - 2));
    if (!piece) return refuse(fmt::format("{}: {}", quotedKey(key), piece.error().message));
    result.add(makeLiteral(fmt::format("{}{}:", separator, quotedKey(key))));
    result.add(std::move(*piece));
    separator = ",";
  }
  const base::Status closed = result.close(fields.empty() ? "{}\n" : "}\n");
  if (!closed) return tl::unexpected<base::Error>(closed.error());
  return result;
}

void Formatter::add(Operator piece) {
  maxBytes_ += piece.maxBytes;
  operators_.push_back(std::move(piece));
}

base::Status Formatter::close(std::string_view ending) {
  add(makeLiteral(std::string(ending)));
  if (maxBytes_ <= log::kMaxLineBytes) return {};
  return refuse(fmt::format("a line could have {} bytes, more than {}; limit headers with %REQ(NAME):LENGTH%",
                            maxBytes_, log::kMaxLineBytes));
}

size_t Formatter::write(char* to, const api::StreamInfo& info, StartTimeText& startTime) const {
  LineWriter out(to, maxBytes_);
  LineContext context{info, startTime, encoding_, out};
  for (const Operator& piece : operators_) piece.write(piece, context);
  return out.size();
}

}  // namespace headgate::filters::access_log
