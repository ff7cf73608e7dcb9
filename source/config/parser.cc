#include "source/config/parser.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "source/base/strings.h"

namespace headgate::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Numbers come as text and are converted here: RapidJSON's own exact conversion takes the logarithm of zero for
// "0e308".
constexpr unsigned kBaseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;

// The value of a number in the grammar of RFC 8259 section 6; nothing if it is too big. Correctly rounded; what is too
// small is 0.
std::optional<Node> readNumber(std::string_view text) {
  if (const std::optional<uint64_t> whole = base::parseDecimal(text)) return Node::makeInteger(*whole);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return Node::makeNumber(value);
  // The grammar is right, so only the range can be wrong; and big numbers with a negative exponent were refused by the
  // reader.
  const bool tooSmall = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos ||
                        text.starts_with("0.") || text.starts_with("-0.");
  if (tooSmall) return Node::makeNumber(0);
  return std::nullopt;
}

// Receives the events of the reader and builds the tree. The names of its event functions are RapidJSON's.
// A document that is being built is a stack of open arrays and objects; a value moves into its parent when it is
// complete.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, size_t start, const rapidjson::MemoryStream& stream, const ParseOptions& options)
      : text_(text), start_(start), stream_(stream), options_(options) {}

  bool Null() { return add(Node::makeNull(), here() - 4); }
  bool Bool(bool value) { return add(Node::makeBoolean(value), here() - (value ? 4 : 5)); }
  bool RawNumber(const char* /*text*/, rapidjson::SizeType /*size*/, bool /*copy*/) {
    const size_t start = numberStart();
    std::optional<Node> number = readNumber(text_.substr(start, here() - start));
    return number ? add(*std::move(number), start) : refuse(start, "a number too big");
  }
  // Never come, since numbers come as text; the reader wants them to exist.
  bool Int(int /*value*/) { return false; }
  bool Uint(unsigned /*value*/) { return false; }
  bool Int64(int64_t /*value*/) { return false; }
  bool Uint64(uint64_t /*value*/) { return false; }
  bool Double(double /*value*/) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return add(Node::makeString(std::string(text, size)), stringStart());
  }
  bool StartObject() { return open(Node::makeObject()); }
  bool EndObject(rapidjson::SizeType /*members*/) { return close(); }
  bool StartArray() { return open(Node::makeArray()); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return close(); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    pendingKey_.assign(text, size);
    pendingKeyOffset_ = stringStart();
    if (open_.back().keys.insert(pendingKey_).second) return true;
    return refuse(pendingKeyOffset_, fmt::format("duplicate key {}", quotedText(pendingKey_)));
  }

  [[nodiscard]] Node takeRoot() { return std::move(root_); }
  /// The reason for which an event function returned false; empty if none did.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] size_t refusalOffset() const { return refusalOffset_; }

 private:
  struct Open {
    Node node;
    std::unordered_set<std::string> keys;
  };

  [[nodiscard]] size_t here() const { return start_ + stream_.Tell(); }

  // The reader stands behind the value when it reports it. Back from the closing quote, every quote within the string
  // is escaped and so has an odd number of backslashes before it; the opening one has none, whatever comes before the
  // string.
  [[nodiscard]] size_t stringStart() const {
    size_t at = here() - 1;
    while (true) {
      at = text_.rfind('"', at - 1);
      size_t backslashes = 0;
      while (backslashes < at && text_[at - backslashes - 1] == '\\') ++backslashes;
      if (backslashes % 2 == 0) return at;
    }
  }

  [[nodiscard]] size_t numberStart() const {
    size_t at = here();
    const auto isPart = [](char c) {
      return base::isDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    };
    while (at > start_ && isPart(text_[at - 1])) --at;
    return at;
  }

  bool refuse(size_t offset, std::string message) {
    refusalOffset_ = offset;
    refusal_ = std::move(message);
    return false;
  }

  bool admit(Node& node, size_t offset) {
    if (++values_ > options_.maxValues)
      return refuse(offset, fmt::format("more than {} values in one document", options_.maxValues));
    node.setOffset(offset);
    if (!open_.empty() && open_.back().node.isObject()) node.setKey(std::move(pendingKey_), pendingKeyOffset_);
    return true;
  }

  bool place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().node.append(std::move(node));
    }
    return true;
  }

  bool add(Node node, size_t offset) { return admit(node, offset) && place(std::move(node)); }

  bool open(Node node) {
    if (open_.size() >= options_.maxDepth) {
      return refuse(here(), fmt::format("arrays and objects nested deeper than {}", options_.maxDepth));
    }
    if (!admit(node, here())) return false;
    open_.push_back({std::move(node), {}});
    return true;
  }

  bool close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    return place(std::move(node));
  }

  const std::string_view text_;
  const size_t start_;  ///< of the stream within the text
  const rapidjson::MemoryStream& stream_;
  const ParseOptions& options_;
  std::vector<Open> open_;
  Node root_;
  std::string pendingKey_;
  size_t pendingKeyOffset_ = 0;
  size_t values_ = 0;
  std::string refusal_;
  size_t refusalOffset_ = 0;
};

