#pragma once
// One message on its way through the filters of a stream.

#include <optional>
#include <span>
#include <string_view>

#include "api/filter.h"
#include "source/base/arena.h"

namespace headgate::proxy {

/// Where what passed all filters of a direction goes, and who hears of what is held. Implemented by the stream.
class FilterChainHost {
 public:
  virtual void responseHeadPassed(http::MessageHead& head, bool end) = 0;
  virtual void responseDataPassed(base::Buffer& data, bool end) = 0;
  virtual void responseTrailersPassed(http::HeaderList& trailers) = 0;
  /// More than kBufferLimit waits for a filter, or no longer does.
  virtual void requestBufferFull(bool full) = 0;
  virtual void responseBufferFull(bool full) = 0;
  /// A filter wants the whole body before the head goes on: a client that waits to be asked must be asked.
  virtual void requestBodyWanted() = 0;
  /// ... and it is larger than the filter's maximum, in bytes.
  virtual void requestBodyTooLarge(size_t maximum) = 0;
  virtual void responseBodyTooLarge(size_t maximum) = 0;

 protected:
  ~FilterChainHost() = default;
};

/// The head, the body and the trailers of one direction. Each piece goes from filter to filter as far as it may; what
/// may not go on waits in a queue with the step (the number of filters that have seen it) at which it waits:
///
///   Flowing ──Pause──▶ Paused ──resume──▶ Flowing ──Done──▶ Stopped ──replace──▶ Flowing
///
/// While paused at filter p nothing moves. While filter w wants the whole body, the head waits behind w and the body in
/// front of it, and the filters before w go on seeing it as it comes; when it is whole, w sees it, and only then the
/// head goes on. Only what has to wait takes memory (the arena); pieces are never reordered.
///
/// A filter's callback is never entered while another of this pass runs: what happens within one is queued until it
/// returns. Worker thread.
class FilterPass {
 public:
  enum class Direction : uint8_t { Request, Response };
  /// Bytes that may wait before the sender is paused.
  static constexpr size_t kBufferLimit = 64 * 1024;

  FilterPass(Direction direction, std::span<api::Filter*> filters, FilterChainHost& host, base::Arena& arena,
             base::SlabPool& slabs)
      : direction_(direction), filters_(filters), host_(host), arena_(arena), slabs_(slabs), added_(slabs) {}

  ~FilterPass() { clear(); }
  FilterPass(const FilterPass&) = delete;
  FilterPass& operator=(const FilterPass&) = delete;

  void head(http::MessageHead& head, bool end);
  /// Takes everything out of `data`.
  void data(base::Buffer& data, bool end);
  void trailers(http::HeaderList& trailers);
  /// From within a filter's callback for trailers: bytes that go before them, to the filters behind it.
  void add(base::Buffer& data);
  /// Goes on behind the filter that paused; from within a callback it takes effect when that returns.
  void resume();
  /// Drops what is on its way and sends this message through all filters instead, when no callback runs any more.
  /// `body` lives as long as the arena.
  void replace(http::MessageHead& head, std::string_view body, bool headOnly);
  /// Nothing more passes.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// The last filter has got the end of the message.
  [[nodiscard]] bool delivered() const { return delivered_; }

 private:
  enum class Kind : uint8_t { Head, Data, Trailers };
  struct Item {
    Item(base::SlabPool& slabs, Kind itemKind) : data(slabs), kind(itemKind) {}
    Item* next = nullptr;
    http::MessageHead* head = nullptr;
    http::HeaderList* trailers = nullptr;
    base::Buffer data;  ///< of Data; with Trailers: what filters put before them
    size_t step = 0;    ///< the filter that sees it next
    Kind kind;
    bool end = false;
    bool dataSeen = false;  ///< with Trailers: that filter has seen `data`
  };
  struct Replacement {
    http::MessageHead* head;
    std::string_view body;
    bool headOnly;
  };

  void submit(Item& item);
  bool run(Item& item);
  api::FilterStatus call(size_t step, Item& item, bool data);
  void passed(Item& item);
  [[nodiscard]] bool isHeld(const Item& item) const;
  void keep(Item& item);
  void keepFirst(Item& item);
  [[nodiscard]] Item* store(Item& item);
  void pump();
  void settle();
  void beginReplacement();
  void wantWhole(size_t step);
  [[nodiscard]] bool wholeIsOver();
  void showWhole();
  void clear();
  void tellFull(bool full);
  [[nodiscard]] size_t waitingBytes() const;
  [[nodiscard]] api::Filter& filter(size_t step) const;

  const Direction direction_;
  const std::span<api::Filter*> filters_;
  FilterChainHost& host_;
  base::Arena& arena_;
  base::SlabPool& slabs_;
  base::Buffer added_;
  Item* first_ = nullptr;  ///< what waits, in the order of the message: steps never grow from one to the next
  Item* last_ = nullptr;
  Item* free_ = nullptr;
  std::optional<Replacement> replacement_;
  size_t pausedAt_ = 0;
  size_t wholeAt_ = 0;       ///< while wholeMaximum_ > 0: the filter that wants the whole body
  size_t wholeMaximum_ = 0;  ///< bytes
  size_t wholeFrom_ = 0;     ///< filters before this one have been asked whether they want it
  bool paused_ = false;
  bool stopped_ = false;
  bool busy_ = false;     ///< pieces are being moved: further ones are queued
  bool running_ = false;  ///< a filter's callback runs
  bool resumeAsked_ = false;
  bool full_ = false;
  bool delivered_ = false;
};

}  // namespace headgate::proxy
