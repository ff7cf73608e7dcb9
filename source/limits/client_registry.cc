#include "source/limits/client_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::limits {
namespace {

constexpr base::Duration kSecond = std::chrono::seconds(1);

}  // namespace

ClientRegistry::ClientRegistry(event::Loop& loop, BucketTable& table, stats::Shard& mainStats)
    : loop_(loop),
      table_(table),
      size_(mainStats.gauge("store.clients")),
      degraded_(mainStats.gauge("store.degraded")),
      secondsSinceContact_(mainStats.gauge("store.seconds_since_contact")),
      second_(loop.timers(), this, event::timerCallback<&ClientRegistry::onSecond>) {}

ClientRegistry::~ClientRegistry() { stop(); }

base::Status ClientRegistry::start(Parts parts, base::Duration patience) {
  kind_ = parts.store->kind();
  node_ = parts.options.node;
  writer_ = &parts.writer;
  startedAt_ = newsAt_ = loop_.preciseNow();
  thread_ = std::make_unique<StoreThread>(std::move(parts.store), std::move(parts.copy), std::move(parts.options),
                                          loop_, static_cast<StoreListener&>(*this), parts.writer, parts.storeStats);
  thread_->start();
  second_.after(kSecond);  // also ends a turn that nothing else would
  while (!connected_ && !unusable_ && loop_.preciseNow() - newsAt_ < patience.count()) loop_.runOnce(true);
  if (!unusable_) return {};
  stop();
  return tl::unexpected(*unusable_);
}

void ClientRegistry::stop() {
  second_.cancel();
  if (thread_) thread_->stop();
}

const Client* ClientRegistry::find(std::string_view id) const {
  const auto at = clients_.find(id);
  return at == clients_.end() ? nullptr : &at->client;
}

std::vector<const Client*> ClientRegistry::list(std::string_view prefix, std::string_view after, size_t limit) const {
  std::vector<const Client*> found;
  auto at = after < prefix ? clients_.lower_bound(prefix) : clients_.upper_bound(after);
  for (; at != clients_.end() && found.size() < limit && at->client.id.starts_with(prefix); ++at) {
    found.push_back(&at->client);
  }
  return found;
}

// Writes --------------------------------------------------------------------------------------------------------------

void ClientRegistry::write(Write write, std::function<void(const WriteResult&)> done) {
  if (auto why = refusal()) {
    WriteResult result;
    result.message = std::move(*why);
    result.retryAfter = retryAfter();
    return loop_.post([result = std::move(result), done = std::move(done)] { done(result); });
  }
  ++pending_;
  thread_->write(std::move(write), [this, done = std::move(done)](const WriteResult& result) {
    --pending_;
    learnFrom(result);
    done(result);
  });
}

void ClientRegistry::writeBatch(std::vector<Client> clients, bool dryRun, bool wantChanges,
                                std::function<void(const BatchResult&)> done) {
  if (auto why = refusal()) {
    BatchResult result;
    result.message = std::move(*why);
    result.retryAfter = retryAfter();
    return loop_.post([result = std::move(result), done = std::move(done)] { done(result); });
  }
  ++pending_;
  thread_->writeBatch(std::move(clients), dryRun, wantChanges, [this, done = std::move(done)](BatchOutcome outcome) {
    --pending_;
    if (!outcome.committed.empty()) advance(outcome.committed.front().revision);
    for (Client& client : outcome.committed) learn(std::move(client));
    done(outcome.result);
  });
}

std::optional<std::string> ClientRegistry::refusal() const {
  if (!thread_) return "there is no store";
  if (!connected_) return "the store is out of reach: " + lastError_;
  if (pending_ >= kMaxPending) return "too many writes wait for the store";
  return std::nullopt;
}

base::Duration ClientRegistry::retryAfter() const {
  const base::Duration wait(retryAt_ - loop_.now());
  return std::max<base::Duration>(std::chrono::ceil<std::chrono::seconds>(wait), kSecond);
}

