#pragma once
// One request to the demo origin and its answer.

#include <optional>
#include <string>
#include <string_view>

#include "source/event/timer.h"
#include "source/http/server_session.h"
#include "source/http/stream.h"

namespace headgate::origin {

/// What the exchanges of one origin share. Loop thread.
struct State {
  std::string name;      ///< goes out as X-Origin
  bool failing = false;  ///< /ping answers 503; toggled by /fail
};

/// Answers in the arena of its stream, without a filter chain: the smallest user of the HTTP stack.
///   /ping         200 "pong", or 503 while failing       /headers      the request's fields as JSON
///   /echo         the request body                       /status/{n}   that status (200..599)
///   /delay/{ms}   200 after so long (at most 60000)      /bytes/{n}    n bytes (at most 16 GiB)
///   /drip         ten bytes, one every 100 ms            /close        ends the connection without an answer
///   /fail         toggles /ping                          anything else 404
class Exchange final : public http::RequestSink, private event::TurnTask {
 public:
  Exchange(base::Arena& arena, http::MessageWriter& writer, http::ServerSession& session, State& state);

  void onHead(http::MessageHead& head, bool end) override;
  void onInvalidRequest(http::MessageHead& partial, const base::Error& error) override;
  void onData(base::Buffer& data, bool end) override;
  void onTrailers(http::HeaderList& trailers) override;
  void onReset(const base::Error& error) override;
  void onWriteBlocked(bool blocked) override;

 private:
  enum class Body : uint8_t { None, Echo, Bytes, Drip };
  ~Exchange() = default;

  void route(http::MessageHead& head, bool end);
  void answer(uint16_t status, std::string_view type, std::string_view body);
  void begin(uint16_t status, std::string_view type, std::optional<uint64_t> length, bool end);
  void produce();
  void onTimer();
  void requestEnded();
  void finish();
  void runAtTurnEnd() override;
  [[nodiscard]] std::string headersAsJson(const http::MessageHead& head) const;

  base::Arena& arena_;
  http::MessageWriter& writer_;
  http::ServerSession& session_;
  State& state_;
  event::Timer timer_;
  uint64_t remaining_ = 0;  ///< of /bytes and /drip
  Body body_ = Body::None;
  bool headOnly_ = false;
  bool blocked_ = false;
  bool requestComplete_ = false;
  bool responseComplete_ = false;
  bool finished_ = false;
};

}  // namespace headgate::origin
