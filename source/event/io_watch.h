#pragma once
// Readiness of one file descriptor.

#include <event2/event_struct.h>

#include <cstdint>

namespace headgate::event {

class Loop;

enum Readiness : uint8_t {
  kReadable = 1,
  kWritable = 2,
  /// Alone only: the descriptor may have an error to tell. Edge-triggered, so that bytes which nobody reads do not
  /// report again and again; they do report once as they arrive, so look whether there is an error.
  kError = 4
};

/// Interest in one descriptor, which the watch does not own (close it after the watch is gone or off); level-triggered
/// but for kError. Changes within a turn are merged into one epoll_ctl.
class IoWatch {
 public:
  using Callback = void (*)(void* self, uint8_t readiness);

  IoWatch(Loop& loop, int fd, void* self, Callback callback);
  ~IoWatch();
  IoWatch(const IoWatch&) = delete;
  IoWatch& operator=(const IoWatch&) = delete;

  /// Which readiness to report: a set of Readiness bits, 0 = none. The descriptor is then not in the epoll set at all.
  void want(uint8_t readiness);
  [[nodiscard]] uint8_t wanted() const { return wanted_; }

 private:
  static void trampoline(int fd, short what, void* self);

  ::event event_;
  Loop& loop_;
  void* self_;
  Callback callback_;
  uint8_t wanted_ = 0;
};

/// Makes the callback of a member function `void T::method(uint8_t readiness)`.
namespace detail {
template <typename T>
T* ioClassOf(void (T::*)(uint8_t));
}
template <auto Method>
void ioCallback(void* self, uint8_t readiness) {
  auto* object = static_cast<decltype(detail::ioClassOf(Method))>(self);
  (object->*Method)(readiness);
}

}  // namespace headgate::event
