#include "admin/exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/config/object.h"

namespace headgate::admin {
namespace {

// The media type without its parameters, lower-case.
std::string mediaType(std::string_view field) {
  std::string type(base::trim(field.substr(0, field.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), base::lower);
  return type;
}

bool accepts(BodyKind kind, std::string_view type) {
  switch (kind) {
    case BodyKind::None: return true;
    case BodyKind::Json: return type == kJson;
    case BodyKind::Patch: return type == kJson || type == "application/merge-patch+json";
    case BodyKind::Lines: return type == kJson || type == kNdjson;
  }
  return false;
}

bool mayUse(server::AdminRole role, Access access) {
  switch (access) {
    case Access::Public:
    case Access::Viewer: return true;
    case Access::Operator: return role != server::AdminRole::Viewer;
    case Access::Admin: return role == server::AdminRole::Admin;
  }
  return false;
}

std::string_view rawTarget(const http::MessageHead& head) { return head.rawPath.empty() ? head.path : head.rawPath; }

}  // namespace

Exchange::Exchange(base::Arena& arena, http::MessageWriter& writer, http::ServerSession& session, Gate& gate)
    : arena_(arena),
      writer_(writer),
      session_(session),
      gate_(gate),
      call_(std::make_shared<Call>(static_cast<AnswerSink&>(*this), gate.audit, session.loop())),
      idleTimer_(session.loop().timers(), this, event::timerCallback<&Exchange::onBodyIdle>),
      totalTimer_(session.loop().timers(), this, event::timerCallback<&Exchange::onBodyLate>) {}

// ---- the request

void Exchange::onHead(http::MessageHead& head, bool end) {
  request_.head = &head;
  headOnly_ = head.method == http::Method::Head;
  requestComplete_ = end;
  std::optional<Answer> refusal = check(head);
  if (!refusal) refusal = checkBody(head, end);
  if (refusal) return refuse(std::move(*refusal));
  state_ = State::Receiving;
  if (route_->stream) receiver_ = route_->stream(request_, Responder(call_));
  if (end) return requestEnded();
  if (state_ == State::Receiving) expectBody(head);
}

std::optional<Answer> Exchange::check(const http::MessageHead& head) {
  const net::IpAddress& peer = session_.peer();
  if (auto problem = crossSiteProblem(head, gate_.authenticator.open(), peer.empty())) return problem;

  auto target = Target::parse(rawTarget(head));
  RouteTable::Match match;
  if (target) match = gate_.routes.match(head.method, target->segments);
  const bool isPublic = match.route != nullptr && match.route->access == Access::Public;
  if (isPublic) {
    request_.caller = {"anonymous", server::AdminRole::Viewer, peer.empty() ? "unix" : peer.text()};
  } else {
    // Before anything is told about what there is.
    auto identified = gate_.authenticator.identify(head, peer, session_.loop().now());
    if (auto* refused = std::get_if<Answer>(&identified)) return std::move(*refused);
    request_.caller = std::get<Caller>(std::move(identified));
  }

  if (!target) return problem(target.error());
  if (match.route == nullptr) {
    if (match.allowed.empty())
      return problem(404, "not_found", "there is nothing at this path; GET /help lists what there is");
    Answer answer =
        problem(405, "method_not_allowed", fmt::format("{} is not for this path", config::quotedText(head.methodText)));
    answer.fields.emplace_back("allow", RouteTable::allowField(match.allowed));
    return answer;
  }
  route_ = match.route;
  request_.captures = std::move(match.captures);
  request_.query = std::move(target->query);
  if (route_->mutates()) {
    call_->audited({0, request_.caller, std::string(head.methodText), std::string(rawTarget(head)), 0, {}});
  }
  if (!mayUse(request_.caller.role, route_->access)) {
    return problem(403, "forbidden",
                   fmt::format("this needs the role {}; the token of {} has the role {}", accessName(route_->access),
                               config::quotedText(request_.caller.name), server::adminRoleName(request_.caller.role)));
  }
  return checkQuery();
}

std::optional<Answer> Exchange::checkQuery() const {
  for (const auto& [name, value] : request_.query.all()) {
    if (std::find(route_->query.begin(), route_->query.end(), name) != route_->query.end()) continue;
    const std::vector<std::string_view> known(route_->query.begin(), route_->query.end());
    std::string message = "there is no query parameter " + config::quotedText(name);
    if (const std::string_view* near = config::Object::nearest(name, known))
      message += "; did you mean " + config::quotedText(*near) + "?";
    return problem(400, "invalid_query", message);
  }
  return std::nullopt;
}

std::optional<Answer> Exchange::checkBody(const http::MessageHead& head, bool end) const {
  if (end) return std::nullopt;
  if (route_->body == BodyKind::None) return problem(400, "invalid_body", "this operation takes no body");
  if (head.contentLength.value_or(0) > bodyLimit())
    return problem(413, "body_too_large", fmt::format("the body is larger than {} bytes", bodyLimit()));
  if (!head.headers.get("content-encoding").empty())
    return problem(415, "unsupported_media_type", "a body must come as it is, without Content-Encoding");
  const std::string type = mediaType(head.headers.get(http::HeaderName::ContentType));
  if (accepts(route_->body, type)) return std::nullopt;
  return problem(415, "unsupported_media_type",
                 fmt::format("expected Content-Type: {}, got {}", route_->body == BodyKind::Lines ? kNdjson : kJson,
                             config::quotedText(type)));
}

void Exchange::expectBody(const http::MessageHead& head) {
  idleTimer_.after(kBodyIdle);
  totalTimer_.after(kBodyTotal);
  if (!head.expectContinue) return;
  http::MessageHead interim(arena_);
  interim.status = 100;
  writer_.writeInformational(interim);
}

void Exchange::onInvalidRequest(http::MessageHead& partial, const base::Error& error) {
  request_.head = &partial;
  headOnly_ = partial.method == http::Method::Head;
  refuse(problem(error));
}

void Exchange::onData(base::Buffer& data, bool end) {
  requestComplete_ = requestComplete_ || end;
  if (state_ != State::Receiving) return data.clear();
  idleTimer_.after(kBodyIdle);
  received_ += data.size();
  if (received_ > bodyLimit()) {
    data.clear();
    return refuse(problem(413, "body_too_large", fmt::format("the body is larger than {} bytes", bodyLimit())));
  }
  while (!data.empty() && state_ == State::Receiving) {
    const std::string_view piece = data.front();
    take(piece);
    data.drain(piece.size());
  }
  data.clear();
  if (end) requestEnded();
}

void Exchange::take(std::string_view bytes) {
  if (!receiver_) {
    request_.body.append(bytes);
  } else if (!receiver_->onBytes(bytes)) {
    receiver_.reset();
  }
}

void Exchange::onTrailers(http::HeaderList& /*trailers*/) {
  requestComplete_ = true;
  requestEnded();
}

void Exchange::requestEnded() {
  idleTimer_.cancel();
  totalTimer_.cancel();
  if (state_ != State::Receiving) return;
  state_ = State::Handling;
  if (!receiver_ && route_->handle) return route_->handle(request_, Responder(call_));
  if (receiver_) receiver_->onEnd();
}

void Exchange::onReset(const base::Error& error) {
  if (state_ == State::Done) return;
  const bool answerable = error.source == base::ErrorSource::Downstream && base::httpStatus(error.code) != 0;
  if (answerable && (state_ == State::Checking || state_ == State::Receiving)) return refuse(problem(error));
  finish();
}

void Exchange::onBodyIdle() { refuse(problem(408, "request_timeout", "the request body stopped coming")); }
void Exchange::onBodyLate() { refuse(problem(408, "request_timeout", "the request body did not come whole in time")); }

// ---- the answer

void Exchange::answer(Answer answer, Responder::Producer producer) {
  if (state_ == State::Sending || state_ == State::Done) return;
  state_ = State::Sending;
  receiver_.reset();
  idleTimer_.cancel();
  totalTimer_.cancel();
  if (!requestComplete_) writer_.closeAfterStream();

  http::MessageHead head(arena_);
  head.status = answer.status;
  if (!producer && answer.status != 204) head.contentLength = answer.body.size();
  if (!answer.contentType.empty() && answer.status != 204)
    head.headers.add(http::HeaderName::ContentType, answer.contentType);
  for (const auto& [name, value] : answer.fields) head.headers.add(name, arena_.copy(value));
  head.headers.add("cache-control", "no-store");
  head.headers.add("x-content-type-options", "nosniff");
  head.headers.add(http::HeaderName::Server, "headgate");

  const bool empty = headOnly_ || (!producer && answer.body.empty());
  writer_.writeHead(head, empty);
  if (empty) return finish();
  body_ = std::move(answer.body);
  producer_ = std::move(producer);
  pump();
}

// One piece a turn: whatever an answer's size, probes and health checks have their turn in between.
void Exchange::pump() {
  pumping_ = false;
  if (state_ != State::Sending || blocked_) return;
  if (written_ == body_.size() && producer_) {
    body_.clear();
    written_ = 0;
    if (!producer_(body_)) producer_ = nullptr;
  }
  const size_t size = std::min(Responder::kPiece, body_.size() - written_);
  const bool last = !producer_ && written_ + size == body_.size();
  write(std::string_view(body_).substr(written_, size), last);
  written_ += size;
  last ? finish() : pumpSoon();
}

void Exchange::write(std::string_view bytes, bool end) {
  base::Buffer data(session_.loop().slabs());
  data.append(bytes);
  if (end || !data.empty()) writer_.writeData(data, end);
}

void Exchange::pumpSoon() {
  if (pumping_) return;
  pumping_ = true;
  session_.loop().post([this, call = call_] {
    if (call->attached()) pump();
  });
}

void Exchange::onWriteBlocked(bool blocked) {
  blocked_ = blocked;
  if (!blocked && state_ == State::Sending) pumpSoon();
}

void Exchange::finish() {
  if (state_ == State::Done) return;
  state_ = State::Done;
  call_->detach();
  receiver_.reset();
  producer_ = nullptr;
  idleTimer_.cancel();
  totalTimer_.cancel();
  session_.loop().atTurnEnd(*this);
}

void Exchange::runAtTurnEnd() {
  writer_.release();
  this->~Exchange();  // the arena goes with the codec's stream
}

}  // namespace headgate::admin
