"""Bodies larger than all buffers: memory stays bounded, a slow receiver stops the sender, and every byte arrives."""

import os
import select
import threading
import zlib

from support import environment
from support.backend import serving
from support.case import Case

MIB = 1 << 20
BLOCK = os.urandom(MIB)
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


def large():
    """How many blocks are a large body."""
    return 16 if environment.slow() else 256


class Checksum:
    """Of the bytes that passed."""

    def __init__(self, blocks=0):
        self.bytes = 0
        self.crc = 0
        for _ in range(blocks):
            self.add(BLOCK)

    def add(self, data):
        self.bytes += len(data)
        self.crc = zlib.crc32(data, self.crc)

    def __eq__(self, other):
        return (self.bytes, self.crc) == (other.bytes, other.crc)

    def __repr__(self):
        return f"{self.bytes} bytes with the checksum {self.crc:08x}"


def receive(connection, count, seen=()):
    """The Checksum of `count` bytes, of which `seen` are at hand."""
    checksum = Checksum()
    checksum.add(bytes(seen))
    while checksum.bytes < count and (data := connection.recv(min(262_144, count - checksum.bytes))):
        checksum.add(data)
    return checksum


def sendUntilStopped(connection, blocks):
    """Sends up to `blocks` blocks; how many bytes went before the receiver took no more for a while."""
    connection.setblocking(False)
    sent = 0
    while sent < blocks * MIB and select.select([], [connection], [], 0.5)[1]:
        sent += connection.send(memoryview(BLOCK)[sent % MIB:])
    connection.settimeout(environment.patience(30))
    return sent


def sendRest(connection, blocks, sent):
    """Sends what is left of `blocks` blocks after `sent` bytes."""
    while sent < blocks * MIB:
        connection.sendall(memoryview(BLOCK)[sent % MIB:])
        sent += MIB - sent % MIB


