#include "source/limits/store_thread.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace headgate::limits {
namespace {

/// Every bucket that `from` has of `node`; the later state wins over what is there.
template <typename Source>
base::Status gatherBuckets(Source& from, const std::string& node,
                           std::unordered_map<std::string, BucketState>& buckets) {
  std::string after;
  while (true) {
    auto page = from.bucketPage(node, after, StoreThread::kPage);
    if (!page) return tl::unexpected(page.error());
    for (BucketCheckpoint& bucket : *page) {
      const auto [at, isNew] = buckets.try_emplace(bucket.id, bucket.state);
      if (!isNew && at->second.at < bucket.state.at) at->second = bucket.state;
    }
    if (page->size() < StoreThread::kPage) return {};
    after = std::move(page->back().id);
  }
}

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Store> store, std::unique_ptr<LocalCopy> copy, Options options,
                         event::Loop& main, StoreListener& listener, log::LogWriter& writer, stats::Shard& stats)
    : main_(main),
      listener_(listener),
      writer_(writer),
      options_(std::move(options)),
      store_(std::move(store)),
      copy_(std::move(copy)),
      stats_(stats),
      timer_(loop_.timers(), this, event::timerCallback<&StoreThread::onTick>) {}

StoreThread::~StoreThread() { stop(); }

void StoreThread::start() {
  loop_.post([this] {
    events_ = std::make_unique<log::EventLog>(loop_, writer_);
    if (copy_) {
      const auto opened = copy_->open();
      copyReady_ = opened.has_value();
      if (!opened) {
        tellMain([error = opened.error()](StoreListener& main) { main.onUnusable(error); });
        return;
      }
    }
    tryOpen();
  });
  thread_ = std::thread([this] { run(); });
}

void StoreThread::run() {
  // Signals are main's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "store");
  loop_.run();
  wakes_.reset();
  events_.reset();
  copy_.reset();
  store_.reset();
}

void StoreThread::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

template <typename Call>
void StoreThread::tellMain(Call call) {
  main_.post([&listener = listener_, call = std::move(call)]() mutable { call(listener); });
}

void StoreThread::onTick() {
  if (state_ == State::Down) {
    tryOpen();
  } else if (state_ == State::Up) {
    poll();
  }
}

// Down ---------------------------------------------------------------------------------------------------------------

void StoreThread::tryOpen() {
  const base::Status opened = store_->open();
  if (!opened) {
    if (opened.error().retryable || failures_ > 0) return fail(opened.error());
    tellMain([error = opened.error()](StoreListener& main) { main.onUnusable(error); });
    return;
  }
  if (failures_ > 0) {
    stats_.reconnects.inc();
    events_->report(log::Severity::Info, "store_back", store_->kind(), "the store answers again");
  }
  if (const base::Status done = catchUp(); !done) fail(done.error());
}

void StoreThread::fail(const base::Error& error) {
  wakes_.reset();
  state_ = State::Down;
  stats_.connected.set(0);
  if (failures_++ == 0) stats_.failures.inc();
  events_->report(log::Severity::Warning, "store_down", store_->kind(), error.message);
  if (identity_.empty()) startFromCopy();

  const base::Duration longest =
      std::min(options_.maxBackoff, options_.minBackoff * (1 << std::min(failures_ - 1, 16U)));
  std::uniform_real_distribution<double> part(0.5, 1.0);  // so that proxies do not come back all at once
  const base::MonotonicTime retryAt =
      loop_.preciseNow() + static_cast<int64_t>(static_cast<double>(longest.count()) * part(random_));
  timer_.at(retryAt);
  tellMain([message = error.message, retryAt](StoreListener& main) { main.onContact(false, message, retryAt); });
}

