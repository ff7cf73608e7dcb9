#include "source/http/h1/writer.h"

#include <charconv>

namespace headgate::http::h1 {
namespace {

/// Writes pieces of text into contiguous reserved space: one bounds check a head instead of one a piece.
class Cursor {
 public:
  Cursor(base::Buffer& out, size_t bytes) : out_(out), direct_(bytes <= base::SlabPool::kSmallBytes) {
    if (direct_) start_ = at_ = out.reserve(bytes);
  }
  ~Cursor() {
    if (direct_) out_.commit(static_cast<size_t>(at_ - start_));
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  void put(std::string_view text) {
    if (!direct_) return out_.append(text);
    at_ += text.copy(at_, text.size());  // memcpy would not take the null pointer of an empty view
  }
  void put(uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    put(std::string_view(digits, static_cast<size_t>(end - digits)));
  }

 private:
  base::Buffer& out_;
  bool direct_;
  char* start_ = nullptr;
  char* at_ = nullptr;
};

constexpr size_t kFixedBytes = 256;  // status line, framing fields and line ends around the variable parts

size_t fieldBytes(const HeaderList& headers) {
  size_t bytes = 0;
  for (const Header& header : headers) bytes += header.name.size() + header.value.size() + 4;
  return bytes;
}

// "Content-Length" for "content-length", as old programs that compare names byte by byte expect it.
void putCapitalized(Cursor& to, std::string_view lowerName) {
  bool startsWord = true;
  for (const char c : lowerName) {
    const char capital = startsWord && c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
    to.put(std::string_view(&capital, 1));
    startsWord = c == '-';
  }
}

/// Writes field lines in lower case, or with names as they came.
class FieldWriter {
 public:
  FieldWriter(Cursor& to, bool keepCase) : to_(to), keepCase_(keepCase) {}

  template <typename Value>
  void line(std::string_view lowerName, Value value) {
    keepCase_ ? putCapitalized(to_, lowerName) : to_.put(lowerName);
    rest(value);
  }
  void list(const HeaderList& headers) {
    for (const Header& header : headers) {
      if (keepCase_ && header.spelling != 0) {
        to_.put({header.name.data() + header.spelling, header.name.size()});
        rest(header.value);
      } else {
        line(header.name, header.value);
      }
    }
  }

 private:
  template <typename Value>
  void rest(Value value) {
    to_.put(": ");
    to_.put(value);
    to_.put("\r\n");
  }

  Cursor& to_;
  bool keepCase_;
};

void putUpgrade(FieldWriter& to, const MessageHead& head) {
  to.line("connection", std::string_view("upgrade"));
  to.line("upgrade", head.protocol);
}

void putFraming(FieldWriter& to, OutFraming framing, bool declareLength, const MessageHead& head) {
  switch (framing) {
    case OutFraming::None:
      if (!declareLength) return;
      [[fallthrough]];
    case OutFraming::ContentLength: return to.line("content-length", head.contentLength.value_or(0));
    case OutFraming::Chunked: return to.line("transfer-encoding", std::string_view("chunked"));
    case OutFraming::UntilClose: return;
  }
}

}  // namespace

void writeRequestHead(base::Buffer& out, const MessageHead& head, OutFraming framing, std::string_view webSocketKey) {
  Cursor to(out, kFixedBytes + head.methodText.size() + head.path.size() + head.authority.size() +
                     head.protocol.size() + fieldBytes(head.headers));
  to.put(head.methodText);
  to.put(" ");
  to.put(head.path);
  to.put(" HTTP/1.1\r\n");
  FieldWriter fields(to, head.keepCase);
  fields.line("host", head.authority);
  fields.list(head.headers);
  if (head.isUpgrade()) putUpgrade(fields, head);
  if (!webSocketKey.empty()) fields.line("sec-websocket-key", webSocketKey);
  putFraming(fields, framing, false, head);
  to.put("\r\n");
}

void writeResponseHead(base::Buffer& out, const MessageHead& head, OutFraming framing, bool declareLength,
                       std::string_view connection, bool keepCase) {
  Cursor to(out, kFixedBytes + connection.size() + head.protocol.size() + fieldBytes(head.headers));
  to.put("HTTP/1.1 ");
  to.put(uint64_t{head.status});
  to.put(" ");
  to.put(reasonPhrase(head.status));
  to.put("\r\n");
  FieldWriter fields(to, keepCase);
  fields.list(head.headers);
  putFraming(fields, framing, declareLength, head);
  if (head.isUpgrade()) {
    putUpgrade(fields, head);
  } else if (!connection.empty()) {
    fields.line("connection", connection);
  }
  to.put("\r\n");
}

void writeChunk(base::Buffer& out, base::Buffer& data) {
  if (data.empty()) return;
  char size[18];
  const auto end = std::to_chars(size, size + 16, data.size(), 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  out.append(std::string_view(size, static_cast<size_t>(end + 2 - size)));
  out.append(data);
  out.append("\r\n");
}

void writeLastChunk(base::Buffer& out, const HeaderList* trailers, bool keepCase) {
  if (trailers == nullptr || trailers->empty()) return out.append("0\r\n\r\n");
  Cursor to(out, kFixedBytes + fieldBytes(*trailers));
  to.put("0\r\n");
  FieldWriter(to, keepCase).list(*trailers);
  to.put("\r\n");
}

std::string_view reasonPhrase(uint16_t status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 102: return "Processing";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 511: return "Network Authentication Required";
    default: return "Unknown";
  }
}

}  // namespace headgate::http::h1
