"""SIGTERM: nothing that was begun is lost, and the end comes."""

import signal
import threading

from support import environment
from support.backend import answering
from support.case import Case, eventually
from support.client import Client
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Gate:
    """A backend script that answers when it is told to."""

    def __init__(self):
        self.arrived = threading.Semaphore(0)
        self.open = threading.Event()

    def __call__(self, exchange):
        while exchange.readHead():
            self.arrived.release()
            self.open.wait(environment.patience(30))
            exchange.send(OK)


class Drain(Case):
    def gated(self, **parts):
        """A headgate before a Gate that holds what comes, and a client whose request waits there."""
        self.gate = Gate()
        self.addCleanup(self.gate.open.set)
        self.proxied = self.proxy(self.gate, **parts)
        client = self.client(self.proxied)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertTrue(self.gate.arrived.acquire(timeout=environment.patience()))
        return client

    def signal(self, number=signal.SIGTERM):
        """Sends it, and waits until nobody listens any more."""
        self.proxied.signal(number)
        self.proxied.waitFor("signal received: draining")
        eventually(self.refuses, "new connections are refused")

    def refuses(self):
        try:
            Client(self.proxied.address()).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass
        return False

    def assertEnds(self, requests):
        """Ends well, with a line for each request."""
        self.assertEqual(self.proxied.wait(), 0, self.proxied.output)
        self.assertEqual(len(self.proxied.logLines(requests)), requests)

    def test_a_request_in_flight_gets_its_whole_answer_and_connection_close(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                client = self.gated()
                self.signal(number)
                self.assertTrue(self.proxied.running())
                self.gate.open.set()
                response = client.readResponse()
                self.assertEqual((response.status, response.body, response.get("connection")), (200, b"ok", "close"))
                client.endsNow()
                client.close()
                self.assertEqual(self.proxied.wait(), 0, self.proxied.output)

    def test_a_response_that_has_begun_is_finished(self):
        begun, more = threading.Event(), threading.Event()
        self.addCleanup(more.set)

        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nbegin")
            begun.set()
            more.wait(environment.patience())
            exchange.send(bytes(199995))

        self.proxied = self.proxy(script)
        client = self.client(self.proxied)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        response = client.readHead()
        self.assertEqual(client.readExactly(5), b"begin")
        self.signal()
        more.set()
        client.readExactly(199995)
        self.assertEqual(response.status, 200)
        client.endsNow()
        client.close()
        self.assertEnds(1)

    def test_a_request_whose_body_is_on_its_way_is_answered(self):
        def script(exchange):
            exchange.readHead()
            self.assertEqual(exchange.readExactly(10), b"first-half")
            exchange.send(OK)

        self.proxied = self.proxy(script)
        client = self.client(self.proxied)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfirst")
        eventually(lambda: self.backend.connections, "the request has reached the backend")
        self.signal()
        client.send(b"-half")
        response = client.readResponse()
        self.assertEqual((response.status, response.get("connection")), (200, "close"))
        client.close()
        self.assertEnds(1)

    def test_a_request_that_comes_just_after_the_signal_is_answered(self):
        self.proxied = self.proxy(answering())
        client = self.client(self.proxied)
        self.assertEqual(client.get().status, 200)
        self.signal()
        response = client.get()
        self.assertEqual((response.status, response.body, response.get("connection")), (200, b"ok", "close"))
        client.endsNow()
        client.close()
        self.assertEnds(2)

    def test_pipelined_requests_are_all_answered(self):
        client = self.gated()
        client.send(b"GET /2 HTTP/1.1\r\nHost: test\r\n\r\nGET /3 HTTP/1.1\r\nHost: test\r\n\r\n")
        client.quiet(0.05)  # they have reached headgate when it drains
        self.signal()
        self.gate.open.set()
        responses = [client.readResponse() for _ in range(3)]
        self.assertEqual([response.status for response in responses], [200] * 3)
        self.assertEqual([response.get("connection") for response in responses], [None, None, "close"])
        client.endsNow()
        client.close()
        self.assertEnds(3)

    def test_idle_connections_are_closed(self):
        self.proxied = self.proxy(answering())
        used, unused = self.client(self.proxied), self.client(self.proxied)
        used.get()
        self.signal()
        used.endsNow()
        unused.endsNow()
        self.assertEnds(1)

    def test_connections_to_backends_are_closed(self):
        ended = threading.Event()

        def script(exchange):
            answering()(exchange)
            ended.set()

        self.proxied = self.proxy(script)
        with self.client(self.proxied) as client:
            client.get()
        self.signal()
        self.assertEnds(1)
        self.assertTrue(ended.wait(environment.patience()))

    def test_what_takes_longer_than_the_drain_timeout_is_cut_off(self):
        client = self.gated(listener={"timeouts": {"drain": "300ms"}})
        self.signal()
        self.assertEqual(self.proxied.wait(), 0, self.proxied.output)
        client.endsNow()
        record = self.proxied.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (0, "draining", ["OM"]))
        self.assertIn("the drain time is over", self.proxied.output)

    def test_a_second_signal_ends_it_at_once_with_code_1(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)):
            with self.subTest(f"{first.name}, {second.name}"):
                client = self.gated()
                self.signal(first)
                self.proxied.signal(second)
                self.assertEqual(self.proxied.wait(), 1)
                self.assertIn("second signal", self.proxied.output)
                client.close()

    def test_without_connections_it_ends_at_once(self):
        self.proxied = self.headgate(config([self.rawBackend()], workers=2))
        self.proxied.signal(signal.SIGTERM)
        self.assertEqual(self.proxied.wait(), 0)
        self.assertIn("stopped after 0 requests", self.proxied.output)
