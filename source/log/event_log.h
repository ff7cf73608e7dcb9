#pragma once
// A worker's events: each kind at once when it is new, then as a count per second.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/clock.h"
#include "source/event/timer.h"
#include "source/log/severity.h"

namespace headgate::event {
class Loop;
}

namespace headgate::log {

class LogWriter;

/// Reports what happens to one thread, without glog, locks per report, or floods. The first report of each (cause,
/// subject) is logged at once, as `cause subject: message`. Those that follow are counted, and once a second one line
/// stands for them: `cause subject: 123 more in the last second, last: message`. After kForgetAfter without a report
/// the next one counts as the first again.
///
/// At most kMaxRows kinds are told apart; while that many are remembered, all further ones share the row
/// `other events`. So whatever peers do, a thread logs at most kMaxRows first lines a minute and kMaxRows + 1 lines a
/// second. A report that is counted costs a scan of the rows and a copy of the message; it allocates only until its row
/// is warm. Thread: the loop's.
class EventLog {
 public:
  static constexpr size_t kMaxRows = 64;
  static constexpr base::Duration kCountInterval = std::chrono::seconds(1);
  static constexpr base::Duration kForgetAfter = std::chrono::seconds(60);
  /// Longer texts are cut.
  static constexpr size_t kMaxCauseBytes = 64;
  static constexpr size_t kMaxSubjectBytes = 256;
  static constexpr size_t kMaxMessageBytes = 1024;

  EventLog(event::Loop& loop, LogWriter& writer);
  /// Posts what is counted.
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// `cause` is a word such as "upstream_connect_failed"; `subject` whom it is about: "127.0.0.1:8081", a cluster, a
  /// listener, or empty. Neither should come from a peer: each new pair takes a row. Control characters in any of the
  /// three are escaped, so a peer's bytes in `message` cannot forge a line.
  void report(Severity severity, std::string_view cause, std::string_view subject, std::string_view message);

 private:
  struct Row {
    uint64_t hash = 0;
    std::string cause;
    std::string subject;
    std::string lastMessage;
    uint64_t more = 0;  ///< reports since the last line
    base::MonotonicTime lastReport = 0;
    Severity severity = Severity::Debug;  ///< the worst since the last line
  };

  Row* find(uint64_t hash, std::string_view cause, std::string_view subject);
  void postFirst(const Row& row, std::string_view message);
  void postCounts();
  void postCount(Row& row);
  void forgetSilent();
  void onTick();
  void arm();

  event::Loop& loop_;
  LogWriter& writer_;
  event::Timer timer_;     ///< armed while there is a row
  std::vector<Row> rows_;  ///< the first used_ are in use; the others keep their memory
  size_t used_ = 0;
  Row overflow_;
  base::MonotonicTime countAt_ = 0;  ///< when the counts are due; 0: nothing is counted
};

}  // namespace headgate::log
