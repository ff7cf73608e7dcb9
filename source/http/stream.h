#pragma once
// The two half-pipes of a stream: what receives a message and what sends one. The same pair for requests and responses,
// downstream and upstream, HTTP/1.1 and HTTP/2.

#include "source/base/buffer.h"
#include "source/base/error.h"
#include "source/http/message.h"

namespace headgate::http {

/// Receives one message of a stream from a codec: [informational]* head data* [trailers], the last of them with `end`,
/// or a reset at any point. After `onReset`, and after the writer was released, nothing follows. Worker thread.
/// Of an upgrade (message.h) the data are those of the tunnel; they come only once it was accepted.
class MessageSink {
 public:
  /// A 1xx response other than 101 (responses only).
  virtual void onInformational(MessageHead& /*head*/) {}
  /// `head` lives until the writer of this stream is released; the sink may change it.
  virtual void onHead(MessageHead& head, bool end) = 0;
  /// The sink takes what it wants out of `data`; the rest is dropped. May still come after `pauseReading`, for what was
  /// read already (bounded by one read of the connection).
  virtual void onData(base::Buffer& data, bool end) = 0;
  /// Ends the message. `trailers` lives as long as the head.
  virtual void onTrailers(HeaderList& trailers) = 0;
  /// The message will not be completed, and neither can the opposite one. `error.retryable` and its code say how far
  /// the stream had come.
  virtual void onReset(const base::Error& error) = 0;
  /// The opposite direction of the same stream: the peer takes no more bytes for now (stop producing), or takes them
  /// again.
  virtual void onWriteBlocked(bool blocked) = 0;

 protected:
  ~MessageSink() = default;
};

/// Sends one message of a stream, and controls the delivery of the opposite one. Belongs to the codec; valid until
/// `release`. Worker thread.
/// In a tunnel `end` closes one direction and the other goes on; what is written before the peer has accepted the
/// upgrade waits here, and is dropped when it refuses. It has no trailers.
class MessageWriter {
 public:
  virtual void writeInformational(const MessageHead& head) = 0;
  /// `head` is only read, during the call. The codec adds the framing that its protocol wants.
  virtual void writeHead(const MessageHead& head, bool end) = 0;
  /// Takes everything out of `data`.
  virtual void writeData(base::Buffer& data, bool end) = 0;
  /// Ends the message.
  virtual void writeTrailers(const HeaderList& trailers) = 0;

  /// Stops and restarts the delivery of the opposite message (HTTP/1: the socket is not read; HTTP/2: no window is
  /// returned).
  virtual void setReading(bool on) = 0;
  /// After this stream its connection must not carry another (HTTP/1: `Connection: close`). Before the head is written.
  virtual void closeAfterStream() = 0;
  /// The user is done: no callback follows and the writer is gone. What is not complete in either direction is aborted,
  /// visibly for the peer (a response without its end closes the connection or resets the stream).
  virtual void release() = 0;

 protected:
  ~MessageWriter() = default;
};

/// The receiver of a request on a server: a MessageSink that also hears of requests that were refused before they had a
/// valid head.
class RequestSink : public MessageSink {
 public:
  /// Instead of onHead: the request is malformed, too large or late. The sink answers through the writer (the
  /// connection closes after it). `partial` holds what could be read of the head.
  virtual void onInvalidRequest(MessageHead& partial, const base::Error& error) = 0;

 protected:
  ~RequestSink() = default;
};

}  // namespace headgate::http
