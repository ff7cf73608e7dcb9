#pragma once
// A pass through filters that do what a test says, and whoever is at its end.

#include <functional>
#include <string>
#include <vector>

#include "source/proxy/filter_pass.h"

namespace headgate::proxy {

using api::FilterStatus;

/// Does in each callback what a test says, in either direction; otherwise lets all pass. Writes into the journal what
/// it sees: "1:head", "1:data abc", "1:data abc end", "1:trailers".
struct ScriptedFilter final : api::Filter {
  std::string name;
  std::vector<std::string>* journal = nullptr;
  std::function<FilterStatus(http::MessageHead&, bool)> onHead;
  std::function<FilterStatus(base::Buffer&, bool)> onData;
  std::function<FilterStatus(http::HeaderList&)> onTrailers;
  size_t whole = 0;
  bool inside = false;  ///< a callback runs
  bool reentered = false;

  FilterStatus head(http::MessageHead& head, bool end) {
    note(end ? ":head end" : ":head");
    return within([&] { return onHead ? onHead(head, end) : FilterStatus::Continue; });
  }
  FilterStatus data(base::Buffer& data, bool end) {
    note(":data " + data.toString() + (end ? " end" : ""));
    return within([&] { return onData ? onData(data, end) : FilterStatus::Continue; });
  }
  FilterStatus trailers(http::HeaderList& trailers) {
    note(":trailers");
    return within([&] { return onTrailers ? onTrailers(trailers) : FilterStatus::Continue; });
  }

  FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override { return this->head(head, end); }
  FilterStatus onRequestData(base::Buffer& data, bool end) override { return this->data(data, end); }
  FilterStatus onRequestTrailers(http::HeaderList& trailers) override { return this->trailers(trailers); }
  FilterStatus onResponseHeaders(http::MessageHead& head, bool end) override { return this->head(head, end); }
  FilterStatus onResponseData(base::Buffer& data, bool end) override { return this->data(data, end); }
  FilterStatus onResponseTrailers(http::HeaderList& trailers) override { return this->trailers(trailers); }
  size_t wantsWholeRequest() const override { return whole; }
  size_t wantsWholeResponse() const override { return whole; }

 private:
  void note(const std::string& what) {
    if (journal != nullptr) journal->push_back(name + what);
  }
  template <typename Call>
  FilterStatus within(Call&& call) {
    reentered = reentered || inside;
    inside = true;
    const FilterStatus status = call();
    inside = false;
    return status;
  }
};

/// A pass of one direction with its filters in the order in which they see the message. What passes all of them goes
/// into the journal as "out:..."; of requests the last filter takes it, as the router does.
class ScriptedChain final : private FilterChainHost {
 public:
  ScriptedChain(FilterPass::Direction direction, size_t filters) : filters_(filters) {
    const bool request = direction == FilterPass::Direction::Request;
    for (size_t i = 0; i < filters; ++i) {
      filters_[i].name = std::to_string(i);
      filters_[i].journal = &journal;
      pointers_.push_back(&filters_[request ? i : filters - 1 - i]);
    }
    pass_.emplace(direction, pointers_, static_cast<FilterChainHost&>(*this), arena_, slabs_);
  }
  ~ScriptedChain() {
    pass_.reset();
    if (slabs_.slabsInUse() != 0) std::abort();
  }

  ScriptedFilter& operator[](size_t index) { return filters_[index]; }
  FilterPass& pass() { return *pass_; }
  void head(bool end = false) { pass_->head(head_, end); }
  void data(std::string_view bytes, bool end = false) {
    base::Buffer buffer(slabs_);
    buffer.append(bytes);
    pass_->data(buffer, end);
  }
  void trailers() { pass_->trailers(trailers_); }
  base::Buffer buffer(std::string_view bytes) {
    base::Buffer buffer(slabs_);
    buffer.append(bytes);
    return buffer;
  }
  http::MessageHead& otherHead() { return otherHead_; }
  /// What has happened since the last call.
  std::vector<std::string> take() { return std::exchange(journal, {}); }

  std::vector<std::string> journal;
  std::vector<bool> full;  ///< what was said about the buffer
  size_t tooLarge = 0;     ///< the maximum that was exceeded
  std::function<void()> onTooLarge;
  size_t bodiesWanted = 0;

 private:
  void responseHeadPassed(http::MessageHead& head, bool end) override {
    journal.emplace_back(&head == &head_ ? "out:head" : "out:other head");
    if (end) journal.back() += " end";
  }
  void responseDataPassed(base::Buffer& data, bool end) override {
    journal.push_back("out:data " + data.toString() + (end ? " end" : ""));
    data.clear();
  }
  void responseTrailersPassed(http::HeaderList&) override { journal.emplace_back("out:trailers"); }
  void requestBufferFull(bool isFull) override { full.push_back(isFull); }
  void responseBufferFull(bool isFull) override { full.push_back(isFull); }
  void requestBodyWanted() override { ++bodiesWanted; }
  void requestBodyTooLarge(size_t maximum) override { tooLarge = maximum; }
  void responseBodyTooLarge(size_t maximum) override {
    tooLarge = maximum;
    if (onTooLarge) onTooLarge();
  }

  base::SlabPool slabs_;
  base::ChunkPool chunks_;
  base::Arena arena_{chunks_};
  http::MessageHead head_{arena_};
  http::MessageHead otherHead_{arena_};
  http::HeaderList trailers_{arena_};
  std::vector<ScriptedFilter> filters_;
  std::vector<api::Filter*> pointers_;
  std::optional<FilterPass> pass_;
};

}  // namespace headgate::proxy