std::string describeSyntax(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorNone: return {};
    case rapidjson::kParseErrorDocumentEmpty: return "the document is empty; expected a JSON value";
    case rapidjson::kParseErrorDocumentRootNotSingular: return "expected the end of the document, got more text";
    case rapidjson::kParseErrorValueInvalid: return "expected a JSON value";
    case rapidjson::kParseErrorObjectMissName: return "expected a key in double quotes, or '}'";
    case rapidjson::kParseErrorObjectMissColon: return "expected ':' after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return "expected ',' or '}' after a member of an object";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return "expected ',' or ']' after an element of an array";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex: return "expected four hexadecimal digits after \\u";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid: return "a \\u escape that is half of a surrogate pair";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "unknown escape in a string; known: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u";
    case rapidjson::kParseErrorStringMissQuotationMark: return "a string without its closing quote";
    case rapidjson::kParseErrorStringInvalidEncoding: return "a string with a control character or malformed UTF-8";
    case rapidjson::kParseErrorNumberTooBig: return "a number too big";
    case rapidjson::kParseErrorNumberMissFraction: return "expected a digit after the decimal point";
    case rapidjson::kParseErrorNumberMissExponent: return "expected a digit in the exponent";
    case rapidjson::kParseErrorTermination:
    case rapidjson::kParseErrorUnspecificSyntaxError: return "a comment that does not end, or a stray '/'";
  }
  return "malformed JSON";
}

template <unsigned kFlags>
rapidjson::ParseResult readWith(rapidjson::MemoryStream& stream, TreeBuilder& builder) {
  rapidjson::Reader reader;
  return reader.Parse<kBaseFlags | kFlags>(stream, builder);
}

rapidjson::ParseResult read(rapidjson::MemoryStream& stream, TreeBuilder& builder, const ParseOptions& options) {
  constexpr unsigned kComments = rapidjson::kParseCommentsFlag;
  constexpr unsigned kCommas = rapidjson::kParseTrailingCommasFlag;
  if (options.comments && options.trailingCommas) return readWith<kComments | kCommas>(stream, builder);
  if (options.comments) return readWith<kComments>(stream, builder);
  if (options.trailingCommas) return readWith<kCommas>(stream, builder);
  return readWith<0>(stream, builder);
}

}  // namespace

std::optional<Node> parseJson(std::string_view text, const ParseOptions& options, Errors& errors) {
  if (text.size() > options.maxBytes) {
    errors.addAt(0, {}, fmt::format("the document has {} bytes; at most {} are read", text.size(), options.maxBytes));
    return std::nullopt;
  }
  // RapidJSON takes a NUL for the end of the text and would not see what follows it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    errors.addAt(nul, {}, "a NUL byte, which no JSON document has");
    return std::nullopt;
  }
  const size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  rapidjson::MemoryStream stream(text.data() + start, text.size() - start);
  TreeBuilder builder(text, start, stream, options);
  const rapidjson::ParseResult result = read(stream, builder, options);
  if (!result.IsError()) return builder.takeRoot();
  if (!builder.refusal().empty()) {
    errors.addAt(builder.refusalOffset(), {}, builder.refusal());
  } else {
    errors.addAt(start + result.Offset(), {}, describeSyntax(result.Code()));
  }
  return std::nullopt;
}

std::optional<Node> parseJsonc(std::string_view text, Errors& errors) { return parseJson(text, kConfigFile, errors); }

}  // namespace headgate::config
