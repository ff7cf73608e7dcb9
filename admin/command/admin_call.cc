#include "admin/command/admin_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/event/loop.h"
#include "source/event/signals.h"
#include "source/http/client_session.h"
#include "source/net/socket.h"

namespace headgate::admin {
namespace {

constexpr size_t kPiece = 64 * 1024;
const http::CodecLimits kLimits;

class Caller final : private http::ClientSessionOwner, private http::MessageSink {
 public:
  Caller(event::Loop& loop, CallRequest request, const std::function<void(std::string_view)>& onBody,
         base::Duration patience)
      : loop_(loop),
        request_(std::move(request)),
        onBody_(onBody),
        patience_(patience),
        arena_(loop.chunks()),
        timer_(loop.timers(), this, event::timerCallback<&Caller::onSilence>) {}

  base::Result<CallReply> run(const net::Address& address) {
    auto socket = net::connectTo(address);
    if (!socket) return tl::unexpected(std::move(socket.error()));
    session_ = &http::ClientSession::connect(loop_, std::move(*socket), patience_, kLimits, *this);
    while (!done_) loop_.runOnce(true);
    timer_.cancel();
    if (writer_ != nullptr) std::exchange(writer_, nullptr)->release();
    if (session_ != nullptr) session_->close();
    loop_.runOnce(false);
    if (error_) return tl::unexpected(std::move(*error_));
    return std::move(reply_);
  }

 private:
  // http::ClientSessionOwner
  void onSessionReady(http::ClientSession& session) override {
    timer_.after(patience_);
    writer_ = &session.newStream(arena_, *this);
    http::MessageHead head(arena_);
    head.method = request_.method;
    head.methodText = http::text(request_.method);
    head.scheme = "http";
    head.authority = "localhost";
    head.path = request_.target;
    head.headers.add("user-agent", "headgate");
    if (!request_.token.empty()) head.headers.addCopy("authorization", "Bearer " + request_.token);
    if (!request_.contentType.empty()) {
      head.headers.add("content-type", request_.contentType);
      head.contentLength = request_.body.size();
    }
    writer_->writeHead(head, request_.body.empty());
    pump();
  }
  void onConnectFailed(http::ClientSession& /*session*/, const base::Error& error) override {
    session_ = nullptr;
    fail(error);
  }
  void onSessionAvailable(http::ClientSession& /*session*/) override {}
  void onSessionClosed(http::ClientSession& /*session*/) override {
    session_ = nullptr;
    if (!done_)
      fail({base::ErrorCode::UpstreamReset, base::ErrorSource::Upstream, false,
            "the connection ended without an answer"});
  }

  // http::MessageSink
  void onHead(http::MessageHead& head, bool end) override {
    reply_.status = head.status;
    timer_.after(patience_);
    if (end) done_ = true;
  }
  void onData(base::Buffer& data, bool end) override {
    timer_.after(patience_);
    while (!data.empty()) {
      const std::string_view piece = data.front();
      reply_.status < 300 && onBody_ ? onBody_(piece) : void(reply_.body.append(piece));
      data.drain(piece.size());
    }
    if (end) done_ = true;
  }
  void onTrailers(http::HeaderList& /*trailers*/) override { done_ = true; }
  void onReset(const base::Error& error) override { fail(error); }
  void onWriteBlocked(bool blocked) override {
    blocked_ = blocked;
    pump();
  }

  void pump() {
    while (writer_ != nullptr && !blocked_ && !done_ && sent_ < request_.body.size()) {
      timer_.after(patience_);
      base::Buffer data(loop_.slabs());
      const size_t size = std::min(kPiece, request_.body.size() - sent_);
      data.append(std::string_view(request_.body).substr(sent_, size));
      sent_ += size;
      writer_->writeData(data, sent_ == request_.body.size());
      // What a turn may write is bounded; the rest goes on when there is room again.
      if (sent_ < request_.body.size()) return loop_.post([this] { pump(); });
    }
  }
  void onSilence() {
    fail({base::ErrorCode::UpstreamTimeout, base::ErrorSource::Upstream, false,
          fmt::format("no answer for {} seconds", patience_.count() / 1'000'000'000)});
  }
  void fail(base::Error error) {
    if (done_) return;
    done_ = true;
    error_ = std::move(error);
  }

  event::Loop& loop_;
  const CallRequest request_;
  const std::function<void(std::string_view)>& onBody_;
  const base::Duration patience_;
  base::Arena arena_;
  event::Timer timer_;
  http::ClientSession* session_ = nullptr;  ///< null once it is closed
  http::MessageWriter* writer_ = nullptr;
  CallReply reply_;
  std::optional<base::Error> error_;
  size_t sent_ = 0;
  bool blocked_ = false;
  bool done_ = false;
};

}  // namespace

base::Result<CallReply> callAdmin(const net::Address& address, CallRequest request,
                                  const std::function<void(std::string_view)>& onBody, base::Duration patience) {
  event::Signals::ignorePipe();
  event::Loop loop;
  Caller caller(loop, std::move(request), onBody, patience);
  return caller.run(address);
}

}  // namespace headgate::admin
