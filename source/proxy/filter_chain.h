#pragma once
// Runs the filters of one stream: requests in order, responses in reverse, with pauses.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "api/filter.h"
#include "api/filter_factory.h"

namespace headgate::proxy {

/// Where what passed all filters of a direction goes, and whom a full buffer stops. Implemented by the stream.
class FilterChainHost {
 public:
  virtual void responseHeadPassed(http::MessageHead& head, bool end) = 0;
  virtual void responseDataPassed(base::Buffer& data, bool end) = 0;
  virtual void responseTrailersPassed(http::HeaderList& trailers) = 0;
  /// A paused filter's buffer is full, or has emptied again.
  virtual void requestBufferFull(bool full) = 0;
  virtual void responseBufferFull(bool full) = 0;
  /// A filter wants the whole body and it is larger than its maximum.
  virtual void requestBodyTooLarge() = 0;

 protected:
  ~FilterChainHost() = default;
};

/// One message on its way through the filters of one direction.
///
///   Waiting ──head──▶ Flowing ◀──resume── Paused        Flowing ──Done or last filter took it──▶ Stopped
///                        └──────Pause───────▲
///
/// While paused at filter i: `held_` is what i has seen and holds back, `waiting_` what nobody has seen yet.
class FilterPass {
 public:
  enum class Direction : uint8_t { Request, Response };
  /// Bytes that a pause may collect before the sender is paused.
  static constexpr size_t kBufferLimit = 64 * 1024;

  FilterPass(Direction direction, std::span<api::Filter*> filters, FilterChainHost& host, base::SlabPool& slabs)
      : direction_(direction), filters_(filters), host_(host), held_(slabs), waiting_(slabs) {}

  void head(http::MessageHead& head, bool end);
  void data(base::Buffer& data, bool end);
  void trailers(http::HeaderList& trailers);
  /// Goes on behind the filter that paused; from within a callback it takes effect when that returns.
  void resume();
  /// Forgets what is held: another message takes the place of the one that had begun.
  void restart();
  /// Nothing more passes.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// The last filter has got the end of the message.
  [[nodiscard]] bool delivered() const { return delivered_; }

 private:
  /// What is to be done behind the paused filter, in this order.
  struct Backlog {
    http::MessageHead* head = nullptr;
    bool headEnd = false;
    bool heldEnd = false;
    bool waitingEnd = false;
    http::HeaderList* heldTrailers = nullptr;
    http::HeaderList* waitingTrailers = nullptr;
  };

  [[nodiscard]] api::Filter& filter(size_t step) const;
  void runHead(size_t step, http::MessageHead& head, bool end);
  void runData(size_t step, base::Buffer& data, bool end);
  void runTrailers(size_t step, http::HeaderList& trailers);
  api::FilterStatus callHead(size_t step, http::MessageHead& head, bool end);
  api::FilterStatus callData(size_t step, base::Buffer& data, bool end);
  api::FilterStatus callTrailers(size_t step, http::HeaderList& trailers);
  /// True when the pass goes on with the next filter.
  bool proceed(api::FilterStatus status, size_t step);
  void resumeNow();
  void collect(base::Buffer& data, bool end);
  void tellFull(bool full);

  const Direction direction_;
  std::span<api::Filter*> filters_;
  FilterChainHost& host_;
  base::Buffer held_;
  base::Buffer waiting_;
  Backlog backlog_;
  size_t pausedAt_ = 0;      ///< steps from the start of the direction
  size_t wholeMaximum_ = 0;  ///< the paused filter wants the whole body, at most this many bytes
  bool paused_ = false;
  bool stopped_ = false;
  bool running_ = false;
  bool resumeAsked_ = false;
  bool full_ = false;
  bool delivered_ = false;
};

/// The filters of one stream, placed in its arena. Worker thread.
class FilterChain {
 public:
  /// `route`: what the route says to each of `filters`, in their order; empty: nothing to any. Filters that are off
  /// there are left out; the last never is.
  FilterChain(std::span<const std::unique_ptr<api::WorkerFilter>> filters, std::span<const routing::RouteFilter> route,
              base::Arena& arena, api::StreamHandle& stream, FilterChainHost& host, base::SlabPool& slabs);
  ~FilterChain();

  [[nodiscard]] FilterPass& request() { return request_; }
  [[nodiscard]] FilterPass& response() { return response_; }
  [[nodiscard]] api::Filter& terminal() { return *filters_.back(); }
  void complete(const api::StreamInfo& info);

 private:
  std::span<api::Filter*> filters_;
  FilterPass request_;
  FilterPass response_;
};

}  // namespace headgate::proxy