// The store answers: what do we not know of it?
base::Status StoreThread::catchUp() {
  auto head = store_->head();
  if (!head) return tl::unexpected(head.error());
  if (!restored_) {
    if (auto done = restoreBuckets(true); !done) return done;
  }
  if (head->identity == identity_) {
    auto changes = store_->changesSince(seen_);
    if (!changes) return tl::unexpected(changes.error());
    if (!changes->gap) {
      tell(std::move(*changes));
      goUp();
      return {};
    }
  }
  beginLoad(*head);
  return {};
}

// The first contact, or the lack of it
// ---------------------------------------------------------------------------------

void StoreThread::startFromCopy() {
  if (!copyReady_ || copyUsed_) return;
  copyUsed_ = true;
  if (!restored_) {
    // What the copy does not tell, the store will.
    if (const auto done = restoreBuckets(false); !done) copyFailed(done.error());
  }
  tellMain([](StoreListener& main) { main.onLoadBegin(); });
  std::string after;
  while (true) {
    auto page = copy_->page(after, kPage);
    if (!page) return copyFailed(page.error());
    const bool last = page->size() < kPage;
    if (!page->empty()) after = page->back().id;
    tellMain([page = std::move(*page)](StoreListener& main) mutable { main.onPage(std::move(page)); });
    if (last) break;
  }
  tellMain([](StoreListener& main) { main.onLoadEnd(0); });
}

base::Status StoreThread::restoreBuckets(bool fromStore) {
  std::unordered_map<std::string, BucketState> buckets;
  if (fromStore) {
    if (auto done = gatherBuckets(*store_, options_.node, buckets); !done) return done;
  }
  if (copyReady_) {
    auto done = gatherBuckets(*copy_, options_.node, buckets);
    if (!done && !fromStore) return done;
    if (!done) copyFailed(done.error());
  }
  restored_ = true;
  std::vector<BucketCheckpoint> list;
  list.reserve(buckets.size());
  while (!buckets.empty()) {
    auto bucket = buckets.extract(buckets.begin());
    list.push_back({std::move(bucket.key()), bucket.mapped()});
  }
  if (list.empty()) return {};
  tellMain([list = std::move(list)](StoreListener& main) mutable { main.onBuckets(std::move(list)); });
  return {};
}

// Loading ------------------------------------------------------------------------------------------------------------

void StoreThread::beginLoad(const StoreHead& head) {
  state_ = State::Loading;
  wakes_.reset();
  timer_.cancel();
  identity_ = head.identity;
  loadRevision_ = head.revision;
  seen_ = 0;
  loadedUpTo_.clear();
  tellMain([](StoreListener& main) { main.onLoadBegin(); });
  loadPage();
}

// One page a turn, so that a stop is not kept waiting. What changes meanwhile is asked for at the end.
void StoreThread::loadPage() {
  if (state_ != State::Loading) return;
  auto page = store_->page(loadedUpTo_, kPage);
  if (!page) {
    identity_.clear();
    return fail(page.error());
  }
  contact();
  const bool last = page->size() < kPage;
  if (!page->empty()) loadedUpTo_ = page->back().id;
  tellMain([page = std::move(*page)](StoreListener& main) mutable { main.onPage(std::move(page)); });
  if (!last) return loop_.post([this] { loadPage(); });
  endLoad();
}

void StoreThread::endLoad() {
  seen_ = loadRevision_;
  tellMain([revision = seen_](StoreListener& main) { main.onLoadEnd(revision); });
  auto changes = store_->changesSince(seen_);
  if (!changes) return fail(changes.error());
  tell(std::move(*changes));
  goUp();
}

// Up -----------------------------------------------------------------------------------------------------------------

void StoreThread::goUp() {
  state_ = State::Up;
  failures_ = 0;
  contact();
  stats_.connected.set(1);
  tellMain([](StoreListener& main) { main.onContact(true, {}, 0); });
  if (store_->wakeDescriptor() >= 0) {
    wakes_ = std::make_unique<event::IoWatch>(loop_, store_->wakeDescriptor(), this,
                                              event::ioCallback<&StoreThread::onWake>);
    wakes_->want(event::kReadable);
  }
  followWithCopy();
  if (state_ == State::Up) timer_.at(loop_.preciseNow() + options_.pollInterval.count());
}

