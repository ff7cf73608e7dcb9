#include "source/event/signals.h"

#include <event2/event.h>

#include <csignal>

#include "source/event/loop.h"

namespace headgate::event {

Signals::~Signals() {
  for (const auto& entry : entries_) event_del(&entry->event);
}

void Signals::on(int signal, std::function<void()> callback) {
  auto entry = std::make_unique<Entry>();
  entry->callback = std::move(callback);
  evsignal_assign(
      &entry->event, loop_.raw(), signal, [](int, short, void* self) { static_cast<Entry*>(self)->callback(); },
      entry.get());
  evsignal_add(&entry->event, nullptr);
  entries_.push_back(std::move(entry));
}

void Signals::ignorePipe() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace headgate::event
