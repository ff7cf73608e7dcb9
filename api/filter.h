#pragma once
// What a filter is and what it may do: the contract between filter authors and the proxy.

#include <cstdint>
#include <string_view>

#include "api/stream_info.h"
#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/error.h"
#include "source/http/message.h"

namespace headgate::event {
class Loop;
}
namespace headgate::routing {
struct Route;
}

namespace headgate::api {

enum class FilterStatus : uint8_t {
  Continue,  ///< go on with the next filter
  Pause,     ///< stop here; `resumeRequest()` or `resumeResponse()` goes on. What comes meanwhile is buffered up to the
             ///< limit, then the sender is paused. For the terminal filter: "I have taken it".
  Done,      ///< a reply was made: only ever the value that `StreamHandle::reply` returns
};

/// Why the request side is not being read; it is read when no bit is set.
enum PauseReason : uint8_t {
  kUpstreamFull = 1,    ///< the backend takes no more for now
  kDownstreamFull = 2,  ///< (response direction) the client takes no more for now
  kFilterPaused = 4,    ///< a filter paused and its buffer is full
};

/// A stream as its filters see it. Lives until `onStreamComplete` has been called on every filter and their destructors
/// ran; all calls on the worker's thread. Calls made from within a filter callback take effect when that callback
/// returns, `reply` apart, which decides at once.
class StreamHandle {
 public:
  [[nodiscard]] virtual event::Loop& loop() = 0;
  [[nodiscard]] virtual base::Arena& arena() = 0;
  [[nodiscard]] virtual StreamInfo& info() = 0;
  /// The matched route, pinned with its config version; null when none matched or the request was invalid.
  [[nodiscard]] virtual const routing::Route* route() const = 0;
  [[nodiscard]] virtual http::MessageHead& requestHead() = 0;

  /// Answers with a structured JSON error `{"code":status,"message":...,"reason":token}` and drops the rest of the
  /// request. Before the response head has gone out this replaces the answer, which still passes the filters in reverse
  /// order; afterwards the stream is reset instead. From within a callback of the response it is made when that
  /// returns. A reply in place of a reply goes out without passing the filters again. `reasonToken` must be static
  /// text; it becomes the access log's details.
  virtual FilterStatus reply(uint16_t status, std::string_view reasonToken, std::string_view message) = 0;
  /// The same from an error: its status, token and message.
  virtual FilterStatus reply(const base::Error& error) = 0;
  /// The same with an answer of the filter's own making. `head` and `body` live as long as the arena;
  /// `head.contentLength` is set here.
  virtual FilterStatus replyWith(http::MessageHead& head, std::string_view body, std::string_view reasonToken) = 0;

  /// Only the filter that has paused the direction resumes it.
  virtual void resumeRequest() = 0;
  virtual void resumeResponse() = 0;

  /// Within onRequestTrailers, onResponseTrailers: puts everything out of `data` before the trailers, for the filters
  /// behind. (Within a callback for data a filter adds to its argument.)
  virtual void addRequestData(base::Buffer& data) = 0;
  virtual void addResponseData(base::Buffer& data) = 0;

  // For the terminal filter, which makes the response:

  /// The body is wanted: a client that waits for it (Expect) gets its 100 Continue.
  virtual void continueRequest() = 0;

  /// 1xx other than 101; passed through to the client at once.
  virtual void respondInformational(http::MessageHead& head) = 0;
  /// Begins the response; `head` must live in the arena. `end`: there is no body.
  virtual void respondHead(http::MessageHead& head, bool end) = 0;
  /// Takes everything out of `data`.
  virtual void respondData(base::Buffer& data, bool end) = 0;
  virtual void respondTrailers(http::HeaderList& trailers) = 0;
  /// The response broke off after its head: the client must see that it is truncated.
  virtual void abortResponse(const base::Error& error) = 0;
  /// Stops and restarts the delivery of request data (a set of bits: several causes may overlap).
  virtual void pauseRequest(PauseReason reason) = 0;
  virtual void unpauseRequest(PauseReason reason) = 0;

 protected:
  ~StreamHandle() = default;
};

/// One filter of one stream, placed in the stream's arena by its WorkerFilter. Requests pass the chain in order,
/// responses in reverse order. Of an upgrade (message.h) the data are those of the tunnel, in both directions. Heads
/// may be changed until the callback returns Continue, and by a filter that wants the whole body until that has been
/// shown to it. Who changes the length of a body sets or resets `contentLength` of its head. A callback is never
/// entered while another of the same stream runs in the same direction.
///
/// Per direction: one head, data while `end` was not said, and either data with `end` or the trailers. A response may
/// begin anew: a reply takes the place of one whose head has not gone out, and its head tells all filters to forget the
/// other.
class Filter {
 public:
  virtual ~Filter() = default;

  virtual FilterStatus onRequestHeaders(http::MessageHead& /*head*/, bool /*end*/) { return FilterStatus::Continue; }
  /// May take from, add to or replace `data`; what is left in it goes on.
  virtual FilterStatus onRequestData(base::Buffer& /*data*/, bool /*end*/) { return FilterStatus::Continue; }
  virtual FilterStatus onRequestTrailers(http::HeaderList& /*trailers*/) { return FilterStatus::Continue; }

  virtual FilterStatus onResponseHeaders(http::MessageHead& /*head*/, bool /*end*/) { return FilterStatus::Continue; }
  virtual FilterStatus onResponseData(base::Buffer& /*data*/, bool /*end*/) { return FilterStatus::Continue; }
  virtual FilterStatus onResponseTrailers(http::HeaderList& /*trailers*/) { return FilterStatus::Continue; }

  /// (terminal filter) The client takes no more for now, or takes again.
  virtual void onDownstreamBlocked(bool /*blocked*/) {}
  /// (terminal filter) The request cannot be completed or the response is no longer wanted: cancel upstream work. No
  /// response may follow.
  virtual void onRequestAborted(const base::Error& /*error*/) {}

  /// A request body that the filter wants whole before it decides: at most this many bytes, more is answered with 413.
  /// 0 = streams. Not asked for an upgrade, which has no body. Asked once, after onRequestHeaders has continued: then
  /// onRequestData comes once, with all, and nobody behind has seen the head.
  [[nodiscard]] virtual size_t wantsWholeRequest() const { return 0; }
  /// The same for the response; more is answered with 502.
  [[nodiscard]] virtual size_t wantsWholeResponse() const { return 0; }

  /// Exactly once, last: both directions are over. The facts are final; the filter is destroyed right after.
  virtual void onStreamComplete(const StreamInfo& /*info*/) {}
};

}  // namespace headgate::api