void StoreThread::onWake(uint8_t) { afterUse(); }

// A wake that came with the answer to something else does not make the descriptor readable again.
void StoreThread::afterUse() {
  if (state_ != State::Up) return;
  const auto woken = store_->takeWakes();
  if (!woken) return fail(woken.error());
  if (*woken) pollSoon();
}

void StoreThread::pollSoon() {
  if (std::exchange(pollQueued_, true)) return;
  loop_.post([this] {
    pollQueued_ = false;
    if (state_ == State::Up) poll();
  });
}

void StoreThread::poll() {
  auto changes = store_->changesSince(seen_);
  if (!changes) return fail(changes.error());
  contact();
  if (changes->gap) {
    const auto head = store_->head();
    return head ? beginLoad(*head) : fail(head.error());
  }
  tell(std::move(*changes));
  if (loop_.now() >= forgetAt_) {
    if (const auto done = forgetOld(); !done) return fail(done.error());
  }
  timer_.at(loop_.preciseNow() + options_.pollInterval.count());
  afterUse();
}

void StoreThread::tell(Changes changes) {
  if (changes.revision == seen_) return;
  seen_ = changes.revision;
  stats_.revision.set(static_cast<int64_t>(seen_));
  stats_.changes.add(changes.changed.size() + changes.removed.size());
  toCopy(changes.changed, changes.removed, seen_);
  tellMain([changes = std::move(changes)](StoreListener& main) mutable { main.onChanges(std::move(changes)); });
}

base::Status StoreThread::forgetOld() {
  forgetAt_ = loop_.now() + kForgetEvery.count();
  const base::WallTime now = loop_.wallNow();
  if (auto done = store_->forgetRemovals(now - kRemovalsKept.count()); !done) return done;
  const base::WallTime before = now - options_.bucketsKept.count();
  if (auto done = store_->forgetBuckets(options_.node, before); !done) return done;
  if (copyReady_) {
    if (const auto done = copy_->forgetBuckets(options_.node, before); !done) copyFailed(done.error());
  } else {
    followWithCopy();
  }
  return {};
}

void StoreThread::followWithCopy() {
  if (!copy_) return;
  const auto head = store_->head();
  if (!head) return fail(head.error());
  if (!copyReady_) {
    if (const auto opened = copy_->open(); !opened) return copyFailed(opened.error());
  }
  const auto complete = copy_->follow(*store_, *head);
  if (!complete) return copyFailed(complete.error());
  copyReady_ = true;
  if (!*complete) fillCopy();
}

// One page a turn: whoever writes meanwhile is not kept waiting.
void StoreThread::fillCopy() {
  if (!copyReady_ || !copy_->filling() || state_ != State::Up || fillQueued_) return;
  fillQueued_ = true;
  loop_.post([this] {
    fillQueued_ = false;
    if (!copyReady_ || !copy_->filling() || state_ != State::Up) return;
    const auto last = copy_->fill(*store_, kPage);
    if (!last) return copyFailed(last.error());
    fillCopy();
  });
}

void StoreThread::copyFailed(const base::Error& error) {
  events_->report(log::Severity::Warning, "local_copy_failed", store_->kind(),
                  error.message + "; until it is mended, a start needs the store");
  copyReady_ = false;
}

void StoreThread::toCopy(std::span<const Client> changed, std::span<const Removal> removed, uint64_t revision) {
  if (!copyReady_) return;
  if (const auto done = copy_->apply(changed, removed, revision); !done) copyFailed(done.error());
}

// What main asks -----------------------------------------------------------------------------------------------------

void StoreThread::write(Write write, std::function<void(WriteResult)> done) {
  loop_.post([this, write = std::move(write), done = std::move(done)] {
    main_.post([done, result = doWrite(write)]() mutable { done(std::move(result)); });
  });
}

