"""Malformed requests: each is refused with its status, logged, and nothing behind it is taken for a request."""

from support.backend import serving
from support.case import Case
from support.headgate import config

LIMITS = {"max_request_headers": 2048, "max_header_count": 20, "max_request_body": 100}
BEHIND = b"GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n"


def head(*lines, first="GET / HTTP/1.1", host="Host: test"):
    """A request head; `host` None: without that line."""
    return "".join(line + "\r\n" for line in (first, host, *lines, "") if line is not None).encode("latin-1")


def chunked(body, *lines):
    return head("Transfer-Encoding: chunked", *lines, first="POST / HTTP/1.1") + body


# (what, bytes, status, reason)
HEADS = [
    # Two ways to tell where the body ends.
    ("Content-Length and Transfer-Encoding", head("Content-Length: 5", "Transfer-Encoding: chunked", first="POST / HTTP/1.1") + b"0\r\n\r\n", 400, "bad_request"),
    ("Transfer-Encoding and Content-Length", head("Transfer-Encoding: chunked", "Content-Length: 0", first="POST / HTTP/1.1") + b"0\r\n\r\n", 400, "bad_request"),
    ("two lengths", head("Content-Length: 5", "Content-Length: 0") + b"hello", 400, "bad_request"),
    ("the same length twice", head("Content-Length: 5", "Content-Length: 5") + b"hello", 400, "bad_request"),
    ("a list of lengths", head("Content-Length: 5, 5") + b"hello", 400, "bad_request"),
    ("a signed length", head("Content-Length: +5") + b"hello", 400, "bad_request"),
    ("a negative length", head("Content-Length: -1"), 400, "bad_request"),
    ("a hexadecimal length", head("Content-Length: 0x5") + b"hello", 400, "bad_request"),
    ("a length with a space", head("Content-Length: 1 0") + b"hello", 400, "bad_request"),
    ("an empty length", head("Content-Length:"), 400, "bad_request"),
    ("a length over 64 bits", head("Content-Length: 18446744073709551616"), 400, "bad_request"),
    ("an unknown coding", head("Transfer-Encoding: gzip"), 501, "not_implemented"),
    ("an unknown coding before chunked", head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", 501, "not_implemented"),
    ("chunked before an unknown coding", head("Transfer-Encoding: chunked, identity") + b"0\r\n\r\n", 501, "not_implemented"),
    ("chunked twice", head("Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n", 400, "bad_request"),
    ("chunked on two lines", head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + b"0\r\n\r\n", 400, "bad_request"),
    ("an empty coding", head("Transfer-Encoding:") + b"0\r\n\r\n", 400, "bad_request"),
    ("chunked behind a vertical tab", head("Transfer-Encoding: \vchunked") + b"0\r\n\r\n", 400, "bad_request"),
    ("Transfer-Encoding in HTTP/1.0", head("Transfer-Encoding: chunked", first="POST / HTTP/1.0") + b"0\r\n\r\n", 400, "bad_request"),
    ("TRACE with a body", head("Content-Length: 5", first="TRACE / HTTP/1.1") + b"hello", 400, "bad_request"),
    # Lines.
    ("a folded line", head("X-A: 1", " folded: 2"), 400, "bad_request"),
    ("a first field that begins with a space", head(" X-A: 1", host=None), 400, "bad_request"),
    ("a bare LF", b"GET / HTTP/1.1\nHost: test\n\n", 400, "bad_request"),
    ("a bare LF behind a field", b"GET / HTTP/1.1\r\nHost: test\nX: 1\r\n\r\n", 400, "bad_request"),
    ("a bare LF as the end", b"GET / HTTP/1.1\r\nHost: test\r\n\n", 400, "bad_request"),
    ("a bare CR in a value", head("X-A: a\rTransfer-Encoding: chunked"), 400, "bad_request"),
    ("a bare CR in the request line", head(first="GET /\r HTTP/1.1"), 400, "bad_request"),
    ("a bare CR before the request line", b"\rGET / HTTP/1.1\r\nHost: test\r\n\r\n", 400, "bad_request"),
    ("too many empty lines", b"\r\n" * 5 + head(), 400, "bad_request"),
    ("NUL in a value", head("X-A: a\0b"), 400, "bad_request"),
    ("NUL in a name", head("X\0A: 1"), 400, "bad_request"),
    ("NUL in the target", head(first="GET /\0 HTTP/1.1"), 400, "bad_request"),
    ("DEL in a value", head("X-A: \x7f"), 400, "bad_request"),
    ("a space before the colon", head("Content-Length : 5"), 400, "bad_request"),
    ("a tab before the colon", head("Transfer-Encoding\t: chunked"), 400, "bad_request"),
    ("a line without a colon", head("X-A"), 400, "bad_request"),
    ("a line without a name", head(": 1"), 400, "bad_request"),
    ("a name that is no token", head("X(A): 1"), 400, "bad_request"),
    ("a name of obs-text", head("X\xe9: 1"), 400, "bad_request"),
    # Host and target.
    ("no Host", head(host=None), 400, "bad_request"),
    ("two Hosts", head("Host: test"), 400, "bad_request"),
    ("an empty Host", head(host="Host:"), 400, "bad_request"),
    ("a Host with user information", head(host="Host: user@test"), 400, "bad_request"),
    ("a Host with a path", head(host="Host: test/x"), 400, "bad_request"),
    ("a list of Hosts", head(host="Host: a, b"), 400, "bad_request"),
    ("a Host with a bad port", head(host="Host: test:65536"), 400, "bad_request"),
    ("a Host that is a bad IPv6 address", head(host="Host: [::g]"), 400, "bad_request"),
    ("an absolute target for another Host", head(first="GET http://other/ HTTP/1.1"), 400, "bad_request"),
    ("an absolute target with user information", head(first="GET http://user:secret@test/ HTTP/1.1"), 400, "bad_request"),
    ("an absolute target of another scheme", head(first="GET ftp://test/ HTTP/1.1"), 400, "bad_request"),
    ("a target that is no path", head(first="GET index.html HTTP/1.1"), 400, "bad_request"),
    ("an asterisk for GET", head(first="GET * HTTP/1.1"), 400, "bad_request"),
    ("a target with a fragment", head(first="GET /a#b HTTP/1.1"), 400, "bad_request"),
    ("a target above the root", head(first="GET /a/../../b HTTP/1.1"), 400, "bad_request"),
    ("a target with %00", head(first="GET /%00 HTTP/1.1"), 400, "bad_request"),
    ("a target with bad percent-encoding", head(first="GET /%4 HTTP/1.1"), 400, "bad_request"),
    ("a target with a raw byte", head(first="GET /\xe9 HTTP/1.1"), 400, "bad_request"),
    ("CONNECT", head(first="CONNECT test:443 HTTP/1.1"), 405, "method_not_allowed"),
    # The request line.
    ("HTTP/0.9", b"GET /\r\n", 400, "bad_request"),
    ("HTTP/2.0", head(first="GET / HTTP/2.0"), 505, "version_not_supported"),
    ("the preface of HTTP/2 with a field in it", b"PRI * HTTP/2.0\r\nA: b\r\n\r\n", 505, "version_not_supported"),
    ("a version in small letters", head(first="GET / http/1.1"), 400, "bad_request"),
    ("a version of two digits", head(first="GET / HTTP/1.10"), 400, "bad_request"),
    ("two spaces", head(first="GET  / HTTP/1.1"), 400, "bad_request"),
    ("a space at the end", head(first="GET / HTTP/1.1 "), 400, "bad_request"),
    ("a tab in place of a space", head(first="GET\t/ HTTP/1.1"), 400, "bad_request"),
    ("a target with a space", head(first="GET /a b HTTP/1.1"), 400, "bad_request"),
    ("a method that is no token", head(first="G@T / HTTP/1.1"), 400, "bad_request"),
    ("a TLS hello", b"\x16\x03\x01\x00\xa5\x01\x00", 400, "bad_request"),
    ("an unknown expectation", head("Expect: the-unexpected"), 417, "expectation_failed"),
    ("too many names in Connection", head("Connection: " + ", ".join(f"x{i}" for i in range(17))), 400, "bad_request"),
    ("a name in Connection that is no token", head("Connection: a b"), 400, "bad_request"),
    # Sizes.
    ("a request line over the limit", b"GET /" + b"a" * 2048, 414, "uri_too_long"),
    ("a head over the limit", head("X-A: " + "a" * 2048), 431, "headers_too_large"),
    ("too many lines", head(*("X: 1",) * 20), 431, "headers_too_large"),
    ("a length over the limit", head("Content-Length: 101", first="POST / HTTP/1.1") + b"a" * 101, 413, "body_too_large"),
]

BODIES = [
    ("a chunk size that is no number", chunked(b"x\r\n"), 400, "bad_request"),
    ("a negative chunk size", chunked(b"-1\r\n"), 400, "bad_request"),
    ("a chunk size with 0x", chunked(b"0x5\r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("an empty chunk size", chunked(b"\r\n"), 400, "bad_request"),
    ("a chunk size behind a space", chunked(b" 5\r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a space behind a chunk size", chunked(b"5 \r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a chunk size over 63 bits", chunked(b"8000000000000000\r\n"), 400, "bad_request"),
    ("a chunk size of 17 digits", chunked(b"00000000000000005\r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a chunk size behind which stands LF", chunked(b"5\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a chunk size behind which stands CR", chunked(b"5\rhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a chunk that is longer than its size", chunked(b"5\r\nhello!\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a chunk behind which stands LF", chunked(b"5\r\nhello\n0\r\n\r\n"), 400, "bad_request"),
    ("a chunk behind which stands CR", chunked(b"5\r\nhello\rX0\r\n\r\n"), 400, "bad_request"),
    ("an extension with a bare LF", chunked(b"5;a\nb\r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("a malformed extension", chunked(b"5;=1\r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("an extension over the limit", chunked(b"5;" + b"a" * 257 + b"\r\nhello\r\n0\r\n\r\n"), 400, "bad_request"),
    ("more extensions than data", chunked((b"1;" + b"a" * 250 + b"\r\nx\r\n") * 20 + b"0\r\n\r\n"), 400, "bad_request"),
    ("a trailer that is folded", chunked(b"0\r\nX: 1\r\n y\r\n\r\n"), 400, "bad_request"),
    ("a trailer with a bare LF", chunked(b"0\r\nX: 1\nY: 2\r\n\r\n"), 400, "bad_request"),
    ("a trailer that frames", chunked(b"0\r\nContent-Length: 5\r\n\r\n"), 400, "bad_request"),
    ("a trailer that addresses", chunked(b"0\r\nHost: other\r\n\r\n"), 400, "bad_request"),
    ("trailers over the limit", chunked(b"0\r\nX: " + b"a" * 2048 + b"\r\n\r\n"), 431, "headers_too_large"),
    ("too many trailers", chunked(b"0\r\n" + b"X: 1\r\n" * 21 + b"\r\n"), 431, "headers_too_large"),
    ("a chunked body over the limit", chunked(b"65\r\n" + b"a" * 101 + b"\r\n0\r\n\r\n"), 413, "body_too_large"),
    ("a chunked body over the limit in small chunks", chunked(b"1\r\na\r\n" * 101 + b"0\r\n\r\n"), 413, "body_too_large"),
]


class MalformedRequests(Case):
    def setUp(self):
        super().setUp()
        self.seen = []
        self.backend = self.rawBackend(lambda exchange: self.seen.append(exchange.readAll()))
        self.main = self.headgate(config([self.backend], listener=LIMITS))

    def refused(self, client, status, reason, method="GET"):
        response = client.readResponse(method)
        self.assertEqual((response.status, response.get("connection"), response.get("content-type")), (status, "close", "application/json"))
        if method != "HEAD":
            body = response.json()
            self.assertEqual((body["code"], body["reason"], list(body)), (status, reason, ["code", "message", "reason"]))
            self.assertGreater(len(body["message"]), 10)
        client.endsNow()

    def refuseAll(self, table):
        for what, request, status, reason in table:
            with self.subTest(what):
                client = self.client(self.main)
                client.send(request + BEHIND)
                self.refused(client, status, reason)
                client.close()
        records = self.main.logLines(len(table))
        self.assertEqual([(record["status"], record["details"], record["flags"]) for record in records],
                         [(status, reason, ["DPE"]) for _, _, status, reason in table])
        self.main.terminate()  # all lines are written, and the connections to the backend have ended
        self.assertEqual(len(self.main.logLines(len(table))), len(table), "lines in the log")
        self.assertEqual(b"".join(self.seen), b"")

    def test_a_malformed_head_is_refused_and_the_backend_sees_no_byte(self):
        self.refuseAll(HEADS)
        self.assertEqual(self.backend.connections, 0)

    def test_a_malformed_body_is_refused_and_the_backend_sees_no_byte_of_what_came_with_it(self):
        self.refuseAll(BODIES)

    def test_a_malformed_head_is_refused_however_it_is_cut(self):
        for what, request, status, reason in HEADS[::7] + BODIES[::7]:
            with self.subTest(what):
                client = self.client(self.main)
                try:
                    for at in range(0, min(len(request), 400)):
                        client.send(request[at:at + 1])
                    client.send(request[400:] + BEHIND)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # refused within
                self.refused(client, status, reason)
        self.assertNotIn(b"smuggled", b"".join(self.seen))

    def test_a_refusal_answers_head_without_a_body(self):
        client = self.client(self.main)
        client.send(head("X-A : 1", first="HEAD / HTTP/1.1"))
        self.refused(client, 400, "bad_request", "HEAD")

    def test_what_cannot_be_a_request_is_refused_at_its_first_byte(self):
        client = self.client(self.main)
        client.send(b"\x16")
        self.refused(client, 400, "bad_request")

    def test_what_came_well_before_a_malformed_request_is_answered(self):
        main = self.headgate(config([self.rawBackend(serving(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))]))
        client = self.client(main)
        client.send(head() * 3 + head("X-A : 1") + BEHIND)
        self.assertEqual([client.readResponse().status for _ in range(3)], [200, 200, 200])
        self.refused(client, 400, "bad_request")


class Limits(Case):
    def setUp(self):
        super().setUp()
        self.requests = []
        self.front = self.client(self.proxy(serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", requests=self.requests), listener=LIMITS))

    def test_a_head_of_exactly_the_limit_passes(self):
        request = head("X-A: ")
        self.front.send(head("X-A: " + "a" * (2048 - len(request))))
        self.assertEqual(self.front.readResponse().status, 200)

    def test_a_head_of_as_many_lines_as_the_limit_passes(self):
        self.front.send(head(*("X: 1",) * 19))
        self.assertEqual(self.front.readResponse().status, 200)

    def test_a_body_of_exactly_the_limit_passes(self):
        for request in (head("Content-Length: 100", first="POST / HTTP/1.1") + b"a" * 100, chunked(b"1\r\na\r\n" * 100 + b"0\r\n\r\n")):
            self.front.send(request)
            self.assertEqual(self.front.readResponse().status, 200)
            self.assertEqual(len(self.requests[-1].body), 100)
