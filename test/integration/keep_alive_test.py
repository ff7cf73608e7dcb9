"""Several requests on one connection: in turn, pipelined, with bodies between them."""

import threading

from support.backend import serving
from support.case import Case
from support.environment import patience

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def echoing(exchange):
    """Answers each request with its target and body."""
    while request := exchange.readRequest():
        body = b"" if request.method == "HEAD" else request.target.encode() + b" " + request.body
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class KeepAlive(Case):
    def test_requests_in_turn_share_both_connections(self):
        requests = []
        headgate = self.proxy(serving(OK, requests=requests))
        client = self.client(headgate)
        for number in range(50):
            self.assertEqual(client.get(f"/{number}").body, b"ok")
        self.assertEqual([request.target for request in requests], [f"/{number}" for number in range(50)])
        self.assertEqual(self.backend.connections, 1)
        self.assertEqual(len({record["connection_id"] for record in headgate.logLines(50)}), 1)

    def test_a_connection_of_a_backend_serves_one_client_after_the_other(self):
        headgate = self.proxy(serving(OK))
        for _ in range(5):
            client = self.client(headgate)
            self.assertEqual(client.get().body, b"ok")
            client.close()
        self.assertEqual(self.backend.connections, 1)

    def test_pipelined_requests_are_answered_in_their_order_however_slow_the_first_is(self):
        go = threading.Event()

        def script(exchange):
            while request := exchange.readRequest():
                if request.target == "/0":
                    go.wait(patience())
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.target) + request.target.encode())

        client = self.client(self.proxy(script))
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: test\r\n\r\n" % number for number in range(20)))
        client.quiet(0.05)
        go.set()
        self.assertEqual([client.readResponse().body for _ in range(20)], [b"/%d" % number for number in range(20)])
        client.quiet(0.05)

    def test_pipelined_requests_may_have_bodies_and_other_methods(self):
        client = self.client(self.proxy(echoing))
        client.send(b"POST /1 HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc"
                    b"POST /2 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
                    b"HEAD /3 HTTP/1.1\r\nHost: test\r\n\r\n\r\n\r\n"  # empty lines before a request are skipped
                    b"PUT /4 HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
                    b"GET /5 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\nGET /6 HTTP/1.1\r\nHost: test\r\n\r\n")
        methods = ("POST", "POST", "HEAD", "PUT", "GET")
        self.assertEqual([client.readResponse(method).body for method in methods], [b"/1 abc", b"/2 de", b"", b"/4 ", b"/5 "])
        client.endsNow()  # what stands behind Connection: close is not served

    def test_pipelined_requests_may_be_cut_anywhere(self):
        stream = (b"POST /1 HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: test\r\n\r\n"
                  b"POST /3 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n")
        client = self.client(self.proxy(echoing))
        for cut in range(1, len(stream), 3):
            client.send(stream[:cut])
            client.send(stream[cut:])
            self.assertEqual([client.readResponse().body for _ in range(3)], [b"/1 abc", b"/2 ", b"/3 de"])

    def test_a_flood_of_pipelined_requests_is_answered_whole(self):
        client = self.client(self.proxy(serving(OK)))
        count = 3000  # 120 kB: more than is kept while one of them is answered
        sender = threading.Thread(target=client.send, args=(b"GET /0123456789 HTTP/1.1\r\nHost: test\r\n\r\n" * count,))
        sender.start()
        self.assertEqual({client.readResponse().status for _ in range(count)}, {200})
        sender.join()

    def test_a_failed_request_leaves_the_connection_to_the_next(self):
        def script(exchange):
            while head := exchange.readHead():
                if head.startswith(b"POST /fails "):
                    return
                exchange.send(OK)

        client = self.client(self.proxy(script))
        client.send(b"POST /fails HTTP/1.1\r\nHost: test\r\n\r\nGET /next HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual([client.readResponse().status for _ in range(2)], [502, 200])