void StoreThread::writeBatch(std::vector<Client> clients, bool dryRun, bool wantChanges,
                             std::function<void(BatchOutcome)> done) {
  loop_.post([this, clients = std::move(clients), dryRun, wantChanges, done = std::move(done)] {
    main_.post([done, outcome = doWriteBatch(clients, dryRun, wantChanges)]() mutable { done(std::move(outcome)); });
  });
}

void StoreThread::saveBuckets(std::shared_ptr<const std::vector<BucketCheckpoint>> buckets,
                              std::function<void(bool saved)> done) {
  loop_.post([this, buckets = std::move(buckets), done = std::move(done)] {
    main_.post([done, saved = doSaveBuckets(*buckets)] { done(saved); });
  });
}

WriteResult StoreThread::doWrite(const Write& write) {
  WriteResult unavailable;
  unavailable.message = "the store is out of reach";
  if (state_ == State::Up) {
    const base::MonotonicTime begin = loop_.preciseNow();
    auto result = store_->write(write, loop_.wallNow());
    if (result) {
      contact();
      stats_.writes.inc();
      stats_.writeTime.record(static_cast<uint64_t>((loop_.preciseNow() - begin) / 1000));
      if (result->status == WriteStatus::Deleted) {
        const Removal removal{result->client->id, result->client->revision};
        onOwnChange({}, std::span(&removal, 1), removal.revision);
      } else if (isChange(result->status)) {
        onOwnChange(std::span(&*result->client, 1), {}, result->client->revision);
      }
      afterUse();
      return *result;
    }
    unavailable.message = result.error().message;
    fail(result.error());
  }
  stats_.writesUnavailable.inc();
  unavailable.retryAfter = retryAfter();
  return unavailable;
}

BatchOutcome StoreThread::doWriteBatch(const std::vector<Client>& clients, bool dryRun, bool wantChanges) {
  BatchOutcome unavailable;
  unavailable.result.message = "the store is out of reach";
  if (state_ == State::Up) {
    const base::MonotonicTime begin = loop_.preciseNow();
    auto outcome = store_->writeBatch(clients, dryRun, wantChanges, loop_.wallNow());
    if (outcome) {
      contact();
      stats_.writes.inc();
      stats_.writeTime.record(static_cast<uint64_t>((loop_.preciseNow() - begin) / 1000));
      if (!outcome->committed.empty()) onOwnChange(outcome->committed, {}, outcome->committed.front().revision);
      afterUse();
      return std::move(*outcome);
    }
    unavailable.result.message = outcome.error().message;
    fail(outcome.error());
  }
  stats_.writesUnavailable.inc();
  unavailable.result.retryAfter = retryAfter();
  return unavailable;
}

// Nobody else came in between: then the change feed need not bring it again.
void StoreThread::onOwnChange(std::span<const Client> changed, std::span<const Removal> removed, uint64_t revision) {
  const bool next = revision == seen_ + 1;
  if (next) seen_ = revision;
  stats_.revision.set(static_cast<int64_t>(seen_));
  toCopy(changed, removed, seen_);
}

bool StoreThread::doSaveBuckets(const std::vector<BucketCheckpoint>& buckets) {
  if (copyReady_) {
    if (const auto done = copy_->saveBuckets(options_.node, buckets); !done) copyFailed(done.error());
  }
  if (state_ == State::Up) {
    const auto done = store_->saveBuckets(options_.node, buckets);
    if (done) {
      contact();
      stats_.checkpoints.inc();
      stats_.checkpointedBuckets.add(buckets.size());
      afterUse();
      return true;
    }
    fail(done.error());
  }
  stats_.checkpointFailures.inc();
  return false;
}

void StoreThread::contact() { lastContact_.store(loop_.preciseNow(), std::memory_order_relaxed); }

base::Duration StoreThread::retryAfter() const {
  const base::Duration wait(timer_.armed() ? timer_.when() - loop_.preciseNow() : 0);
  return std::max<base::Duration>(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
}

}  // namespace headgate::limits
