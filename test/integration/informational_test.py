"""Interim responses, Expect: 100-continue, and responses that come before the request has ended."""

from support.backend import serving
from support.case import Case, eventually
from support.client import fetch

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
POST = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n"
LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"


class Interim(Case):
    def test_early_hints_are_forwarded_with_their_fields(self):
        client = self.client(self.proxy(serving(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\nConnection: x\r\nX: 1\r\n\r\n" + OK)))
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual(client.readUntil(b"\r\n\r\n"), b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\n")
        self.assertEqual(client.readResponse().body, b"ok")

    def test_an_interim_response_is_not_held_back_until_the_final_one(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            exchange.readHead()  # nothing comes before the client leaves

        client = self.client(self.proxy(script))
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).get("link"), "</a>")
        client.reset()

    def test_several_interim_responses_keep_their_order(self):
        client = self.client(self.proxy(serving(b"".join(b"HTTP/1.1 %d X\r\nX-N: %d\r\n\r\n" % (status, number)
                                                         for number, status in enumerate((102, 103, 199, 103))) + OK)))
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        seen = [client.readResponse(informational=True) for _ in range(5)]
        self.assertEqual([(one.status, one.get("x-n")) for one in seen], [(102, "0"), (103, "1"), (199, "2"), (103, "3"), (200, None)])
        self.assertEqual(client.get().body, b"ok")
        self.assertEqual(self.backend.connections, 1)

    def test_a_client_of_1_0_is_spared_interim_responses(self):
        client = self.client(self.proxy(serving(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)))
        client.send(b"GET / HTTP/1.0\r\nHost: test\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).status, 200)

    def test_a_continue_that_nobody_asked_for_is_dropped(self):
        client = self.client(self.proxy(serving(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)))
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).status, 200)


class Expect(Case):
    def test_a_client_that_waits_is_told_to_go_on_and_the_backend_need_not_know(self):
        requests = []
        client = self.client(self.proxy(serving(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, requests=requests)))
        client.send(POST + b"Expect: 100-Continue\r\n\r\n")
        self.assertEqual(client.readUntil(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(b"hello")
        self.assertEqual(client.readResponse(informational=True).status, 200)
        self.assertEqual((requests[0].body, requests[0].all("expect")), (b"hello", []))
        self.assertEqual(client.get().status, 200)

    def test_a_client_of_1_0_is_not_told_to_go_on(self):
        client = self.client(self.proxy(serving(OK)))
        client.send(POST.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\n\r\nhello")
        self.assertEqual(client.readResponse(informational=True).status, 200)

    def test_a_request_without_a_body_waits_for_nothing(self):
        client = self.client(self.proxy(serving(OK)))
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).status, 200)

    def test_the_refusal_of_a_backend_reaches_a_client_that_waits(self):
        for status in (413, 417):
            with self.subTest(status):
                def script(exchange):
                    exchange.readHead()
                    exchange.send(LARGE.replace(b"413", b"%d" % status))
                    exchange.readAll()

                client = self.client(self.proxy(script))
                client.send(POST + b"Expect: 100-continue\r\n\r\n")
                response = client.readResponse()
                self.assertEqual((response.status, response.body), (status, b"big"))
                client.endsNow()  # the body was not sent: nobody knows what would come next

    def test_a_body_over_the_limit_is_refused_instead_of_asked_for(self):
        client = self.client(self.proxy(serving(OK), listener={"max_request_body": 4}))
        client.send(POST + b"Expect: 100-continue\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).status, 413)
        client.endsNow()
        self.assertEqual(self.backend.connections, 0)

    def test_a_request_that_no_route_takes_is_refused_instead_of_asked_for(self):
        client = self.client(self.proxy(serving(OK), route={"match": {"path": "/api"}}))
        client.send(POST + b"Expect: 100-continue\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).status, 404)
        client.endsNow()


class EarlyResponses(Case):
    def test_a_response_before_the_end_of_the_request_is_delivered_and_both_connections_end(self):
        ended = []

        def script(exchange):
            if exchange.number > 0:
                return serving(OK)(exchange)
            exchange.readHead()
            exchange.send(LARGE)
            ended.append(exchange.readAll())

        headgate = self.proxy(script)
        client = self.client(headgate)
        client.send(POST + b"\r\nhe")
        response = client.readResponse()
        self.assertEqual((response.status, response.body, response.complete), (413, b"big", True))
        client.endsNow()
        self.assertEqual(eventually(lambda: ended, "the end of the backend's connection"), [b"he"])
        self.assertEqual(fetch(headgate.address()).status, 200)
        self.assertEqual(self.backend.connections, 2)
        self.assertEqual(headgate.logLines(1)[0]["details"], "via_upstream")

    def test_a_response_that_began_early_may_end_after_the_request_and_all_is_kept(self):
        def script(exchange):
            while exchange.readHead():
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                exchange.send(exchange.readExactly(5))

        client = self.client(self.proxy(script))
        for _ in range(2):
            client.send(POST + b"\r\nhe")
            head = client.readHead()
            client.send(b"llo")
            self.assertEqual((head.status, client.readExactly(5)), (200, b"hello"))
        self.assertEqual(self.backend.connections, 1)

    def test_a_response_is_delivered_although_the_backend_refuses_the_rest_of_the_body(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(LARGE)  # and the end of the connection with bytes unread: RST

        headgate = self.proxy(script)
        for _ in range(10):
            client = self.client(headgate)
            client.send(POST.replace(b"5", b"3000001") + b"\r\n" + b"x" * 3_000_000)
            response = client.readResponse()
            self.assertEqual((response.status, response.body), (413, b"big"))