// What stands at the store is news also when the write did not change it.
void ClientRegistry::learnFrom(const WriteResult& result) {
  if (!result.client) return;
  if (result.status == WriteStatus::Deleted) {
    forget({result.client->id, result.client->revision});
  } else {
    learn(*result.client);
  }
  if (isChange(result.status)) advance(result.client->revision);
}

// Further than by one: others changed something in between, which the feed brings.
void ClientRegistry::advance(uint64_t revision) {
  if (revision == revision_ + 1) revision_ = revision;
}

void ClientRegistry::learn(Client client, Entries::iterator hint) {
  const auto at = clients_.find(client.id);
  if (at == clients_.end()) {
    table_.define(client);
    clients_.insert(hint, Entry{std::move(client), generation_});
    size_.set(static_cast<int64_t>(clients_.size()));
    return;
  }
  at->generation = generation_;
  if (at->client.revision == client.revision) return;
  // Lower: the store was restored from a backup. What it says now holds, and a feed never goes back by itself.
  table_.define(client);
  auto node = clients_.extract(at);
  node.value().client = std::move(client);
  clients_.insert(std::move(node));
}

void ClientRegistry::forget(const Removal& removal) {
  const auto at = clients_.find(removal.id);
  if (at == clients_.end() || at->client.revision > removal.revision) return;
  clients_.erase(at);
  table_.undefine(removal.id);
  size_.set(static_cast<int64_t>(clients_.size()));
}

// The store thread's news
// ----------------------------------------------------------------------------------------------

void ClientRegistry::onBuckets(std::vector<BucketCheckpoint> buckets) {
  newsAt_ = loop_.preciseNow();
  for (const BucketCheckpoint& bucket : buckets) table_.restore(bucket.id, bucket.state);
}

void ClientRegistry::onLoadBegin() {
  newsAt_ = loop_.preciseNow();
  ++generation_;
}

void ClientRegistry::onPage(std::vector<Client> clients) {
  newsAt_ = loop_.preciseNow();
  // Pages come in order: at a first load each goes to the end at once.
  for (Client& client : clients) learn(std::move(client), clients_.end());
}

void ClientRegistry::onLoadEnd(uint64_t revision) {
  revision_ = revision;
  table_.endRestore();
  for (auto at = clients_.begin(); at != clients_.end();) {
    if (at->generation == generation_) {
      ++at;
      continue;
    }
    table_.undefine(at->client.id);
    at = clients_.erase(at);
  }
  size_.set(static_cast<int64_t>(clients_.size()));
  writer_->postEvent(log::Severity::Info, fmt::format("{} store: {} clients", kind_, clients_.size()));
}

void ClientRegistry::onChanges(Changes changes) {
  for (const Removal& removal : changes.removed) forget(removal);
  for (Client& client : changes.changed) learn(std::move(client));
  revision_ = changes.revision;
}

void ClientRegistry::onContact(bool connected, std::string error, base::MonotonicTime retryAt) {
  connected_ = connected;
  lastError_ = std::move(error);
  retryAt_ = retryAt;
  degraded_.set(connected ? 0 : 1);
}

void ClientRegistry::onUnusable(base::Error error) { unusable_ = std::move(error); }

void ClientRegistry::onSecond() {
  secondsSinceContact_.set(std::chrono::floor<std::chrono::seconds>(status().sinceContact).count());
  second_.after(kSecond);
}

StoreStatus ClientRegistry::status() const {
  StoreStatus status;
  status.kind = kind_;
  status.connected = connected_;
  status.degraded = !connected_;
  const base::MonotonicTime contact = thread_ ? thread_->lastContact() : 0;
  status.sinceContact =
      base::Duration(std::max<int64_t>(0, loop_.preciseNow() - (contact != 0 ? contact : startedAt_)));
  status.lastError = lastError_;
  status.revision = revision_;
  status.node = node_;
  return status;
}

}  // namespace headgate::limits
