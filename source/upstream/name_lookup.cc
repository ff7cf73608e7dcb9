#include "source/upstream/name_lookup.h"

#include <algorithm>

namespace headgate::upstream {

NameLookup::NameLookup(event::Loop& loop, net::Resolver& resolver, std::string name, uint16_t port, Answered answered)
    : loop_(loop),
      resolver_(resolver),
      name_(std::move(name)),
      port_(port),
      answered_(std::move(answered)),
      timer_(loop.timers(), this, event::timerCallback<&NameLookup::look>) {}

void NameLookup::look() {
  resolver_.resolve(name_, port_, [this, alive = std::weak_ptr<bool>(alive_)](base::Result<net::DnsAnswer> answer) {
    if (!alive.expired()) onAnswer(std::move(answer));
  });
}

void NameLookup::onAnswer(base::Result<net::DnsAnswer> answer) {
  answeredOnce_ = true;
  bool changed = false;
  if (answer) {
    lastError_.clear();
    lastSuccess_ = loop_.wallNow();
    changed = answer->addresses != addresses_;
    addresses_ = std::move(answer->addresses);
    timer_.after(answer->ttl.count() == 0 ? kUnsaid : std::clamp(answer->ttl, kShortest, kLongest));
  } else {
    lastError_ = answer.error().message;
    timer_.after(kRetry);
  }
  answered_(changed, lastError_);
}

NameState NameLookup::state() const { return {name_, port_, addresses_.size(), lastError_, lastSuccess_}; }

}  // namespace headgate::upstream
