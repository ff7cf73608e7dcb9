#pragma once
// Who changed what: a line in the event log for each mutation, and the last hundred for /audit.

#include <cstdint>
#include <deque>
#include <string>

#include "admin/request.h"
#include "source/base/clock.h"

namespace headgate::admin {

struct AuditEntry {
  base::WallTime at = 0;
  Caller caller;
  std::string method;
  std::string target;  ///< as received
  uint16_t status = 0;
  std::string note;  ///< what the handler adds; may be empty
};

/// Main thread.
class AuditLog {
 public:
  static constexpr size_t kKept = 100;
  static constexpr size_t kMaxTextBytes = 512;  ///< of a target or a note; longer ones are cut

  /// `audit PUT /clients/user1 200 by "ops" (operator) from 127.0.0.1:43210: capacity 100 -> 200`. What came from the
  /// caller is escaped.
  void record(AuditEntry entry);

  /// Newest first.
  [[nodiscard]] const std::deque<AuditEntry>& entries() const { return entries_; }
  /// All that were recorded, also those that are no longer kept.
  [[nodiscard]] uint64_t total() const { return total_; }

 private:
  std::deque<AuditEntry> entries_;
  uint64_t total_ = 0;
};

}  // namespace headgate::admin
