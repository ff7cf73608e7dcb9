#include "admin/audit_log.h"

#include <fmt/format.h>
#include <glog/logging.h>

#include "source/config/errors.h"

namespace headgate::admin {
namespace {

// Escaped and cut, without the quotes.
std::string plain(const std::string& text) {
  const std::string quoted = config::quotedText(text, AuditLog::kMaxTextBytes);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void AuditLog::record(AuditEntry entry) {
  entry.target = plain(entry.target);
  entry.note = plain(entry.note);
  LOG(INFO) << fmt::format("audit {} {} {} by {} ({}) from {}{}{}", entry.method, entry.target, entry.status,
                           config::quotedText(entry.caller.name), server::adminRoleName(entry.caller.role),
                           entry.caller.peer, entry.note.empty() ? "" : ": ", entry.note);
  ++total_;
  entries_.push_front(std::move(entry));
  if (entries_.size() > kKept) entries_.pop_back();
}

}  // namespace headgate::admin
