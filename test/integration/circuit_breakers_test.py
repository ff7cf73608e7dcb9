"""Circuit breakers over all workers, ejections, and the bound of a retry storm."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from support.backend import serving
from support.case import Case, eventually
from support.client import fetch
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
WORKERS = 8


class Gate:
    """A backend that answers no request before `open` is set, and counts those that it holds."""

    def __init__(self):
        self.open = threading.Event()
        self.held = 0
        self._lock = threading.Lock()

    def __call__(self, exchange):
        while exchange.readHead():
            with self._lock:
                self.held += 1
            self.open.wait()
            exchange.send(OK)


class Breakers(Case):
    def start(self, breaker, endpoints=None, **cluster):
        self.gate = Gate()
        self.addCleanup(self.gate.open.set)
        backends = endpoints or [self.rawBackend(self.gate)]
        self.proxied = self.headgate(config(backends, workers=WORKERS, route={"timeout": "0s"}, cluster={"circuit_breaker": breaker, **cluster}))

    def ask(self, count):
        """`count` requests at the same time, each on a connection of its own: futures of their (status, reason)."""

        def one():
            response = fetch(self.proxied.address())
            return response.status, None if response.status == 200 else response.json()["reason"]

        pool = ThreadPoolExecutor(count)
        self.addCleanup(pool.shutdown)
        return [pool.submit(one) for _ in range(count)]

    def settle(self, futures, refused):
        """Waits until `refused` of them have an answer; their answers."""
        eventually(lambda: sum(future.done() for future in futures) >= refused, f"{refused} are refused")
        return [future.result() for future in futures if future.done()]

    def assertExact(self, breaker, admitted, asked=40):
        self.start(breaker)
        futures = self.ask(asked)
        answers = self.settle(futures, asked - admitted)
        self.assertEqual(answers, [(503, "overflow")] * (asked - admitted))
        return futures

    def assertAllAnswered(self, futures, admitted):
        self.gate.open.set()
        self.assertEqual([future.result() for future in futures].count((200, None)), admitted)
        # What was taken is given back.
        self.assertEqual({future.result() for future in self.ask(admitted)}, {(200, None)})

    def test_as_many_requests_as_allowed_over_eight_workers(self):
        futures = self.assertExact({"max_requests": 7}, 7)
        eventually(lambda: self.gate.held == 7, "seven are with the backend")
        self.assertAllAnswered(futures, 7)
        self.assertEqual(sum(record["flags"] == ["UO"] for record in self.proxied.logLines(47)), 33)

    def test_as_many_connections_as_allowed_over_eight_workers(self):
        # Those of a worker that has a connection wait for it; all others are refused.
        self.start({"max_connections": 3})
        futures = self.ask(40)
        eventually(lambda: self.gate.held == 3, "three are with the backend")
        self.gate.open.set()
        answers = [future.result() for future in futures]
        self.assertEqual(set(answers) - {(200, None), (503, "overflow")}, set())
        self.assertGreaterEqual(answers.count((200, None)), 3)

    def test_no_worker_sits_on_the_last_connection(self):
        self.start({"max_connections": 1})
        self.gate.open.set()
        # One after the other, whichever worker each meets.
        self.assertEqual({fetch(self.proxied.address()).status for _ in range(40)}, {200})

    def test_as_many_requests_wait_as_allowed(self):
        # A listener whose queue is full: a connection to it is neither made nor refused.
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
        self.addCleanup(lambda: [each.close() for each in (*fillers, full)])
        self.start({"max_pending": 5}, endpoints=["127.0.0.1:%d" % full.getsockname()[1]], connect_timeout="2s")
        futures = self.ask(30)
        answers = self.settle(futures, 25)
        self.assertEqual(answers.count((503, "overflow")), 25)
        rest = [future.result() for future in futures]
        self.assertEqual({answer for answer in rest if answer != (503, "overflow")}, {(504, "upstream_connect_timeout")})


class Ejections(Case):
    def test_failures_in_a_row_take_a_host_out_for_a_while(self):
        good = self.rawBackend(serving(OK))
        answers = [FAILED]

        def failing(exchange):
            while exchange.readHead():
                exchange.send(answers[0])

        bad = self.rawBackend(failing)
        proxied = self.headgate(config([good, bad], cluster={"outlier_detection": {"consecutive_5xx": 3, "base_ejection": "500ms"}}))
        with self.client(proxied) as client:
            statuses = [client.get().status for _ in range(6)]
            self.assertEqual(statuses.count(500), 3)
            proxied.waitFor(rf"host_ejected {bad.endpoint()}: 3 answers of 5xx in a row; out for 500ms")
            answers[0] = OK
            proxied.waitFor(rf"host_returned {bad.endpoint()}: the time of its ejection is over")
            self.assertEqual({client.get().status for _ in range(4)}, {200})

    def test_the_last_host_stays(self):
        backend = self.rawBackend(serving(FAILED))
        proxied = self.headgate(config([backend], cluster={"outlier_detection": {"consecutive_5xx": 2}}))
        with self.client(proxied) as client:
            self.assertEqual([client.get().status for _ in range(10)], [500] * 10)
        self.assertNotIn("host_ejected", proxied.output)

    def test_an_ejection_ends_soon_after_a_host_takes_connections_again(self):
        first, second = self.origin("first"), self.origin("second")
        proxied = self.headgate(config([first, second], cluster={"outlier_detection": {"consecutive_local": 2, "base_ejection": "1h", "max_ejection": "1h"}}))
        second.kill()
        with self.client(proxied) as client:
            self.assertEqual({client.get("/ping").status for _ in range(8)}, {200})
            proxied.waitFor(rf"host_ejected {second.text}: 2 requests in a row without an answer")
            self.origin("again", address=second.text)
            proxied.waitFor(rf"host_returned {second.text}: it takes connections again")
            self.assertEqual({client.get("/ping").get("x-origin") for _ in range(4)}, {"first", "again"})


class Storm(Case):
    def test_retries_of_a_failing_cluster_are_bounded_by_the_budget(self):
        tries = []

        def resetting(exchange):
            if exchange.readHead():
                tries.append(1)
                exchange.reset()

        backends = [self.rawBackend(resetting) for _ in range(3)]
        off = {"consecutive_local": 0, "consecutive_5xx": 0}
        proxied = self.headgate(config(backends, cluster={"outlier_detection": off},
                                       route={"retries": {"max": 10, "budget_percent": 20, "budget_min_per_second": 1, "back_off": {"base": "1ms"}}}))
        begin = time.monotonic()
        for _ in range(300):
            self.assertEqual(fetch(proxied.address()).status, 502)
        seconds = int(time.monotonic() - begin) + 2
        # A fifth of the requests, and one in every second in any case.
        self.assertLessEqual(len(tries), 300 * 1.2 + seconds)
        self.assertGreater(len(tries), 300)
