"""Copies of requests for a second cluster: what it gets, and that nobody waits for it."""

import threading

from support.backend import answering, refusedAddress, serving
from support.case import Case, eventually
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Mirrored(Case):
    def start(self, script, mirror=None, route=None):
        """A headgate that mirrors to a backend with this script, or to an address; a client of it."""
        self.requests = []
        main = self.rawBackend(serving(OK, requests=self.requests))
        second = script if isinstance(script, str) else self.rawBackend(script).endpoint()
        configuration = config([main], route={"mirror": {"cluster": "shadow", **(mirror or {})}, **(route or {})})
        configuration["clusters"].append({"name": "shadow", "endpoints": [second]})
        self.proxied = self.headgate(configuration)
        return self.client(self.proxied)

    def test_the_copy_is_what_the_backend_gets(self):
        copies = []
        client = self.start(serving(OK, requests=copies), route={"match": {"path": "/a"}, "rewrite": {"prefix": "/b"}, "request_headers": {"set": {"x-a": "1"}}})
        client.send(b"POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-Long: %s\r\n\r\nhello" % (b"y" * 5000))
        self.assertEqual(client.readResponse().status, 200)
        eventually(lambda: copies, "the copy")
        self.assertEqual((copies[0].head, copies[0].body), (self.requests[0].head, b"hello"))
        self.assertIn(b"POST /b/x HTTP/1.1", copies[0].head)

    def test_the_copy_of_a_body_in_chunks_has_its_trailers(self):
        copies = []
        client = self.start(serving(OK, requests=copies))
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n")
        self.assertEqual(client.readResponse().status, 200)
        eventually(lambda: copies, "the copy")
        self.assertEqual((copies[0].body, copies[0].trailers), (self.requests[0].body, self.requests[0].trailers))

    def test_the_client_waits_for_no_answer_of_the_copy(self):
        arrived, done = threading.Event(), threading.Event()
        self.addCleanup(done.set)

        def stuck(exchange):
            exchange.readHead()
            arrived.set()
            done.wait(60)

        client = self.start(stuck)
        for _ in range(3):
            self.assertEqual(client.get().status, 200)
        self.assertTrue(arrived.wait(60))

    def test_a_cluster_that_is_down_or_breaks_off_or_talks_without_end_changes_nothing(self):
        address, holder = refusedAddress()
        self.addCleanup(holder.close)

        def endless(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                exchange.send(b"x" * 65536)

        for script in (address, lambda exchange: exchange.reset(), endless, answering(b"nonsense\r\n\r\n")):
            with self.subTest(script):
                client = self.start(script)
                for _ in range(5):
                    response = client.get()
                    self.assertEqual((response.status, response.body), (200, b"ok"))

    def test_a_body_that_is_too_long_is_not_copied(self):
        copies = []
        client = self.start(serving(OK, requests=copies))
        size = 65537
        client.send(b"POST /long HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (size, b"x" * size))
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(client.get("/short").status, 200)
        eventually(lambda: copies, "the copy")
        self.assertEqual([copy.target for copy in copies], ["/short"])

    def test_no_percent_is_no_copy(self):
        copies = []
        client = self.start(serving(OK, requests=copies), mirror={"percent": 0})
        for _ in range(20):
            client.get()
        self.assertEqual(copies, [])
        self.assertEqual(len(self.requests), 20)
