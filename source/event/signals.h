#pragma once
// Process signals as callbacks on the main loop.

#include <event2/event_struct.h>

#include <functional>
#include <memory>
#include <vector>

namespace headgate::event {

class Loop;

/// Delivers signals to one loop. One instance a process (libevent's limit). Main thread.
class Signals {
 public:
  explicit Signals(Loop& loop) : loop_(loop) {}
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void on(int signal, std::function<void()> callback);
  /// SIGPIPE is an error of write(), not a reason to die.
  static void ignorePipe();

 private:
  struct Entry {
    ::event event;
    std::function<void()> callback;
  };
  Loop& loop_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace headgate::event
