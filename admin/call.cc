#include "admin/call.h"

#include <utility>

namespace headgate::admin {

void Call::answer(Answer head, Responder::Producer producer) {
  if (std::exchange(answered_, true)) return;
  if (entry_) {
    entry_->at = loop_.wallNow();
    entry_->status = head.status;
    entry_->note = std::move(note_);
    audit_.record(std::move(*entry_));
  }
  if (sink_ != nullptr) sink_->answer(std::move(head), std::move(producer));
}

void Responder::send(Answer answer) const { call_->answer(std::move(answer), nullptr); }
void Responder::stream(Answer head, Producer producer) const { call_->answer(std::move(head), std::move(producer)); }
void Responder::note(std::string text) const { call_->note(std::move(text)); }
bool Responder::wanted() const { return call_->attached(); }

}  // namespace headgate::admin
