"""Clients that would hold connections, memory or time: each is bounded, ends, and is an event that is logged once and then counted."""

import resource
import select
import time

from support.backend import serving
from support.case import Case
from support.client import Client
from support.environment import patience, slow

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
KIB, MIB = 1 << 10, 1 << 20


class Hostile(Case):
    def start(self, script=None, **parts):
        """A warm headgate; `self.resident` is what it holds."""
        self.main = self.proxy(script or serving(OK), **parts)
        with Client(self.main.address()) as client:
            self.assertEqual(client.get().status, 200)
        self.resident = self.main.residentBytes()

    def crowd(self, count):
        """Connections of as many clients."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return [self.client(self.main) for _ in range(count)]

    def holdsLessThan(self, bytesMore):
        if not slow():
            self.assertLess(self.main.residentBytes() - self.resident, bytesMore)

    def isLoggedOnce(self, event):
        """The first of its kind is a line of its own; whatever followed is in lines that count."""
        self.main.waitFor(rf"{event} main: 127\.0\.0\.1: ")
        lines = [line for line in self.main.output.splitlines() if f" {event} main: " in line]
        self.assertEqual([line for line in lines[1:] if "more in the last second" not in line], [])

    def stillServes(self):
        with Client(self.main.address()) as client:
            self.assertEqual(client.get().status, 200)

    def test_a_head_that_drips_is_ended_when_its_time_is_over(self):
        self.start(listener={"timeouts": {"headers": "400ms"}})
        client = self.client(self.main)
        begin = time.monotonic()
        for byte in GET[:-2] + b"X: " + b"y" * 1000:
            if select.select([client.socket], [], [], 0.02)[0]:
                break
            client.send(bytes([byte]))
        self.assertEqual(client.readResponse().json()["reason"], "request_timeout")
        self.assertLess(time.monotonic() - begin, patience())
        self.isLoggedOnce("slow_head")

    def test_a_body_that_drips_is_ended_when_its_time_is_over(self):
        self.start(listener={"timeouts": {"request": "400ms"}})
        client = self.client(self.main)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1000):
            if select.select([client.socket], [], [], 0.02)[0]:
                break
            client.send(b"1\r\na\r\n")
        self.assertEqual(client.readResponse().json()["reason"], "request_timeout")
        self.isLoggedOnce("slow_body")

    def test_a_body_that_stops_is_ended(self):
        self.start(listener={"timeouts": {"body_idle": "200ms"}})
        client = self.client(self.main)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhe")
        self.assertEqual(client.readResponse().json()["reason"], "request_timeout")
        self.isLoggedOnce("slow_body")

    def test_a_client_that_reads_nothing_is_cut_off(self):
        large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (16 * MIB) + bytes(16 * MIB)
        self.start(serving(OK, large), listener={"timeouts": {"write_idle": "300ms"}})
        client = Client(self.main.address(), receiveBuffer=4096)
        self.addCleanup(client.close)
        client.send(GET)
        self.main.waitFor("slow_reader main: ", seconds=patience(30))
        self.isLoggedOnce("slow_reader")
        self.holdsLessThan(8 * MIB)

    def test_idle_connections_cost_little_and_give_way_in_time(self):
        count = 200 if slow() else 1000
        self.start(listener={"max_connections": count, "timeouts": {"idle": "2s"}})
        crowd = self.crowd(count)
        self.holdsLessThan(count * 4 * KIB)
        late = self.client(self.main)  # waits in the kernel's queue until the others have gone
        self.assertEqual(late.get().status, 200)
        for client in crowd:
            client.endsNow()

    def test_a_client_that_only_asks_is_not_read_any_more(self):
        self.start()
        client = Client(self.main.address(), receiveBuffer=4096)
        self.addCleanup(client.close)
        client.socket.setblocking(False)
        sent, flood = 0, GET * 1000
        while sent < 256 * MIB and select.select([], [client.socket], [], 1)[1]:
            sent += client.socket.send(flood[sent % len(flood):])
        self.assertLess(sent, 256 * MIB, "the client is never stopped")
        self.isLoggedOnce("pipeline_full")
        self.holdsLessThan(8 * MIB)
        self.stillServes()

    def test_a_thousand_half_open_heads_are_bounded_and_answered(self):
        count = 200 if slow() else 1000
        self.start(listener={"timeouts": {"headers": "3s"}})
        crowd = self.crowd(count)
        for client in crowd:
            client.send(GET[:-2] + b"X: " + b"y" * 1000)
        self.stillServes()
        self.holdsLessThan(count * 8 * KIB)
        for client in crowd:
            self.assertEqual(client.readResponse().status, 408)
            client.endsNow()
        self.main.waitFor(r"slow_head main: \d+ more in the last second")
        self.isLoggedOnce("slow_head")

    def test_a_head_without_end_is_bounded(self):
        self.start()
        self.isRefusedSoon(GET[:-2] + b"X: ", b"y" * 1000, 431, 128 * KIB)

    def test_chunk_extensions_without_end_are_bounded(self):
        self.start()
        chunked = b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.isRefusedSoon(chunked + b"1;", b"a" * 100, 400, 64 * KIB)
        self.isRefusedSoon(chunked, b"1;" + b"a" * 200 + b"\r\nx\r\n", 400, 64 * KIB)

    def test_trailers_without_end_are_bounded(self):
        self.start()
        self.isRefusedSoon(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"y" * 1000 + b"\r\n", 431, 128 * KIB)

    def isRefusedSoon(self, begin, more, status, bound):
        """Sends `begin` and then `more` again and again: it is refused with `status` before `bound` bytes."""
        client = self.client(self.main)
        client.send(begin)
        sent = 0
        while not select.select([client.socket], [], [], 0.002)[0]:
            client.send(more)
            sent += len(more)
            self.assertLess(sent, 4 * MIB, "never refused")
        self.assertEqual(client.readResponse().status, status)
        self.assertLess(sent, bound)
        self.isLoggedOnce("invalid_request")

    def test_a_backend_without_end_is_bounded_too(self):
        for begin, more in ((b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000), (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")):
            with self.subTest(begin):
                def script(exchange):
                    exchange.readHead()
                    exchange.send(begin)
                    while True:
                        exchange.send(more)

                client = self.client(self.proxy(script))
                client.send(GET)
                self.assertEqual(client.readResponse().json()["reason"], "upstream_protocol_error")
