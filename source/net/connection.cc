#include "source/net/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace headgate::net {
namespace {

constexpr size_t kVectors = 64;

base::Error lostError(base::ErrorCode code, std::string_view what, int errnum) {
  base::Error error = base::ioError(what, errnum);
  error.code = code;
  return error;
}

}  // namespace

Connection::Connection(event::Loop& loop, Socket socket, ConnectionHandler& handler, bool connecting,
                       std::unique_ptr<Transport> transport)
    : loop_(loop),
      handler_(handler),
      ownTransport_(std::move(transport)),
      socket_(std::move(socket)),
      watch_(loop, socket_.fd(), this, event::ioCallback<&Connection::onReady>),
      output_(loop.slabs()),
      outgoing_(connecting),
      connecting_(connecting) {
  updateInterest();
}

Connection::~Connection() { close(); }

void Connection::updateInterest() {
  if (!isOpen()) return;
  const bool wantRead = !connecting_ && reading_ && !eof_;
  const bool wantWrite = connecting_ || waitingForWritable_;
  // A server's response may lie before its reset and is read to the end; from a client that is gone nothing is wanted.
  if (!wantRead && !wantWrite) return watch_.want(outgoing_ ? 0 : event::kError);
  watch_.want(static_cast<uint8_t>((wantRead ? event::kReadable : 0) | (wantWrite ? event::kWritable : 0)));
}

void Connection::onReady(uint8_t readiness) {
  if (connecting_) return onConnectable();
  if (readiness == event::kError) {
    if (const int error = pendingError(fd()); error != 0) lose(lostError(base::ErrorCode::Io, "read", error));
    return;
  }
  if ((readiness & event::kWritable) != 0) flush();
  if (isOpen() && (readiness & event::kReadable) != 0) readAvailable();
}

void Connection::onConnectable() {
  const int error = pendingError(fd());
  if (error != 0) return lose(lostError(base::ErrorCode::ConnectFailed, "cannot connect", error));
  connecting_ = false;
  updateInterest();
  handler_.onConnected();
  if (isOpen() && !output_.empty()) flushSoon();
}

void Connection::readAvailable() {
  Transport& transport = ownTransport_ ? *ownTransport_ : plainTransport();
  for (int i = 0; i < kReadsPerTurn && isOpen() && reading_ && !eof_; ++i) {
    base::Slab* slab = loop_.slabs().takeLarge();
    const IoResult result = transport.read(fd(), slab->data(), slab->capacity);
    base::Slice bytes(slab, slab->data(), static_cast<uint32_t>(result.bytes));
    --slab->refs;  // the slice holds it
    switch (result.status) {
      case IoStatus::Done:
        handler_.onData(std::move(bytes));
        // A short read has emptied the socket: asking again would be a system call for nothing.
        if (result.bytes < base::SlabPool::kLargeBytes) return;
        break;
      case IoStatus::WouldBlock: return;
      case IoStatus::Eof:
        eof_ = true;
        if (writeError_) return lose(std::move(*writeError_));
        updateInterest();
        handler_.onEof();
        return;
      case IoStatus::Failed: return lose(lostError(base::ErrorCode::Io, "read", result.errnum));
    }
  }
}

void Connection::flushSoon() {
  if (isOpen() && !connecting_) loop_.atTurnEnd(*this);
}

void Connection::notifyDrained() {
  tellDrained_ = true;
  flushSoon();
}

void Connection::runAtTurnEnd() {
  if (!isOpen()) return;
  // A full socket is not tried again before it says that it has room; what joined the queue meanwhile still counts.
  waitingForWritable_ ? checkWatermarks() : flush();
}

void Connection::flush() {
  if (writeError_) return output_.clear();
  Transport& transport = ownTransport_ ? *ownTransport_ : plainTransport();
  bool progress = false;
  while (!output_.empty()) {
    iovec vectors[kVectors];
    const size_t count = output_.iovecs(vectors, kVectors);
    size_t offered = 0;
    for (size_t i = 0; i < count; ++i) offered += vectors[i].iov_len;
    const IoResult result = transport.write(fd(), vectors, count);
    if (result.status == IoStatus::Failed) return failWrite(result.errnum);
    if (result.status == IoStatus::WouldBlock) break;
    wroteSinceMark_ = true;
    bytesWritten_ += result.bytes;
    progress = true;
    output_.drain(result.bytes);
    if (result.bytes < offered) break;
  }
  waitingForWritable_ = !output_.empty();
  updateInterest();
  armWriteIdle(progress);
  checkWatermarks();
  if (isOpen() && output_.empty() && tellDrained_) {
    tellDrained_ = false;
    handler_.onDrained();
  }
  if (isOpen() && !waitingForWritable_ && finishing_) {
    finishing_ = false;
    shutdownWrite();
  }
}

void Connection::checkWatermarks() {
  if (!writeBlocked_ && output_.size() > kHighWatermark) {
    writeBlocked_ = true;
    handler_.onWriteBlocked(true);
  } else if (writeBlocked_ && output_.size() <= kLowWatermark) {
    writeBlocked_ = false;
    handler_.onWriteBlocked(false);
  }
}

void Connection::failWrite(int errnum) {
  base::Error error = lostError(base::ErrorCode::Io, "write", errnum);
  const bool peerWent = errnum == EPIPE || errnum == ECONNRESET;
  if (!outgoing_ || !peerWent || !reading_ || eof_) return lose(std::move(error));
  writeError_ = std::make_unique<base::Error>(std::move(error));
  output_.clear();
  writeTimer_.reset();
  waitingForWritable_ = false;
  updateInterest();
}

void Connection::armWriteIdle(bool progress) {
  if (output_.empty()) {
    writeTimer_.reset();
    return;
  }
  if (!writeTimer_) {
    writeTimer_ = std::make_unique<event::Timer>(loop_.timers(), this, event::timerCallback<&Connection::onWriteIdle>);
  } else if (!progress) {
    return;
  }
  untaken_ = untakenBytes(fd());
  writeTimer_->after(handler_.writeIdleTimeout());
}

void Connection::onWriteIdle() {
  // The kernel calls a socket writable only when a third of its buffer is free: megabytes, for which a slow peer may
  // need longer.
  const int before = std::exchange(untaken_, untakenBytes(fd()));
  if (untaken_ < before) return writeTimer_->after(handler_.writeIdleTimeout());
  lose({base::ErrorCode::DownstreamWriteIdle, base::ErrorSource::Downstream, false, "the peer took no byte in time"});
}

void Connection::setReading(bool on) {
  if (reading_ == on) return;
  reading_ = on;
  updateInterest();
}

void Connection::shutdownWrite() {
  if (isOpen()) (ownTransport_ ? *ownTransport_ : plainTransport()).shutdownWrite(fd());
}

void Connection::finishWriting() {
  finishing_ = true;
  flushSoon();
}

void Connection::lose(base::Error error) {
  close();
  handler_.onLost(error);
}

void Connection::close() {
  if (!isOpen()) return;
  watch_.want(0);
  writeTimer_.reset();
  loop_.cancelTurnTask(*this);
  socket_.close();
  output_.clear();
}

void Connection::reset() {
  if (!isOpen()) return;
  const linger abort{1, 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  close();
}

}  // namespace headgate::net
