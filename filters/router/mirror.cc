#include "filters/router/mirror.h"

#include <utility>

namespace headgate::filters::router {
namespace {

void copyFields(const http::HeaderList& from, http::HeaderList& to) {
  for (const http::Header& header : from)
    to.add(header.id, to.arena().copy(header.name), to.arena().copy(header.value));
}

}  // namespace

// ---- all of a worker

Mirrors::Mirrors(event::Loop& loop, stats::Shard& stats)
    : loop_(loop),
      total_(stats.counter("router.mirror_total")),
      dropped_(stats.counter("router.mirror_dropped")),
      failed_(stats.counter("router.mirror_failed")) {}

Mirrors::~Mirrors() {
  while (!running_.empty()) running_.front().finish();
}

Mirror* Mirrors::begin(upstream::WorkerCluster& cluster, const http::MessageHead& head) {
  if (count_ >= kMaxAtOnce) {
    dropped_.inc();
    return nullptr;
  }
  auto* mirror = base::Arena::makeInOwnArena<Mirror>(loop_.chunks(), *this, cluster, head);
  ++count_;
  running_.pushBack(*mirror);
  return mirror;
}

// ---- one

Mirror::Mirror(base::Arena&& arena, Mirrors& mirrors, upstream::WorkerCluster& cluster, const http::MessageHead& head)
    : arena_(std::move(arena)),
      mirrors_(mirrors),
      cluster_(cluster),
      head_(arena_),
      trailers_(arena_),
      body_(mirrors.loop_.slabs()),
      deadline_(mirrors.loop_.timers(), this, event::timerCallback<&Mirror::onDeadline>) {
  head_.assign(head);
  // What was assigned are views of an arena that may be gone before the copy is.
  head_.methodText = arena_.copy(head.methodText);
  head_.authority = arena_.copy(head.authority);
  head_.path = arena_.copy(head.path);
  head_.headers.removeIf([](const http::Header&) { return true; });
  copyFields(head.headers, head_.headers);
}

Mirror::~Mirror() {
  if (attempt_ != nullptr) attempt_->~UpstreamAttempt();
}

bool Mirror::add(const base::Buffer& data) {
  if (body_.size() + data.size() > Mirrors::kMaxBody) {
    drop();
    return false;
  }
  body_.appendShared(data);
  return true;
}

void Mirror::drop() {
  mirrors_.dropped_.inc();
  finish();
}

void Mirror::send(const http::HeaderList* trailers) {
  mirrors_.total_.inc();
  if (trailers != nullptr) copyFields(*trailers, trailers_);
  upstream::ConnPool* pool = cluster_.pick({});
  if (pool == nullptr) {
    mirrors_.failed_.inc();
    return finish();
  }
  deadline_.after(Mirrors::kLongest);
  attempt_ = arena_.make<UpstreamAttempt>(arena_, mirrors_.loop_.timers(), *pool, static_cast<AttemptOwner&>(*this),
                                          Mirrors::kLongest);
  attempt_->start(true);
}

void Mirror::onAttemptReady(UpstreamAttempt& attempt) {
  http::MessageWriter& to = *attempt.writer();
  const bool hasTrailers = !trailers_.empty();
  const bool headOnly = body_.empty() && !hasTrailers;
  to.writeHead(head_, headOnly);
  if (!body_.empty()) to.writeData(body_, !hasTrailers);
  if (hasTrailers) to.writeTrailers(trailers_);
}

void Mirror::onAttemptHead(http::MessageHead& /*head*/, bool end) {
  if (end) finish();
}

void Mirror::onAttemptData(base::Buffer& data, bool end) {
  answered_ += data.size();
  data.clear();
  if (end || answered_ > Mirrors::kMaxAnswer) finish();
}

void Mirror::onAttemptTrailers(http::HeaderList& /*trailers*/) { finish(); }

void Mirror::onAttemptFailed(const base::Error& /*error*/) {
  mirrors_.failed_.inc();
  finish();
}

void Mirror::onDeadline() {
  mirrors_.failed_.inc();
  finish();
}

void Mirror::finish() {
  if (std::exchange(finished_, true)) return;
  if (attempt_ != nullptr) attempt_->cancel();
  deadline_.cancel();
  unlink();
  --mirrors_.count_;
  mirrors_.loop_.deferDelete(*this);
}

void Mirror::dispose() noexcept { base::Arena::destroyInOwnArena(this, arena_); }

}  // namespace headgate::filters::router
