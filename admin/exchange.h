#pragma once
// One request to the admin listener, from its head to the last byte of its answer.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/access.h"
#include "admin/call.h"
#include "admin/route_table.h"
#include "source/event/timer.h"
#include "source/http/server_session.h"
#include "source/http/stream.h"

namespace headgate::admin {

/// What the exchanges of a listener share; outlives them.
struct Gate {
  const RouteTable& routes;
  Authenticator& authenticator;
  AuditLog& audit;
};

/// Checks in this order: where the request comes from (Host, Origin), who sends it, whether there is such an operation,
/// whether he may use it, its query, its body. Then the handler runs. Lives in the arena of its stream and ends itself.
/// Main thread.
///
///   Checking ──head is fine──▶ Receiving ──last byte──▶ Handling ──answer──▶ Sending ──last byte──▶ Done
///      └───────refused────────────┴──refused, late, too large───────────────────▲    └──reset──▶ Done
class Exchange final : public http::RequestSink, private AnswerSink, private event::TurnTask {
 public:
  /// No byte of a body for so long, or not all of it for so long: 408.
  static constexpr base::Duration kBodyIdle = std::chrono::seconds(10);
  static constexpr base::Duration kBodyTotal = std::chrono::seconds(120);

  Exchange(base::Arena& arena, http::MessageWriter& writer, http::ServerSession& session, Gate& gate);

  // http::RequestSink
  void onHead(http::MessageHead& head, bool end) override;
  void onInvalidRequest(http::MessageHead& partial, const base::Error& error) override;
  void onData(base::Buffer& data, bool end) override;
  void onTrailers(http::HeaderList& trailers) override;
  void onReset(const base::Error& error) override;
  void onWriteBlocked(bool blocked) override;

 private:
  enum class State : uint8_t { Checking, Receiving, Handling, Sending, Done };
  ~Exchange() = default;

  /// Finds the operation; the answer if the request must not have one.
  [[nodiscard]] std::optional<Answer> check(const http::MessageHead& head);
  [[nodiscard]] std::optional<Answer> checkQuery() const;
  [[nodiscard]] std::optional<Answer> checkBody(const http::MessageHead& head, bool end) const;
  [[nodiscard]] uint64_t bodyLimit() const { return route_->body == BodyKind::Lines ? kMaxLines : kMaxBody; }
  void expectBody(const http::MessageHead& head);
  void take(std::string_view bytes);
  void requestEnded();
  void refuse(Answer answer) { call_->answer(std::move(answer), nullptr); }

  // AnswerSink
  void answer(Answer head, Responder::Producer producer) override;
  void pump();
  void pumpSoon();
  void write(std::string_view bytes, bool end);
  void finish();
  void onBodyIdle();
  void onBodyLate();
  void runAtTurnEnd() override;

  base::Arena& arena_;
  http::MessageWriter& writer_;
  http::ServerSession& session_;
  Gate& gate_;
  std::shared_ptr<Call> call_;
  const Route* route_ = nullptr;
  Request request_;
  std::unique_ptr<BodyReceiver> receiver_;
  event::Timer idleTimer_;
  event::Timer totalTimer_;
  std::string body_;  ///< of the answer, what has not been written
  size_t written_ = 0;
  Responder::Producer producer_;
  uint64_t received_ = 0;
  State state_ = State::Checking;
  bool requestComplete_ = false;
  bool headOnly_ = false;
  bool blocked_ = false;
  bool pumping_ = false;  ///< a next piece is due in the next turn
};

}  // namespace headgate::admin
