"""Which host takes a request."""

import threading

from support import environment
from support.case import Case
from support.client import fetch
from support.headgate import config


class Balancing(Case):
    def hosts(self, count):
        """Backends that note their number in `self.order` for each request that they get."""
        self.order = []

        def numbered(number):
            def script(exchange):
                while exchange.readHead():
                    self.order.append(number)
                    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)

            return script

        return [self.rawBackend(numbered(number)) for number in range(count)]

    def counts(self):
        return [self.order.count(number) for number in range(max(self.order) + 1)]

    def test_round_robin_takes_the_hosts_in_turn(self):
        headgate = self.headgate(config(self.hosts(3)))
        client = self.client(headgate)
        for _ in range(9):
            client.get()
        self.assertEqual(self.order, [0, 1, 2] * 3)

    def test_round_robin_is_even_over_all_workers_together(self):
        headgate = self.headgate(config(self.hosts(3), workers=2))
        answers = []

        def ask():
            for _ in range(5):  # each on a connection of its own, so that both workers have their part
                answers.append(fetch(headgate.address()).status)

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [200] * 60)
        self.assertEqual(self.counts(), [20, 20, 20])

    def test_weights_are_exact_and_interleaved(self):
        heavy, light = self.hosts(2)
        headgate = self.headgate(config([{"address": heavy.endpoint(), "weight": 3}, {"address": light.endpoint(), "weight": 1}]))
        client = self.client(headgate)
        for _ in range(40):
            client.get()
        for period in range(0, 40, 4):
            self.assertEqual(sorted(self.order[period:period + 4]), [0, 0, 0, 1])

    def test_least_request_leaves_the_host_that_hangs_alone(self):
        release, held = threading.Event(), threading.Event()
        self.addCleanup(release.set)
        taken = []  # the host of each request

        def script(number):
            def run(exchange):
                while head := exchange.readHead():
                    taken.append(number)
                    if head.startswith(b"GET /hang "):
                        held.set()
                        release.wait()
                    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            return run

        headgate = self.headgate(config([self.rawBackend(script(0)), self.rawBackend(script(1))], cluster={"lb_policy": "least_request"}))
        slow = self.client(headgate)
        slow.send(b"GET /hang HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertTrue(held.wait(environment.patience()))
        client = self.client(headgate)
        for _ in range(20):
            self.assertEqual(client.get().status, 200)
        self.assertEqual(taken[1:], [1 - taken[0]] * 20)
        release.set()
        self.assertEqual(slow.readResponse().status, 200)

    def test_least_request_spreads_over_idle_hosts(self):
        headgate = self.headgate(config(self.hosts(3), cluster={"lb_policy": "least_conn"}))
        self.assertSpread(headgate)

    def test_random_spreads(self):
        headgate = self.headgate(config(self.hosts(3), cluster={"lb_policy": "random"}))
        self.assertSpread(headgate)
        self.assertNotEqual(self.order, self.order[:3] * 100)  # not in turn

    def assertSpread(self, headgate):
        client = self.client(headgate)
        for _ in range(300):
            client.get()
        for count in self.counts():  # 100 are expected, with a deviation of 8
            self.assertGreater(count, 40)
        self.assertEqual(len(self.counts()), 3)
