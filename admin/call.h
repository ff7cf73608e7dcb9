#pragma once
// What is left of a request while its answer is awaited: shared by the exchange and every responder.

#include <optional>
#include <string>

#include "admin/audit_log.h"
#include "admin/responder.h"
#include "source/event/loop.h"

namespace headgate::admin {

/// Where an answer goes.
class AnswerSink {
 public:
  virtual void answer(Answer head, Responder::Producer producer) = 0;

 protected:
  ~AnswerSink() = default;
};

/// One call of an operation. Outlives its exchange when the caller leaves: what was done must still reach the audit
/// log. Main thread.
class Call {
 public:
  Call(AnswerSink& sink, AuditLog& audit, event::Loop& loop) : sink_(&sink), audit_(audit), loop_(loop) {}

  /// From now on the answer leaves an audit line with these facts; its status and note are filled in by the answer.
  void audited(AuditEntry entry) { entry_ = std::move(entry); }
  void note(std::string text) { note_ = std::move(text); }
  void answer(Answer head, Responder::Producer producer);

  /// The caller has gone.
  void detach() { sink_ = nullptr; }
  [[nodiscard]] bool attached() const { return sink_ != nullptr; }

 private:
  AnswerSink* sink_;
  AuditLog& audit_;
  event::Loop& loop_;
  std::optional<AuditEntry> entry_;
  std::string note_;
  bool answered_ = false;
};

}  // namespace headgate::admin