class Backpressure(Case):
    def start(self, script, **parts):
        """A headgate before the script, warm, and a client."""
        warm = threading.Event()

        def first(exchange):
            if warm.is_set():
                return script(exchange)
            warm.set()
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

        self.main = self.proxy(first, **parts)
        self.client(self.main).get()
        self.resident = self.main.residentBytes()
        return self.client(self.main, receiveBuffer=65536)

    def isBounded(self, mib=16):
        """Asserts that headgate holds little more than when it started. (The allocators of sanitizers keep what is freed.)"""
        if not environment.slow():
            self.assertLess(self.main.residentBytes() - self.resident, mib * MIB)

    def inBackground(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        self.addCleanup(thread.join, environment.patience())
        return thread

    def test_a_large_response_passes_whole_in_little_memory(self):
        blocks = large()

        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
            sendRest(exchange.socket, blocks, 0)

        client = self.start(script)
        client.send(GET)
        client.readHead()
        half = receive(client.socket, blocks * MIB // 2, client.bytes)
        self.isBounded()
        whole = Checksum(blocks // 2)
        self.assertEqual(half, whole)
        self.assertEqual(receive(client.socket, blocks * MIB // 2), whole)
        self.isBounded()

    def test_a_large_request_passes_whole_in_little_memory(self):
        blocks = large()
        got = []

        def script(exchange):
            exchange.readHead()
            got.append(receive(exchange.socket, blocks * MIB, exchange.bytes))
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        client = self.start(script)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
        sendRest(client.socket, blocks, 0)
        self.isBounded()
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(got, [Checksum(blocks)])
        self.isBounded()

    def test_a_client_that_reads_nothing_stops_the_backend_and_gets_all_when_it_reads(self):
        blocks = 64
        stopped = threading.Event()
        sent = []

        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
            sent.append(sendUntilStopped(exchange.socket, blocks))
            stopped.set()
            sendRest(exchange.socket, blocks, sent[0])

        client = self.start(script)
        client.send(GET)
        self.assertTrue(stopped.wait(environment.patience(30)))
        self.assertLess(sent[0], 32 * MIB)  # what the kernel holds for four sockets
        self.isBounded()
        client.readHead()
        self.assertEqual(receive(client.socket, blocks * MIB, client.bytes), Checksum(blocks))
        self.isBounded()

    def test_a_backend_that_reads_nothing_stops_the_client_and_gets_all_when_it_reads(self):
        blocks = 64
        go = threading.Event()
        got = []

        def script(exchange):
            exchange.readHead()
            go.wait(environment.patience(30))
            got.append(receive(exchange.socket, blocks * MIB, exchange.bytes))
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        client = self.start(script)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
        sent = sendUntilStopped(client.socket, blocks)
        self.assertLess(sent, 32 * MIB)
        self.isBounded()
        go.set()
        sendRest(client.socket, blocks, sent)
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(got, [Checksum(blocks)])
        self.isBounded()

    def sendRequests(self, client, requests):
        """Sends requests until headgate takes no more for a while; how many bytes went."""
        client.socket.setblocking(False)
        sent = 0
        while sent < len(requests) and select.select([], [client.socket], [], 0.5)[1]:
            sent += client.socket.send(memoryview(requests)[sent:sent + MIB])
        client.socket.settimeout(environment.patience(30))
        return sent

    def flood(self, client):
        """Sends requests without reading a response; asserts that headgate takes no more of them than its buffers hold."""
        requests = GET * (48 * MIB // len(GET))
        self.assertLess(self.sendRequests(client, requests), len(requests))
        self.isBounded(40)
        client.reset()

    def test_a_client_that_reads_nothing_of_many_responses_stops_its_own_requests(self):
        self.flood(self.start(serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + BLOCK)))

    def test_a_client_that_reads_nothing_of_many_responses_over_new_connections_stops_its_own_requests(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n" + BLOCK[:200_000])

        self.flood(self.start(script))

    def test_a_client_that_reads_nothing_of_many_refusals_stops_its_own_requests(self):
        self.flood(self.start(serving(b""), route={"match": {"path": "/none"}}))

    def test_a_client_that_reads_late_gets_the_answers_to_all_its_requests(self):
        count = 20_000 if environment.slow() else 100_000
        client = self.start(serving(b""), route={"match": {"path": "/none"}})
        requests = GET * (count - 1) + GET[:-2] + b"Connection: close\r\n\r\n"
        sent = self.sendRequests(client, requests)
        self.inBackground(client.socket.sendall, requests[sent:])
        answers, tail = 0, b""
        while data := client.socket.recv(MIB):
            answers += (tail + data).count(b"HTTP/1.1 404")
            tail = data[-11:]
        self.assertEqual(answers, count)

    def test_a_client_that_reads_a_few_bytes_at_a_time_gets_them_all(self):
        body = BLOCK[:200_000]
        client = self.start(serving(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                    b"".join(b"7\r\n" + body[at:at + 7] + b"\r\n" for at in range(0, len(body) - 6, 7)) + b"0\r\n\r\n"))
        client.send(GET)
        while data := client.socket.recv(61):
            client.bytes += data
            if client.bytes.endswith(b"\r\n0\r\n\r\n"):
                break
        self.assertEqual(client.readResponse().body, body[:len(body) // 7 * 7])

    def test_a_backend_that_reads_a_few_bytes_at_a_time_gets_them_all(self):
        body = BLOCK[:200_000]
        got = []

        def script(exchange):
            exchange.readHead()
            data = exchange.bytes
            while len(data) < len(body) and (more := exchange.socket.recv(61)):
                data += more
            got.append(data)
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        client = self.start(script)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(got, [body])

    def echo(self, exchange, blocks):
        """Sends back what comes while it comes."""
        exchange.readHead()
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
        left = blocks * MIB - len(exchange.bytes)
        exchange.send(exchange.bytes)
        while left > 0 and (data := exchange.socket.recv(262_144)):
            left -= len(data)
            exchange.send(data)

    def test_both_directions_flow_at_the_same_time(self):
        blocks = large() // 4
        client = self.start(lambda exchange: self.echo(exchange, blocks))
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
        self.inBackground(sendRest, client.socket, blocks, 0)
        self.assertEqual(client.readHead().status, 200)
        self.assertEqual(receive(client.socket, blocks * MIB, client.bytes), Checksum(blocks))
        self.isBounded()

    def test_a_client_that_reads_nothing_of_an_echo_stops_itself_and_goes_on(self):
        blocks = 64
        client = self.start(lambda exchange: self.echo(exchange, blocks))
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % (blocks * MIB))
        sent = sendUntilStopped(client.socket, blocks)
        self.assertLess(sent, 48 * MIB)  # what the kernel holds for eight sockets' directions
        self.isBounded()
        self.inBackground(sendRest, client.socket, blocks, sent)
        client.readHead()
        self.assertEqual(receive(client.socket, blocks * MIB, client.bytes), Checksum(blocks))
        self.isBounded()
