"""Each time-out, with a short value."""

import threading

from support import environment
from support.backend import answering
from support.case import Case

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


class Timeouts(Case):
    def silent(self, **parts):
        """A headgate whose backend takes requests and never answers."""
        self.over = threading.Event()
        self.addCleanup(self.over.set)

        def script(exchange):
            exchange.readHead()
            self.over.wait(environment.patience())

        return self.proxy(script, **parts)

    def assertRefused(self, client, headgate, status, reason, flags=None):
        response = client.readResponse()
        self.assertEqual((response.status, response.get("connection")), (status, "close"))
        self.assertEqual(response.json()["code"], status)
        self.assertEqual(response.json()["reason"], reason)
        client.endsNow()
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"]), (status, reason))
        if flags:
            self.assertEqual(record["flags"], flags)

    def test_a_head_that_drips_is_cut_off(self):
        headgate = self.proxy(answering(), listener={"timeouts": {"headers": "300ms"}})
        client = self.client(headgate).send(b"GET / HTTP/1.1\r\nHost: te")
        self.assertRefused(client, headgate, 408, "request_timeout", ["DT"])
        self.assertEqual(self.backend.connections, 0)

    def test_a_body_that_stops_coming_is_cut_off(self):
        headgate = self.silent(listener={"timeouts": {"body_idle": "300ms"}})
        client = self.client(headgate).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345")
        self.assertRefused(client, headgate, 408, "request_timeout")

    def test_a_body_that_keeps_coming_slowly_is_not_cut_off(self):
        def script(exchange):
            exchange.readHead()
            self.body = exchange.readExactly(8)
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        headgate = self.proxy(script, listener={"timeouts": {"body_idle": "1s"}})
        client = self.client(headgate).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\n")
        for byte in b"12345678":
            client.quiet(0.25)  # the client's pace, two seconds in all
            client.send(bytes([byte]))
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(self.body, b"12345678")

    def test_the_whole_request_has_a_bound_if_one_is_set(self):
        headgate = self.silent(listener={"timeouts": {"request": "500ms"}})
        client = self.client(headgate).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n")
        client.send(b"1")
        self.assertRefused(client, headgate, 408, "request_timeout")

    def test_an_idle_connection_is_closed_without_a_word(self):
        headgate = self.proxy(answering(), listener={"timeouts": {"idle": "300ms"}})
        never = self.client(headgate)
        once = self.client(headgate)
        self.assertEqual(once.get().status, 200)
        never.endsNow()
        once.endsNow()

    def test_a_backend_that_does_not_answer_costs_504_in_the_time_of_the_route(self):
        headgate = self.silent(route={"timeout": "300ms"})
        client = self.client(headgate)
        response = client.get()
        self.assertEqual((response.status, response.json()["reason"]), (504, "upstream_timeout"))
        self.assertIsNone(response.get("connection"))  # the client's connection has done no wrong
        record = headgate.logLines(1)[0]
        self.assertEqual((record["flags"], record["details"]), (["UT"], "upstream_timeout"))
        self.assertEqual(record["attempts"], [{"host": self.backend.endpoint(), "outcome": "upstream_timeout"}])

    def test_one_try_has_a_time_of_its_own_and_ends_in_504(self):
        headgate = self.silent(route={"retries": {"per_try_timeout": "200ms", "max": 1}})
        response = self.client(headgate).get()
        self.assertEqual((response.status, response.json()["reason"]), (504, "upstream_per_try_timeout"))

    def test_a_response_that_stops_is_cut_off_and_cannot_be_taken_for_whole(self):
        over = threading.Event()
        self.addCleanup(over.set)

        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
            over.wait(environment.patience())

        headgate = self.proxy(script, listener={"timeouts": {"stream_idle": "400ms"}})
        client = self.client(headgate).send(REQUEST)
        response = client.readResponse()
        self.assertEqual((response.status, response.body, response.complete), (200, b"begun", False))
        record = headgate.logLines(1)[0]
        self.assertEqual(record["flags"], ["SI"])
        self.assertEqual(record["details"], "stream_idle_timeout")

    def test_a_client_that_takes_no_byte_is_let_go(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(100):
                exchange.send(bytes(1_000_000))

        headgate = self.proxy(script, listener={"timeouts": {"write_idle": "500ms"}})
        client = self.client(headgate, receiveBuffer=4096).send(REQUEST)
        client.readHead()
        record = headgate.logLines(1)[0]
        self.assertEqual(record["details"], "downstream_write_idle", record)
        self.assertIn("DC", record["flags"])
