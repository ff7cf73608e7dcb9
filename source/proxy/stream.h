#pragma once
// One exchange: a request, its filters, its response.

#include <optional>

#include "api/filter.h"
#include "source/event/loop.h"
#include "source/http/server_session.h"
#include "source/http/stream.h"
#include "source/proxy/filter_chain.h"
#include "source/proxy/listener_context.h"
#include "source/proxy/listener_runtime.h"

namespace headgate::proxy {

/// Made by the listener for each request, in the arena that the codec gives it; ends itself. Sits between the
/// downstream half-pipes and the filter chain, keeps the facts, the timeouts that span the exchange and the
/// back-pressure. Worker thread.
///
///   request   Open ──last byte──▶ Complete        response   None ──head──▶ Begun ──last byte──▶ Complete
///               └──reset, reply──▶ Abandoned                   └────abort─────┴──▶ Aborted
///
/// A tunnel that an upgrade opened ends when both directions have: the last byte of the response leads to Ended, and
/// the last of the other direction to Complete.
///
/// When the response is Complete or Aborted the stream is finished: nothing is delivered any more, and at the end of
/// the turn, when no filter's callback is on the stack, the filters hear onStreamComplete and all is freed.
class Stream final : public http::RequestSink,
                     private api::StreamHandle,
                     private FilterChainHost,
                     private event::TurnTask {
 public:
  Stream(base::Arena& arena, http::MessageWriter& writer, http::ServerSession& session, ListenerRuntime& runtime,
         ListenerContext& context);

  // http::RequestSink
  void onHead(http::MessageHead& head, bool end) override;
  void onInvalidRequest(http::MessageHead& partial, const base::Error& error) override;
  void onData(base::Buffer& data, bool end) override;
  void onTrailers(http::HeaderList& trailers) override;
  void onReset(const base::Error& error) override;
  void onWriteBlocked(bool blocked) override;

 private:
  enum class Request : uint8_t { Open, Complete, Abandoned };
  enum class Response : uint8_t { None, Begun, Ended, Complete, Aborted };
  /// None ──head──▶ Asked ──response with a protocol──▶ Tunnel; any other response leads back to None.
  enum class Upgrade : uint8_t { None, Asked, Tunnel };

  ~Stream();

  // api::StreamHandle
  event::Loop& loop() override { return session_.loop(); }
  base::Arena& arena() override { return arena_; }
  api::StreamInfo& info() override { return info_; }
  const routing::Route* route() const override { return route_; }
  http::MessageHead& requestHead() override { return *request_; }
  api::FilterStatus reply(uint16_t status, std::string_view reasonToken, std::string_view message) override;
  api::FilterStatus reply(const base::Error& error) override;
  api::FilterStatus replyWith(http::MessageHead& head, std::string_view body, std::string_view reasonToken) override;
  void resumeRequest() override;
  void resumeResponse() override;
  void addRequestData(base::Buffer& data) override { chain_->request().add(data); }
  void addResponseData(base::Buffer& data) override { chain_->response().add(data); }
  void continueRequest() override;
  void respondInformational(http::MessageHead& head) override;
  void respondHead(http::MessageHead& head, bool end) override;
  void respondData(base::Buffer& data, bool end) override;
  void respondTrailers(http::HeaderList& trailers) override;
  void abortResponse(const base::Error& error) override;
  void pauseRequest(api::PauseReason reason) override;
  void unpauseRequest(api::PauseReason reason) override;

  // FilterChainHost
  void responseHeadPassed(http::MessageHead& head, bool end) override;
  void responseDataPassed(base::Buffer& data, bool end) override;
  void responseTrailersPassed(http::HeaderList& trailers) override;
  void requestBufferFull(bool full) override;
  void responseBufferFull(bool full) override;
  void requestBodyWanted() override { continueRequest(); }
  void requestBodyTooLarge(size_t maximum) override;
  void responseBodyTooLarge(size_t maximum) override;

  // event::TurnTask
  void runAtTurnEnd() override;

  /// `valid`: it gets a route, which also says which filters are in the chain.
  void begin(http::MessageHead& head, bool valid);
  void identifyClient(http::MessageHead& head);
  void requestEnded();
  void responseEnded();
  void answerUpgrade(bool accepted);
  void endTunnel();
  void expectBody();
  void finish();
  void touch();
  void setDownstreamBlocked(uint8_t bit, bool blocked);
  void refuse(const base::Error& error);
  void onStreamIdle();
  void onBodyIdle();
  void onRequestTimeout();
  [[nodiscard]] bool finished() const { return response_ == Response::Complete || response_ == Response::Aborted; }

  base::Arena& arena_;
  http::MessageWriter& writer_;
  http::ServerSession& session_;
  ListenerRuntime& runtime_;
  ListenerContext& context_;
  ListenerStats& stats_;
  uint64_t maxRequestBody_;    ///< of the route, or the listener
  base::Duration streamIdle_;  ///< likewise; 0 = off
  http::MessageHead* request_ = nullptr;
  const routing::Route* route_ = nullptr;
  std::optional<FilterChain> chain_;
  event::Timer idleTimer_;
  event::Timer bodyTimer_;
  event::Timer requestTimer_;
  Request requestState_ = Request::Open;
  Response response_ = Response::None;
  Upgrade upgrade_ = Upgrade::None;
  uint8_t pauses_ = 0;     ///< api::PauseReason bits: why the request is not read
  uint8_t blocks_ = 0;     ///< why the response must wait: 1 the client, 2 a filter's buffer
  bool replying_ = false;  ///< the response is a local reply
  bool expectsContinue_ = false;
  api::StreamInfo info_;
};

/// The response flag that goes with an error; 0 for none.
[[nodiscard]] uint32_t responseFlag(base::ErrorCode code);

}  // namespace headgate::proxy
