#include "source/http/h2/stream.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

namespace headgate::http::h2 {

Stream::Stream(base::Arena&& arena, Endpoint& endpoint, int32_t id)
    : endpoint_(endpoint),
      arena_(std::move(arena)),
      output_(endpoint.loop().slabs()),
      input_(endpoint.loop().slabs()),
      id_(id) {
  countArena();
}

void Stream::countArena() {
  const size_t now = arena_.footprint();
  endpoint_.countMemory(static_cast<ptrdiff_t>(now) - static_cast<ptrdiff_t>(std::exchange(counted_, now)));
}

nghttp2_nv* Stream::fields(const HeaderList& headers, size_t before, size_t after) {
  auto* const all = arena_.array<nghttp2_nv>(before + headers.size() + after);
  nghttp2_nv* at = all + before;
  for (const Header& header : headers) *at++ = field(header.name, header.value);
  return all;
}

nghttp2_nv Stream::field(std::string_view name, std::string_view value) const {
  const uint8_t flags =
      endpoint_.isServer() ? NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE : NGHTTP2_NV_FLAG_NONE;
  // nghttp2 only reads; the pointers of its struct are not const for historical reasons.
  const auto bytes = [](std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

// ---- output

void Stream::writeData(base::Buffer& data, bool end) {
  if (outputState_ != Output::Open || closed_) return data.clear();
  if (remaining_) {
    // The peer would take other than the declared length for an attack: end it before it can.
    if (data.size() > *remaining_ || (end && data.size() < *remaining_)) {
      data.clear();
      return reset(ErrorCode::Internal);
    }
    *remaining_ -= data.size();
  }
  if (output_.empty()) progress_ = endpoint_.loop().now();
  endpoint_.countMemory(static_cast<ptrdiff_t>(data.size()));
  output_.append(data);
  if (end) outputState_ = Output::Ended;
  setPending(true);
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(endpoint_.session(), id_);
  endpoint_.pumpSoon();
  if (!blocked_ && output_.size() > kHighWatermark && sink_ != nullptr) {
    blocked_ = true;
    sink_->onWriteBlocked(true);
  }
}

void Stream::writeTrailers(const HeaderList& trailers) {
  if (outputState_ != Output::Open || closed_) return;
  if (remaining_.value_or(0) > 0) return reset(ErrorCode::Internal);
  if (!trailers.empty()) {
    trailers_ = fields(trailers, 0, 0);
    trailerCount_ = static_cast<uint32_t>(trailers.size());
  }
  outputState_ = Output::Ended;
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(endpoint_.session(), id_);
  endpoint_.pumpSoon();
}

size_t Stream::sendable(size_t most, bool& end) {
  const size_t bytes = std::min(most, output_.size());
  end = outputState_ == Output::Ended && bytes == output_.size();
  return bytes;
}

void Stream::send(base::Buffer& to, size_t bytes, base::MonotonicTime now) {
  to.appendFront(output_, bytes);
  endpoint_.countMemory(-static_cast<ptrdiff_t>(bytes));
  progress_ = now;
  if (output_.empty()) setPending(false);
  if (blocked_ && output_.size() <= kLowWatermark) endpoint_.unblockSoon(*this);
}

void Stream::unblock() {
  if (!blocked_ || output_.size() > kLowWatermark) return;
  blocked_ = false;
  if (sink_ != nullptr) sink_->onWriteBlocked(false);
}

void Stream::setPending(bool pending) {
  if (pending_ == pending) return;
  pending_ = pending;
  endpoint_.outputPending(pending);
}

void Stream::reset(ErrorCode code) {
  if (closed_) return;
  outputState_ = Output::Reset;
  endpoint_.countMemory(-static_cast<ptrdiff_t>(output_.size()));
  output_.clear();
  setPending(false);
  nghttp2_submit_rst_stream(endpoint_.session(), NGHTTP2_FLAG_NONE, id_, static_cast<uint32_t>(code));
  endpoint_.pumpSoon();
}

// ---- input

void Stream::receiveData(base::Slice bytes) {
  bodyBegun_ = true;
  untaken_ += static_cast<uint32_t>(bytes.size());
  if (inputState_ != Input::Open || sink_ == nullptr) return take(untaken_);
  if (inputRemaining_) {
    if (bytes.size() > *inputRemaining_) {
      take(untaken_);
      return malformed(
          {base::ErrorCode::BadRequest, base::ErrorSource::Downstream, false, "more DATA than content-length says"});
    }
    *inputRemaining_ -= bytes.size();
  }
  input_.append(std::move(bytes));
  endpoint_.deliverSoon(*this);
}

void Stream::receiveEnd() {
  if (inputState_ != Input::Open) return;
  if (inputRemaining_.value_or(0) > 0) {
    return malformed(
        {base::ErrorCode::BadRequest, base::ErrorSource::Downstream, false, "less DATA than content-length says"});
  }
  inputState_ = Input::Ended;
  endpoint_.deliverSoon(*this);
}

void Stream::deliver() {
  queued_ = false;
  if (sink_ == nullptr || inputState_ == Input::Told || inputState_ == Input::Reset) {
    input_.clear();
    return take(untaken_);
  }
  if (!reading_) return;
  const bool ended = inputState_ == Input::Ended;
  const bool endsWithData = ended && inputTrailers_ == nullptr;
  if (ended) inputState_ = Input::Told;
  if (!input_.empty() || endsWithData) {
    base::Buffer data(std::move(input_));
    sink_->onData(data, endsWithData);
  }
  if (ended && !endsWithData && sink_ != nullptr) sink_->onTrailers(*inputTrailers_);
  if (reading_) take(untaken_);
}

void Stream::setReading(bool on) {
  if (reading_ == on) return;
  reading_ = on;
  if (!on) return;
  if (!input_.empty() || inputState_ == Input::Ended) {
    endpoint_.deliverSoon(*this);
    endpoint_.pumpSoon();
  } else {
    take(untaken_);
  }
}

// Returns the window of `bytes`. What follows the end of a message needs none of the stream's.
void Stream::take(size_t bytes) {
  if (bytes == 0) return;
  untaken_ -= static_cast<uint32_t>(bytes);
  if (closed_ || inputState_ != Input::Open) {
    nghttp2_session_consume_connection(endpoint_.session(), bytes);
  } else {
    nghttp2_session_consume(endpoint_.session(), id_, bytes);
  }
  endpoint_.pumpSoon();
}

// ---- the end

void Stream::fail(const base::Error& error) {
  if (inputState_ == Input::Reset) return;
  inputState_ = Input::Reset;
  input_.clear();
  take(untaken_);
  if (sink_ != nullptr) sink_->onReset(error);
}

void Stream::closed() {
  closed_ = true;
  endpoint_.countMemory(-static_cast<ptrdiff_t>(output_.size()));
  output_.clear();
  setPending(false);
  if (sink_ == nullptr) {
    input_.clear();
    take(untaken_);
    endpoint_.disown(*this);
  }
}

void Stream::detach() {
  sink_ = nullptr;
  input_.clear();
  take(untaken_);
  if (closed_) endpoint_.disown(*this);
}

}  // namespace headgate::http::h2
