#pragma once
// A stream for filters that are tested alone.

#include <string>

#include "api/filter.h"
#include "source/event/loop.h"

namespace headgate::test {

/// Has a loop, an arena, facts and a request head of its own; remembers the status of the last reply. All else does
/// nothing.
class FakeStreamHandle : public api::StreamHandle {
 public:
  event::Loop& loop() override { return loop_; }
  base::Arena& arena() override { return arena_; }
  api::StreamInfo& info() override { return info_; }
  const routing::Route* route() const override { return nullptr; }
  http::MessageHead& requestHead() override { return head_; }
  api::FilterStatus reply(uint16_t status, std::string_view reasonToken, std::string_view /*message*/) override {
    repliedStatus = status;
    repliedReason = reasonToken;
    return api::FilterStatus::Done;
  }
  api::FilterStatus reply(const base::Error& error) override {
    return reply(base::httpStatus(error.code), base::reasonToken(error.code), error.message);
  }
  api::FilterStatus replyWith(http::MessageHead& head, std::string_view body, std::string_view reasonToken) override {
    repliedHead = &head;
    repliedBody = body;
    return reply(head.status, reasonToken, {});
  }
  void resumeRequest() override {}
  void resumeResponse() override {}
  void addRequestData(base::Buffer& data) override { data.clear(); }
  void addResponseData(base::Buffer& data) override { data.clear(); }
  void continueRequest() override {}
  void respondInformational(http::MessageHead& /*head*/) override {}
  void respondHead(http::MessageHead& /*head*/, bool /*end*/) override {}
  void respondData(base::Buffer& /*data*/, bool /*end*/) override {}
  void respondTrailers(http::HeaderList& /*trailers*/) override {}
  void abortResponse(const base::Error& /*error*/) override {}
  void pauseRequest(api::PauseReason /*reason*/) override {}
  void unpauseRequest(api::PauseReason /*reason*/) override {}

  uint16_t repliedStatus = 0;
  std::string repliedReason;
  http::MessageHead* repliedHead = nullptr;  ///< of replyWith
  std::string repliedBody;

 private:
  event::Loop loop_;
  base::ChunkPool chunks_;
  base::Arena arena_{chunks_};
  http::MessageHead head_{arena_};
  api::StreamInfo info_;
};

}  // namespace headgate::test
