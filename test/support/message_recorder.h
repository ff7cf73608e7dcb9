#pragma once
// What a codec tells a sink, as lines of text that tests compare.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "source/http/stream.h"

namespace headgate::test {

/// "name: value; name: value"
inline std::string fieldsText(const http::HeaderList& headers) {
  std::string text;
  for (const http::Header& header : headers) {
    if (!text.empty()) text += "; ";
    text.append(header.name).append(": ").append(header.value);
  }
  return text;
}

/// "POST example.org /path {a: b} length 5", "200 {a: b}", "GET h / {} upgrade websocket"
inline std::string headText(const http::MessageHead& head) {
  std::string text;
  if (head.status != 0) {
    text = std::to_string(head.status);
  } else {
    text.append(head.methodText).append(" ").append(head.authority).append(" ").append(head.path);
  }
  text += " {" + fieldsText(head.headers) + "}";
  if (head.isUpgrade()) text.append(" upgrade ").append(head.protocol);
  if (head.contentLength) text += " length " + std::to_string(*head.contentLength);
  return text;
}

/// Records every event of one message as a line: a head as `headText`, "informational ..." before it, "body ..." for
/// all pieces between two other events together, "trailers {...}", "end" (also after trailers), "reset <reason>",
/// "invalid <status> <reason>", "blocked", "writable". So the same message in other pieces gives the same lines.
class MessageRecorder final : public http::RequestSink {
 public:
  using Lines = std::vector<std::string>;

  void onInformational(http::MessageHead& head) override { add("informational " + headText(head)); }
  void onHead(http::MessageHead& head, bool end) override {
    expectsContinue = head.expectContinue;
    lines_.push_back(headText(head));
    ended(end);
  }
  void onData(base::Buffer& data, bool end) override {
    if (!data.empty()) {
      if (lines_.empty() || !lines_.back().starts_with("body ")) lines_.emplace_back("body ");
      lines_.back() += data.toString();
    }
    ended(end);
  }
  void onTrailers(http::HeaderList& trailers) override {
    lines_.push_back("trailers {" + fieldsText(trailers) + "}");
    ended(true);
  }
  void onReset(const base::Error& error) override {
    lastError = error;
    over = true;
    add("reset " + std::string(base::reasonToken(error.code)));
  }
  void onInvalidRequest(http::MessageHead& /*partial*/, const base::Error& error) override {
    lastError = error;
    over = true;
    add("invalid " + std::to_string(base::httpStatus(error.code)) + " " + std::string(base::reasonToken(error.code)));
  }
  void onWriteBlocked(bool blocked) override { add(blocked ? "blocked" : "writable"); }

  [[nodiscard]] const Lines& lines() const { return lines_; }

  /// Called after every event.
  std::function<void()> afterEvent;
  bool over = false;  ///< the message has ended, was reset or refused
  bool expectsContinue = false;
  base::Error lastError;

 private:
  void add(std::string line) {
    lines_.push_back(std::move(line));
    if (afterEvent) afterEvent();
  }
  void ended(bool end) {
    if (end) {
      lines_.emplace_back("end");
      over = true;
    }
    if (afterEvent) afterEvent();
  }

  Lines lines_;
};

}  // namespace headgate::test
