"""The connections to a backend: kept, reused, and let go."""

import threading

from support import environment
from support.backend import answering
from support.case import Case, eventually
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Pool(Case):
    def test_requests_one_after_another_share_a_connection(self):
        headgate = self.proxy(answering())
        for _ in range(3):
            with self.client(headgate) as client:
                for _ in range(5):
                    self.assertEqual(client.get().status, 200)
        self.assertEqual(self.backend.connections, 1)

    def test_the_connection_used_last_is_used_first(self):
        together = threading.Barrier(2, timeout=environment.patience())
        used = []

        def script(exchange):
            while head := exchange.readHead():
                used.append(exchange.number)
                if head.startswith(b"GET /together "):
                    together.wait()  # both connections exist now
                    if exchange.number == 1:
                        firstIsIdle.wait()
                exchange.send(OK)

        firstIsIdle = threading.Event()
        self.addCleanup(firstIsIdle.set)
        headgate = self.proxy(script)
        first, second = self.client(headgate), self.client(headgate)
        for client in (first, second):
            client.send(b"GET /together HTTP/1.1\r\nHost: test\r\n\r\n")
            eventually(lambda: len(used) == (1 if client is first else 2), "the backend has the request")
        first.readResponse()
        firstIsIdle.set()
        second.readResponse()
        for _ in range(4):
            first.get()
        self.assertEqual(used, [0, 1, 1, 1, 1, 1])

    def test_an_unused_connection_is_closed_after_the_idle_timeout(self):
        closed = threading.Event()

        def script(exchange):
            answering()(exchange)  # returns at the end of the connection
            closed.set()

        headgate = self.proxy(script, cluster={"idle_timeout": "150ms"})
        client = self.client(headgate)
        self.assertEqual(client.get().status, 200)
        self.assertTrue(closed.wait(environment.patience()))
        self.assertEqual(client.get().status, 200)
        self.assertEqual(self.backend.connections, 2)

    def test_a_connection_that_the_backend_closed_while_unused_costs_no_try(self):
        gone = threading.Event()

        def script(exchange):
            exchange.readHead()
            exchange.send(OK)
            if exchange.number == 0:
                exchange.finish()
                exchange.readAll()
                gone.set()  # headgate has closed its end, too

        headgate = self.proxy(script)
        client = self.client(headgate)
        client.get()
        self.assertTrue(gone.wait(environment.patience()))
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(headgate.logLines(2)[1]["attempt_count"], 1)

    def test_a_connection_is_not_used_again_when_the_answer_came_before_the_whole_request(self):
        def script(exchange):
            while exchange.readHead():
                exchange.send(OK)

        headgate = self.proxy(script)
        early = self.client(headgate)
        early.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\nsome")
        response = early.readResponse()
        self.assertEqual((response.status, response.body, response.complete), (200, b"ok", True))
        self.assertEqual(self.client(headgate).get().status, 200)
        self.assertEqual(self.backend.connections, 2)

    def test_a_connection_is_not_used_again_when_the_backend_says_close(self):
        headgate = self.proxy(answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
        client = self.client(headgate)
        for _ in range(3):
            response = client.get()
            self.assertEqual((response.status, response.get("connection")), (200, None))  # close was the backend's word to headgate
        self.assertEqual(self.backend.connections, 3)

    def test_a_connection_is_not_used_again_after_bytes_beyond_the_response(self):
        headgate = self.proxy(answering(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
        client = self.client(headgate)
        for _ in range(3):
            self.assertEqual(client.get().body, b"ok")
        self.assertEqual(self.backend.connections, 3)

    def test_each_worker_opens_what_it_needs_and_no_more(self):
        backend = self.rawBackend()
        headgate = self.headgate(config([backend], workers=2))
        for _ in range(30):
            with self.client(headgate) as client:
                self.assertEqual(client.get().status, 200)
        self.assertLessEqual(backend.connections, 2)
