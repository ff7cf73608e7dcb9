"""However much flows and however slow a peer is, headgate holds a bounded part of it."""

import hashlib
import threading

from support import environment
from support.case import Case

MIB = 1 << 20
BODY = (16 if environment.slow() else 256) * MIB
# Pools, sockets' queues and the allocator's slack; the sanitizers keep freed memory back.
BOUND = (200 if environment.slow() else 24) * MIB
PIECE = bytes(range(256)) * 4096


class BackPressure(Case):
    def sendBody(self, send):
        for _ in range(BODY // len(PIECE)):
            send(PIECE)

    def digest(self, receive):
        """Of the BODY bytes that `receive(at most)` gives."""
        hasher, left = hashlib.sha256(), BODY
        while left:
            data = receive(min(left, 65536))
            self.assertTrue(data, "the body ended early")
            hasher.update(data)
            left -= len(data)
        return hasher.digest()

    def expected(self):
        hasher = hashlib.sha256()
        self.sendBody(hasher.update)
        return hasher.digest()

    def grows(self, headgate, before):
        return headgate.residentBytes() - before

    def test_a_large_response_passes_whole_in_bounded_memory(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY)
            self.sendBody(exchange.send)

        headgate = self.proxy(script)
        before = headgate.residentBytes()
        client = self.client(headgate).send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        client.readHead()
        self.assertEqual(self.digest(client.read), self.expected())
        self.assertLess(self.grows(headgate, before), BOUND)

    def test_a_large_request_reaches_a_backend_whole_in_bounded_memory(self):
        def script(exchange):
            exchange.readHead()
            self.received = self.digest(exchange.read)
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        headgate = self.proxy(script)
        before = headgate.residentBytes()
        client = self.client(headgate).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % BODY)
        self.sendBody(client.send)
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(self.received, self.expected())
        self.assertLess(self.grows(headgate, before), BOUND)

    def test_a_client_that_reads_nothing_stops_its_backend(self):
        stopped = threading.Event()
        sent = []

        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY)
            exchange.socket.settimeout(1)
            try:
                for _ in range(BODY // len(PIECE)):
                    exchange.send(PIECE)
                    sent.append(len(PIECE))
            except TimeoutError:
                stopped.set()

        headgate = self.proxy(script)
        before = headgate.residentBytes()
        client = self.client(headgate, receiveBuffer=4096).send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        client.readHead()
        self.assertTrue(stopped.wait(environment.patience(30)), f"the backend could send {sum(sent)} bytes")
        self.assertLess(self.grows(headgate, before), BOUND)

    def test_a_backend_that_reads_nothing_stops_its_client(self):
        over = threading.Event()

        def script(exchange):
            exchange.readHead()
            over.wait(environment.patience(30))

        headgate = self.proxy(script)
        self.addCleanup(over.set)  # before headgate is told to end
        before = headgate.residentBytes()
        client = self.client(headgate).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % BODY)
        client.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            self.sendBody(client.send)
        self.assertLess(self.grows(headgate, before), BOUND)
