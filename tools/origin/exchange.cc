#include "tools/origin/exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/strings.h"

namespace headgate::origin {
namespace {

constexpr std::string_view kPaths = "try /ping /headers /echo /status/{code} /delay/{ms} /bytes/{n} /drip /close /fail\n";

constexpr uint64_t kMaxBytes = uint64_t{16} << 30;
constexpr uint64_t kNoNumber = UINT64_MAX;
constexpr uint64_t kMaxDelayMs = 60'000;
constexpr uint64_t kDripBytes = 10;
constexpr base::Duration kDripPause = std::chrono::milliseconds(100);
constexpr size_t kPiece = 32 * 1024;

void appendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  out += '"';
}

}  // namespace

Exchange::Exchange(base::Arena& arena, http::MessageWriter& writer, http::ServerSession& session, State& state)
    : arena_(arena),
      writer_(writer),
      session_(session),
      state_(state),
      timer_(session.loop().timers(), this, event::timerCallback<&Exchange::onTimer>) {}

void Exchange::onHead(http::MessageHead& head, bool end) {
  headOnly_ = head.method == http::Method::Head;
  if (head.expectContinue && !end) {
    http::MessageHead informational(arena_);
    informational.status = 100;
    writer_.writeInformational(informational);
  }
  route(head, end);
  if (end) requestEnded();
}

void Exchange::route(http::MessageHead& head, bool end) {
  const std::string_view path = head.pathWithoutQuery();
  const size_t slash = path.find('/', 1);
  const std::string_view word = path.substr(0, slash);
  const uint64_t number = slash == std::string_view::npos ? kNoNumber : base::parseDecimal(path.substr(slash + 1)).value_or(kNoNumber);

  if (path == "/") return answer(200, "text/plain", kPaths);
  if (path == "/ping") return state_.failing ? answer(503, "text/plain", "failing\n") : answer(200, "text/plain", "pong\n");
  if (path == "/headers") return answer(200, "application/json", headersAsJson(head));
  if (path == "/fail") {
    state_.failing = !state_.failing;
    return answer(200, "text/plain", state_.failing ? "failing\n" : "well\n");
  }
  if (path == "/close") {
    finish();
    return;
  }
  if (path == "/echo") {
    body_ = Body::Echo;
    return begin(200, head.headers.get(http::HeaderName::ContentType), end ? 0 : head.contentLength, end);
  }
  if (path == "/drip") {
    body_ = Body::Drip;
    remaining_ = kDripBytes;
    begin(200, "text/plain", kDripBytes, false);
    return timer_.after(kDripPause);
  }
  if (word == "/status" && number >= 200 && number <= 599) {
    const auto status = static_cast<uint16_t>(number);
    return status == 204 || status == 304 ? begin(status, {}, std::nullopt, true) : answer(status, "text/plain", fmt::format("{}\n", status));
  }
  if (word == "/delay" && number <= kMaxDelayMs) return timer_.after(std::chrono::milliseconds(std::max<uint64_t>(number, 1)));
  if (word == "/bytes" && number <= kMaxBytes) {
    body_ = Body::Bytes;
    remaining_ = number;
    begin(200, "application/octet-stream", number, number == 0);
    return produce();
  }
  answer(404, "text/plain", kPaths);
}

void Exchange::onInvalidRequest(http::MessageHead& /*partial*/, const base::Error& error) {
  answer(base::httpStatus(error.code), "text/plain", error.message + "\n");
  finish();
}

void Exchange::begin(uint16_t status, std::string_view type, std::optional<uint64_t> length, bool end) {
  auto* head = arena_.make<http::MessageHead>(arena_);
  head->status = status;
  head->contentLength = length;
  if (!type.empty()) head->headers.add(http::HeaderName::ContentType, type);
  head->headers.add("x-origin", state_.name);
  writer_.writeHead(*head, end || headOnly_);
  if (end || headOnly_) {
    responseComplete_ = true;
    if (requestComplete_) finish();
  }
}

void Exchange::answer(uint16_t status, std::string_view type, std::string_view body) {
  begin(status, type, body.size(), false);
  if (responseComplete_) return;
  base::Buffer data(session_.loop().slabs());
  data.append(body);
  writer_.writeData(data, true);
  responseComplete_ = true;
  if (requestComplete_) finish();
}

void Exchange::onData(base::Buffer& data, bool end) {
  if (finished_) return;
  if (body_ == Body::Echo && !responseComplete_) {
    writer_.writeData(data, end);
    responseComplete_ = end;
  } else {
    data.clear();
  }
  if (end) requestEnded();
}

void Exchange::onTrailers(http::HeaderList& trailers) {
  if (finished_) return;
  if (body_ == Body::Echo && !responseComplete_) {
    writer_.writeTrailers(trailers);
    responseComplete_ = true;
  }
  requestEnded();
}

void Exchange::requestEnded() {
  requestComplete_ = true;
  if (responseComplete_) finish();
}

void Exchange::onReset(const base::Error& /*error*/) { finish(); }

void Exchange::onWriteBlocked(bool blocked) {
  blocked_ = blocked;
  if (body_ == Body::Echo) writer_.setReading(!blocked);
  if (!blocked) produce();
}

void Exchange::produce() {
  if (body_ != Body::Bytes || blocked_ || responseComplete_ || finished_) return;
  base::Buffer data(session_.loop().slabs());
  const auto count = static_cast<size_t>(std::min<uint64_t>(remaining_, 4 * kPiece));
  const std::string piece(count, 'x');
  data.append(piece);
  remaining_ -= count;
  writer_.writeData(data, remaining_ == 0);
  if (remaining_ > 0) return timer_.after(base::Duration(1));  // the next piece in the next turn, unless the client is slow
  responseComplete_ = true;
  if (requestComplete_) finish();
}

void Exchange::onTimer() {
  if (finished_) return;
  switch (body_) {
    case Body::None: return answer(200, "text/plain", "here at last\n");
    case Body::Bytes: return produce();
    case Body::Echo: return;
    case Body::Drip: {
      base::Buffer data(session_.loop().slabs());
      data.append(".");
      writer_.writeData(data, --remaining_ == 0);
      if (remaining_ > 0) return timer_.after(kDripPause);
      responseComplete_ = true;
      if (requestComplete_) finish();
    }
  }
}

std::string Exchange::headersAsJson(const http::MessageHead& head) const {
  std::string json = "{\"method\":";
  appendJsonString(json, head.methodText);
  json += ",\"path\":";
  appendJsonString(json, head.path);
  json += ",\"host\":";
  appendJsonString(json, head.authority);
  json += ",\"origin\":";
  appendJsonString(json, state_.name);
  json += ",\"headers\":[";
  for (const http::Header& header : head.headers) {
    if (json.back() != '[') json += ',';
    json += '[';
    appendJsonString(json, header.name);
    json += ',';
    appendJsonString(json, header.value);
    json += ']';
  }
  return json + "]}\n";
}

void Exchange::finish() {
  if (finished_) return;
  finished_ = true;
  timer_.cancel();
  session_.loop().atTurnEnd(*this);
}

void Exchange::runAtTurnEnd() {
  writer_.release();
  this->~Exchange();  // the arena goes with the codec's stream
}

}  // namespace headgate::origin
