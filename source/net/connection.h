#pragma once
// A byte stream with a peer: reads into slabs, writes a chain once a turn, knows when the peer is slow or gone.

#include <memory>

#include "source/base/buffer.h"
#include "source/base/error.h"
#include "source/event/io_watch.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/socket.h"
#include "source/net/transport.h"

namespace headgate::net {

/// What a connection tells its owner. Any callback may close the connection; none of them may destroy it (deferDelete
/// the owner).
class ConnectionHandler {
 public:
  /// connect() succeeded (outgoing connections only).
  virtual void onConnected() {}
  virtual void onData(base::Slice bytes) = 0;
  /// The peer sent its FIN; reading is off from now on, writing still works.
  virtual void onEof() = 0;
  /// The connection failed and is closed: reset, write error, connect error, nothing written for the write-idle time.
  virtual void onLost(const base::Error& error) = 0;
  /// The write chain is fuller than the bound although it was flushed, or has emptied again.
  virtual void onWriteBlocked(bool blocked) = 0;
  /// How long the peer may take no byte while bytes wait; 0 = for ever. Looked at once in that time, so that it may
  /// take up to twice as long to tell.
  [[nodiscard]] virtual base::Duration writeIdleTimeout() const { return base::Duration(0); }
  /// All bytes have gone to the kernel (told only when `notifyDrained` asked for it, once).
  virtual void onDrained() {}

 protected:
  ~ConnectionHandler() = default;
};

/// Bytes to write go into `output()`; `flushSoon()` sends them with one system call at the end of the turn, head and
/// body together. The descriptor is watched for writability only after the kernel took less than all. Worker thread.
///
/// An outgoing connection that cannot be written because its peer went is read to its end before it is lost: a server
/// that refuses a body answers, closes, and so resets what is still being sent.
class Connection final : private event::TurnTask {
 public:
  /// The chain that may wait before the source of its bytes is paused, and the level at which it goes on (bytes).
  static constexpr size_t kHighWatermark = 64 * 1024;
  static constexpr size_t kLowWatermark = 16 * 1024;
  /// Full slabs read at one readiness; then others have their turn.
  static constexpr int kReadsPerTurn = 4;

  /// `transport`: null = plain. `connecting`: wait for connect() first.
  Connection(event::Loop& loop, Socket socket, ConnectionHandler& handler, bool connecting,
             std::unique_ptr<Transport> transport = nullptr);
  ~Connection();

  [[nodiscard]] event::Loop& loop() { return loop_; }
  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] bool isOpen() const { return socket_.valid(); }
  /// See Transport::protocol.
  [[nodiscard]] std::string_view protocol() const {
    return ownTransport_ ? ownTransport_->protocol() : std::string_view();
  }

  [[nodiscard]] base::Buffer& output() { return output_; }
  void flushSoon();
  /// Tells onDrained once when the output is empty after a flush (at the end of this turn, if it is now).
  void notifyDrained();
  [[nodiscard]] bool writeBlocked() const { return writeBlocked_; }

  /// Reading is on from the start (after connecting). Off means that the kernel's buffer fills and the peer waits; of
  /// an incoming connection a reset is still noticed.
  void setReading(bool on);
  [[nodiscard]] bool reading() const { return reading_; }

  /// Sends FIN; call when the output is empty.
  void shutdownWrite();
  /// Sends FIN once the output has gone to the kernel, at the end of this turn at the earliest; reading goes on. No
  /// byte may be added.
  void finishWriting();
  /// Closes at once; what is in the output is lost. No callback follows.
  void close();
  /// Closes with RST: the peer must not take what it has for whole.
  void reset();

  /// Whether a byte has gone to the kernel since `markUnsent()`: tells what a lost connection may have delivered.
  [[nodiscard]] bool wroteSinceMark() const { return wroteSinceMark_; }
  void markUnsent() { wroteSinceMark_ = false; }
  /// Bytes that the kernel has taken since the connection was made.
  [[nodiscard]] uint64_t bytesWritten() const { return bytesWritten_; }

 private:
  void onReady(uint8_t readiness);
  void onConnectable();
  void readAvailable();
  void runAtTurnEnd() override;
  void flush();
  void checkWatermarks();
  void failWrite(int errnum);
  void armWriteIdle(bool progress);
  void onWriteIdle();
  void lose(base::Error error);
  void updateInterest();

  event::Loop& loop_;
  ConnectionHandler& handler_;
  std::unique_ptr<Transport> ownTransport_;
  Socket socket_;
  event::IoWatch watch_;
  base::Buffer output_;
  std::unique_ptr<event::Timer> writeTimer_;  ///< only while the kernel does not take what we have
  std::unique_ptr<base::Error> writeError_;   ///< no more can be written; what the peer had sent is still being read
  uint64_t bytesWritten_ = 0;
  const bool outgoing_ : 1;
  int untaken_ = 0;  ///< in the kernel when writeTimer_ was set
  bool connecting_ : 1;
  bool reading_ : 1 = true;
  bool eof_ : 1 = false;
  bool waitingForWritable_ : 1 = false;
  bool writeBlocked_ : 1 = false;
  bool tellDrained_ : 1 = false;
  bool finishing_ : 1 = false;  ///< FIN is due behind the output
  bool wroteSinceMark_ : 1 = false;
};

}  // namespace headgate::net
