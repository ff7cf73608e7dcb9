#pragma once
// An exchange to log: everything set, for tests to change.

#include <string_view>

#include "api/stream_info.h"
#include "source/base/arena.h"
#include "source/http/message.h"

namespace headgate::format {

/// A request that was retried once and answered. Views point to static text or into its arena.
struct Exchange {
  Exchange() {
    request.method = http::Method::Post;
    request.methodText = "POST";
    request.scheme = "http";
    request.authority = "locations";
    request.path = "/api/v1/locations?q=1";
    request.headers.add("x-forwarded-for", "10.0.35.28");
    request.headers.add("user-agent", "nsq2http");
    request.headers.add("x-request-id", "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2");
    response.status = 204;
    response.headers.add("server", "origin");
    attempts[0] = {"10.0.2.1:80", "upstream_connect_failed", &attempts[1]};
    attempts[1] = {"10.0.2.2:80", "204", nullptr};
    info.startWall = 1'460'751'437'310'000'000;  // 2016-04-15T20:17:17.310Z
    info.start = 5'000'000'000;
    info.requestComplete = info.start + 1'500'000;
    info.upstreamStart = info.start + 2'000'000;
    info.responseHead = info.upstreamStart + 100'250'000;
    info.end = info.start + 226'999'000;
    info.request = &request;
    info.response = &response;
    info.status = 204;
    info.details = "via_upstream";
    info.bytesReceived = 154;
    info.bytesSent = 0;
    info.connectionId = 7;
    info.peerText = "192.0.2.8";
    info.clientText = "192.0.2.9";
    info.clientId = "locations-app";
    info.limit = api::LimitDecision::Allowed;
    info.clusterName = "app";
    info.upstreamHost = "10.0.2.2:80";
    info.client = net::IpAddress::parse("192.0.2.9", 55555).value();
    info.peer = net::IpAddress::parse("192.0.2.8", 44444).value();
    info.upstreamProtocol = "HTTP/1.1";
    info.upstreamFailure = "connect: Connection refused";
    info.requestSent = info.start + 3'000'000;
    info.responseTrailers = &trailers;
    trailers.add("x-md5", "abc");
    trailers.add("grpc-status", "5");
    request.wireBytes = 321;
    info.attemptCount = 2;
    info.attempts = attempts;
  }

  base::ChunkPool pool;
  base::Arena arena{pool};
  http::MessageHead request{arena};
  http::MessageHead response{arena};
  http::HeaderList trailers{arena};
  api::Attempt attempts[2];
  api::StreamInfo info;
};

}  // namespace headgate::format
