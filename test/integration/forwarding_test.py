"""What reaches the backend, and what reaches the client, byte for byte: heads, bodies and their framing."""

from support.backend import serving
from support.case import Case

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FORWARDED = b"x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\nx-forwarded-host: test\r\nvia: 1.1 headgate\r\n"


class Requests(Case):
    def setUp(self):
        super().setUp()
        self.requests = []
        self.front = self.client(self.proxy(serving(OK, requests=self.requests)))

    def forward(self, request):
        """Sends a request, expects 200, and gives what the backend got."""
        self.front.send(request)
        response = self.front.readResponse()
        self.assertEqual((response.status, response.complete), (200, True))
        return self.requests[-1]

    def test_a_request_reaches_the_backend_in_canonical_form(self):
        request = self.forward(b"GET /a/../%7eb?q=%41 HTTP/1.1\r\nHost: Example.COM:80\r\nX-Request-ID: id\r\nX-Mixed-Case: V \r\n\r\n")
        self.assertEqual(request.head, b"GET /~b?q=%41 HTTP/1.1\r\nhost: example.com:80\r\nx-request-id: id\r\nx-mixed-case: V\r\n" +
                         FORWARDED.replace(b"test", b"example.com:80") + b"\r\n")

    def test_a_body_with_a_length_keeps_its_length(self):
        request = self.forward(b"POST /p HTTP/1.1\r\nHost: test\r\nX-Request-ID: id\r\nContent-Length: 5\r\n\r\nhello")
        self.assertEqual(request.head, b"POST /p HTTP/1.1\r\nhost: test\r\nx-request-id: id\r\n" + FORWARDED + b"content-length: 5\r\n\r\n")
        self.assertEqual(request.wire, b"hello")

    def test_a_length_of_zero_is_forwarded(self):
        request = self.forward(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(request.all("content-length"), ["0"])

    def test_a_chunked_body_stays_chunked_without_its_extensions(self):
        request = self.forward(b"PUT / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                               b"05;a=b;c=\"d\\\"\"\r\nhello\r\n1\r\n \r\nC\r\nabcdefghijkl\r\n00\r\n\r\n")
        self.assertEqual(request.all("transfer-encoding"), ["chunked"])
        self.assertEqual(request.all("content-length"), [])
        self.assertEqual(request.body, b"hello abcdefghijkl")
        self.assertRegex(request.wire, rb"(?s)^[1-9a-f].*\r\n0\r\n\r\n$")

    def test_a_chunked_body_without_bytes_is_no_body(self):
        for _ in range(2):  # on a new connection, and on a kept one
            request = self.forward(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            self.assertEqual((request.method, request.body), ("POST", b""))
        self.assertEqual(self.backend.connections, 1)

    def test_request_trailers_are_forwarded_but_those_that_no_trailer_may_be(self):
        request = self.forward(b"POST / HTTP/1.1\r\nHost: test\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
                               b"2\r\nab\r\n0\r\nX-Sum: 12 \r\nConnection: close\r\nX-Two: 2\r\n\r\n")
        self.assertEqual(request.trailers, [("x-sum", "12"), ("x-two", "2")])
        self.assertEqual(request.all("trailer"), ["X-Sum"])

    def test_a_request_that_comes_byte_by_byte_is_the_same_request(self):
        for byte in b"POST /slow HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n":
            self.front.send(bytes([byte]))
        self.assertEqual(self.front.readResponse().status, 200)
        self.assertEqual((self.requests[0].target, self.requests[0].body, self.requests[0].trailers), ("/slow", b"abc", [("x-t", "1")]))

    def test_every_method_is_forwarded_as_it_is(self):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get", "X-!#$%&'*+.^_`|~9"):
            with self.subTest(method):
                self.assertEqual(self.forward(f"{method} /m HTTP/1.1\r\nHost: test\r\n\r\n".encode()).method, method)

    def test_the_absolute_form_is_forwarded_in_the_form_of_an_origin(self):
        request = self.forward(b"GET http://Test/x?y HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual((request.target, request.all("host")), ("/x?y", ["test"]))


class Responses(Case):
    def respond(self, response, request=b"GET / HTTP/1.1\r\nHost: test\r\n\r\n", method="GET"):
        """The response of headgate to `request` when `response` is the backend's."""
        client = self.client(self.proxy(serving(response)))
        client.send(request)
        answer = client.readResponse(method)
        self.assertTrue(answer.complete)
        return answer, client

    def test_a_response_with_a_length_keeps_its_length(self):
        answer, client = self.respond(b"HTTP/1.1 201 Whatever\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabc")
        self.assertRegex(answer.head, rb"^HTTP/1.1 201 Created\r\nx-a: 1\r\nvia: 1.1 headgate\r\ndate: [^\r]+\r\ncontent-length: 3$")
        self.assertEqual(answer.body, b"abc")
        self.assertEqual(client.get().status, 201)
        self.assertEqual(self.backend.connections, 1)

    def test_a_chunked_response_stays_chunked_with_its_trailers(self):
        answer, client = self.respond(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x\r\nabc\r\n3\r\ndef\r\n0\r\nX-Sum: 9\r\nX-Sum: 8\r\n\r\n")
        self.assertRegex(answer.head, rb"^HTTP/1.1 200 OK\r\nvia: 1.1 headgate\r\ndate: [^\r]+\r\ntransfer-encoding: chunked$")
        self.assertEqual((answer.body, answer.trailers), (b"abcdef", [("x-sum", "9"), ("x-sum", "8")]))
        self.assertEqual(client.get().body, b"abcdef")
        self.assertEqual(self.backend.connections, 1)

    def test_a_response_that_ends_with_its_connection_becomes_chunked(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\n\r\nto the ")
            exchange.send(b"end")

        client = self.client(self.proxy(script))
        for _ in range(2):
            answer = client.get()
            self.assertEqual((answer.get("transfer-encoding"), answer.body, answer.complete), ("chunked", b"to the end", True))
        self.assertEqual(self.backend.connections, 2)

    def test_a_response_to_head_has_the_length_and_no_body(self):
        for framing in (b"Content-Length: 1000\r\n", b"Transfer-Encoding: chunked\r\n", b""):
            with self.subTest(framing):
                answer, client = self.respond(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n", b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", "HEAD")
                self.assertEqual(answer.get("content-length"), "1000" if b"Length" in framing else None)
                self.assertEqual(client.get(method="HEAD").status, 200)
                self.assertEqual(self.backend.connections, 1)

    def test_204_and_304_have_no_body(self):
        for head, length in ((b"204 No Content\r\n", None), (b"304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n", "7")):
            with self.subTest(head):
                answer, client = self.respond(b"HTTP/1.1 " + head + b"\r\n")
                self.assertEqual((answer.get("content-length"), answer.get("transfer-encoding")), (length, None))
                self.assertEqual(client.get().status, answer.status)
                self.assertEqual(self.backend.connections, 1)

    def test_a_response_without_bytes_says_so(self):
        answer, _ = self.respond(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual((answer.get("content-length"), answer.body), ("0", b""))

    def test_a_response_that_comes_byte_by_byte_is_the_same_response(self):
        def script(exchange):
            exchange.readHead()
            for byte in b"HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n":
                exchange.send(bytes([byte]))

        answer = self.client(self.proxy(script)).get()
        self.assertEqual((answer.get("x-a"), answer.body, answer.trailers), ("b", b"abc", [("x-t", "1")]))


class Versions(Case):
    def test_a_client_of_1_0_gets_what_its_version_knows_and_the_connection_ends(self):
        for response, body in ((OK, b"ok"), (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-T: 1\r\n\r\n", b"abc")):
            with self.subTest(response):
                requests = []
                client = self.client(self.proxy(serving(response, requests=requests)))
                client.send(b"GET / HTTP/1.0\r\nHost: test\r\n\r\n")
                answer = client.readResponse()
                self.assertEqual((answer.get("transfer-encoding"), answer.get("connection"), answer.body), (None, "close", body))
                client.endsNow()
                self.assertEqual((requests[0].version, requests[0].all("via")), ("HTTP/1.1", ["1.0 headgate"]))

    def test_a_client_of_1_0_may_keep_its_connection_when_a_length_ends_the_response(self):
        client = self.client(self.proxy(serving(OK)))
        for _ in range(3):
            client.send(b"GET / HTTP/1.0\r\nHost: test\r\nConnection: Keep-Alive\r\n\r\n")
            answer = client.readResponse()
            self.assertEqual((answer.get("connection"), answer.body), ("keep-alive", b"ok"))

    def test_a_client_of_1_0_that_would_keep_its_connection_loses_it_to_a_response_of_unknown_length(self):
        client = self.client(self.proxy(serving(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")))
        client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = client.readResponse()
        self.assertEqual((answer.get("connection"), answer.body, client.ended), ("close", b"ab", True))

    def test_a_request_of_1_0_without_host_is_served(self):
        requests = []
        client = self.client(self.proxy(serving(OK, requests=requests)))
        self.assertEqual(client.send(b"GET /x HTTP/1.0\r\n\r\n").readResponse().status, 200)
        self.assertEqual((requests[0].all("host"), requests[0].all("x-forwarded-host")), ([""], []))

    def test_a_backend_of_1_0_is_used_for_one_request_unless_it_keeps_the_connection(self):
        for keep, connections in ((b"", 2), (b"Connection: keep-alive\r\n", 1)):
            with self.subTest(keep):
                client = self.client(self.proxy(serving(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n" + keep + b"\r\nok")))
                for _ in range(2):
                    answer = client.get()
                    self.assertEqual((answer.version, answer.all("connection"), answer.body), ("HTTP/1.1", [], b"ok"))
                    self.assertEqual(answer.get("via"), "1.0 headgate")
                self.assertEqual(self.backend.connections, connections)
