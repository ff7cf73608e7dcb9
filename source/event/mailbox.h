#pragma once
// The only door between threads: closures posted to another loop.

#include <functional>
#include <mutex>
#include <vector>

namespace headgate::event {

/// A queue of closures that any thread fills and one loop empties. `post` takes a short mutex and wakes the loop only when the queue was empty.
class Mailbox {
 public:
  using Task = std::function<void()>;

  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Any thread. The task runs on the loop's thread, in the order of the posts of one thread. Tasks posted after the loop has ended are
  /// destroyed with the mailbox without having run.
  void post(Task task);

  /// The eventfd that becomes readable; for the loop.
  [[nodiscard]] int fd() const { return fd_; }
  /// Runs what was posted before the call; for the loop.
  void runAll();

 private:
  int fd_;
  std::mutex mutex_;
  std::vector<Task> tasks_;
  std::vector<Task> running_;
};

}  // namespace headgate::event
