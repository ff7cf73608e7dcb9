#include "source/log/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "source/event/loop.h"
#include "source/log/escape.h"
#include "source/log/log_writer.h"

namespace headgate::log {
namespace {

uint64_t hashOf(std::string_view cause, std::string_view subject) {
  const std::hash<std::string_view> hash;
  return hash(cause) * 31 + hash(subject);
}

void appendName(std::string& line, std::string_view cause, std::string_view subject) {
  appendPrintable(line, cause, EventLog::kMaxCauseBytes);
  if (!subject.empty()) {
    line += ' ';
    appendPrintable(line, subject, EventLog::kMaxSubjectBytes);
  }
  line += ": ";
}

}  // namespace

EventLog::EventLog(event::Loop& loop, LogWriter& writer)
    : loop_(loop), writer_(writer), timer_(loop.timers(), this, event::timerCallback<&EventLog::onTick>) {
  rows_.reserve(kMaxRows);
}

EventLog::~EventLog() { postCounts(); }

void EventLog::report(Severity severity, std::string_view cause, std::string_view subject, std::string_view message) {
  const uint64_t hash = hashOf(cause, subject);
  Row* row = find(hash, cause, subject);
  if (row == nullptr && used_ < kMaxRows) {
    if (used_ == rows_.size()) rows_.emplace_back();
    Row& fresh = rows_[used_++];
    fresh.hash = hash;
    fresh.cause = cause;
    fresh.subject = subject;
    fresh.severity = severity;
    fresh.lastReport = loop_.now();
    postFirst(fresh, message);
    return arm();
  }
  if (row == nullptr) {
    row = &overflow_;
    row->cause = cause;
    row->subject = subject;
  }
  row->severity = row->more == 0 ? severity : std::max(row->severity, severity);
  row->lastMessage = message.substr(0, kMaxMessageBytes);
  row->lastReport = loop_.now();
  if (++row->more == 1 && countAt_ == 0) {
    countAt_ = loop_.now() + kCountInterval.count();
    arm();
  }
}

EventLog::Row* EventLog::find(uint64_t hash, std::string_view cause, std::string_view subject) {
  for (size_t i = 0; i < used_; ++i) {
    Row& row = rows_[i];
    if (row.hash == hash && row.cause == cause && row.subject == subject) return &row;
  }
  return nullptr;
}

void EventLog::postFirst(const Row& row, std::string_view message) {
  std::string line;
  appendName(line, row.cause, row.subject);
  appendPrintable(line, message, kMaxMessageBytes);
  writer_.postEvent(row.severity, std::move(line));
}

void EventLog::postCounts() {
  countAt_ = 0;
  for (size_t i = 0; i < used_; ++i) postCount(rows_[i]);
  postCount(overflow_);
}

void EventLog::postCount(Row& row) {
  if (row.more == 0) return;
  std::string line;
  if (&row == &overflow_) {
    fmt::format_to(std::back_inserter(line), "other events: {} in the last second, last: ", row.more);
    appendName(line, row.cause, row.subject);
  } else {
    appendName(line, row.cause, row.subject);
    fmt::format_to(std::back_inserter(line), "{} more in the last second, last: ", row.more);
  }
  appendPrintable(line, row.lastMessage, kMaxMessageBytes);
  writer_.postEvent(row.severity, std::move(line));
  row.more = 0;
}

void EventLog::forgetSilent() {
  for (size_t i = 0; i < used_;) {
    if (loop_.now() - rows_[i].lastReport < kForgetAfter.count()) {
      ++i;
    } else {
      std::swap(rows_[i], rows_[--used_]);
      rows_[used_].more = 0;
    }
  }
}

void EventLog::onTick() {
  if (countAt_ != 0 && loop_.now() >= countAt_) postCounts();
  forgetSilent();
  arm();
}

// For the counts, or else for the row that has been silent longest.
void EventLog::arm() {
  base::MonotonicTime when = countAt_;
  if (when == 0 && used_ > 0) {
    const auto oldest = std::min_element(rows_.begin(), rows_.begin() + static_cast<ptrdiff_t>(used_),
                                         [](const Row& a, const Row& b) { return a.lastReport < b.lastReport; });
    when = oldest->lastReport + kForgetAfter.count();
  }
  timer_.at(when);
}

}  // namespace headgate::log
