"""What is tried again, where, and what the logs say of it."""

import socket
import threading

from support import environment
from support.backend import answering, refusedAddress
from support.case import Case
from support.headgate import config


def resetting(exchange):
    """Takes a request head and resets the connection."""
    exchange.readHead()
    exchange.reset()


def closing(exchange):
    """Accepts and closes at once."""


def outcomes(record):
    return [(attempt["host"], attempt["outcome"]) for attempt in record["attempts"]]


class Retries(Case):
    """The first request of a headgate goes to the first endpoint."""

    def refused(self):
        address, holder = refusedAddress()
        self.addCleanup(holder.close)
        return address

    def good(self):
        """A backend that keeps the whole of the requests that it got in `self.received`."""
        self.received = []

        def script(exchange):
            while head := exchange.readHead():
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                self.received.append((head, exchange.readExactly(int(length[0].split(b":")[1])) if length else b""))
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        return self.rawBackend(script)

    def start(self, backends, retries=None, **parts):
        self.hosts = [backend if isinstance(backend, str) else backend.endpoint() for backend in backends]
        route = {**parts.pop("route", {}), **({} if retries is None else {"retries": retries})}
        self.proxied = self.headgate(config(backends, route=route, **parts))
        return self.client(self.proxied)

    def post(self, client, body=b"content", method="POST"):
        client.send(b"%s /x HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s" % (method.encode(), len(body), body))
        return client.readResponse()

    def assertError(self, response, status, reason):
        self.assertEqual((response.status, response.get("content-type")), (status, "application/json"), response.body)
        error = response.json()
        self.assertEqual((error["code"], error["reason"]), (status, reason))
        self.assertTrue(error["message"])
        self.assertTrue(response.complete)

    def record(self, count=1):
        return self.proxied.logLines(count)[count - 1]

    def test_what_a_host_refuses_goes_to_another_whatever_the_method(self):
        client = self.start([self.refused(), self.good()])
        self.assertEqual(client.get().status, 200)
        record = self.record()
        self.assertEqual(outcomes(record), [(self.hosts[0], "upstream_connect_failed"), (self.hosts[1], "200")])
        self.assertEqual((record["attempt_count"], record["upstream_host"], record["details"], record["flags"]),
                         (2, self.hosts[1], "via_upstream", []))

    def test_a_body_is_replayed_byte_for_byte_to_the_next_host(self):
        client = self.start([self.refused(), self.good()])
        body = bytes(range(256)) * 100
        self.assertEqual(self.post(client, body).status, 200)
        self.assertEqual(self.received[0][1], body)
        self.assertTrue(self.received[0][0].startswith(b"POST /x HTTP/1.1\r\n"))

    def test_the_event_log_names_the_host_that_failed_and_the_one_that_the_request_went_to(self):
        client = self.start([self.refused(), self.good()])
        client.get()
        self.proxied.waitFor(rf"upstream_connect_failed {self.hosts[0]}: .* goes on to .*{self.hosts[1]}")

    def test_a_get_goes_on_when_the_host_closes_without_an_answer(self):
        client = self.start([self.rawBackend(closing), self.good()])
        self.assertEqual(client.get().status, 200)
        self.assertEqual(outcomes(self.record()), [(self.hosts[0], "upstream_reset_before_response"), (self.hosts[1], "200")])

    def test_idempotent_methods_go_on_when_the_host_resets_before_its_answer(self):
        for count, method in enumerate(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"), 1):
            with self.subTest(method):
                client = self.start([self.rawBackend(resetting), self.good()])
                self.assertEqual(client.get(method=method).status, 200)
                self.assertEqual(len(self.received), 1)
                self.assertEqual(outcomes(self.record(count))[0], (self.hosts[0], "upstream_reset_before_response"))

    def test_a_post_that_may_have_been_sent_is_answered_502_and_not_repeated(self):
        good = self.good()
        client = self.start([self.rawBackend(resetting), good])
        self.assertError(self.post(client), 502, "upstream_reset_before_response")
        self.assertEqual(good.connections, 0)
        record = self.record()
        self.assertEqual(outcomes(record), [(self.hosts[0], "upstream_reset_before_response")])
        self.assertEqual((record["flags"], record["details"]), (["UC"], "upstream_reset_before_response"))
        self.proxied.waitFor(rf"upstream_reset_before_response {self.hosts[0]}: .* failed after 1 try")

    def test_a_host_that_dies_while_a_short_body_streams_is_followed_by_another(self):
        died = threading.Event()

        def dies(exchange):
            exchange.readHead()
            exchange.readExactly(5)
            exchange.reset()
            died.set()

        client = self.start([self.rawBackend(dies), self.good()])
        client.send(b"PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfirst")
        self.assertTrue(died.wait(10))
        client.send(b"-half")
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(self.received[0][1], b"first-half")

    def test_a_host_that_dies_after_more_of_the_body_than_is_kept_is_not_followed(self):
        def dies(exchange):
            exchange.readHead()
            exchange.readExactly(128 * 1024)
            exchange.reset()

        good = self.good()
        client = self.start([self.rawBackend(dies), good])
        client.send(b"PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n" + bytes(160 * 1024))
        response = client.readResponse()
        self.assertError(response, 502, "upstream_reset_before_response")
        self.assertEqual(response.get("connection"), "close")  # the rest of the body cannot be told from a request
        self.assertEqual(good.connections, 0)

    def test_a_post_whose_host_dies_while_the_body_streams_is_not_repeated(self):
        def dies(exchange):
            exchange.readHead()
            exchange.readExactly(5)
            exchange.reset()

        good = self.good()
        client = self.start([self.rawBackend(dies), good])
        client.send(b"POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfirst")
        self.assertError(client.readResponse(), 502, "upstream_reset_before_response")
        self.assertEqual(good.connections, 0)

    def test_the_time_of_a_try_begins_when_the_client_has_sent_its_request(self):
        begun = threading.Event()

        def script(exchange):
            head = exchange.readHead()
            if b"/silent" in head:
                return exchange.readAll()
            begun.set()
            exchange.readExactly(10)
            return exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        slow = self.start([self.rawBackend(script)], {"per_try_timeout": "100ms", "max": 0})
        slow.send(b"PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfirst")
        self.assertTrue(begun.wait(environment.patience()))
        # Begun later and timed out: the try of the upload is older than its time by then.
        self.assertError(self.client(self.proxied).get("/silent"), 504, "upstream_per_try_timeout")
        slow.send(b"-last")
        self.assertEqual(slow.readResponse().status, 200)

    def test_a_host_that_does_not_accept_in_time_is_passed_over(self):
        client = self.start([self.fullHost(), self.good()], cluster={"connect_timeout": "100ms"})
        self.assertEqual(self.post(client).status, 200)
        self.assertEqual(outcomes(self.record()), [(self.hosts[0], "upstream_connect_timeout"), (self.hosts[1], "200")])

    def test_a_cluster_that_does_not_accept_in_time_is_answered_504(self):
        client = self.start([self.fullHost()], {"max": 1}, cluster={"connect_timeout": "100ms"})
        self.assertError(client.get(), 504, "upstream_connect_timeout")
        self.assertEqual(outcomes(self.record()), [(self.hosts[0], "upstream_connect_timeout")] * 2)

    def fullHost(self):
        """An address whose queue of connections is full, so that the kernel lets none be made."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            waiting = socket.socket()
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        return "127.0.0.1:%d" % listener.getsockname()[1]

    def test_a_host_that_does_not_answer_within_a_try_is_passed_over(self):
        def hangs(exchange):
            exchange.readAll()

        client = self.start([self.rawBackend(hangs), self.good()], {"per_try_timeout": "100ms"})
        self.assertEqual(client.get().status, 200)
        self.assertEqual(outcomes(self.record()), [(self.hosts[0], "upstream_per_try_timeout"), (self.hosts[1], "200")])

    def test_all_hosts_are_tried_once_and_then_it_is_503(self):
        client = self.start([self.refused(), self.refused(), self.refused()])
        self.assertError(client.get(), 503, "upstream_connect_failed")
        record = self.record()
        self.assertEqual(outcomes(record), [(host, "upstream_connect_failed") for host in self.hosts])
        self.assertEqual(sorted(record["flags"]), ["UF", "URX"])

    def test_a_lone_host_is_tried_as_often_as_max_says(self):
        for count, (retries, tries) in enumerate((({}, 3), ({"max": 0}, 1), ({"max": 1}, 2), ({"max": 10}, 11)), 1):
            with self.subTest(retries):
                client = self.start([self.refused()], retries)
                self.assertError(client.get(), 503, "upstream_connect_failed")
                record = self.record(count)
                self.assertEqual((record["attempt_count"], outcomes(record)), (tries, [(self.hosts[0], "upstream_connect_failed")] * tries))

    def test_nothing_is_tried_again_when_on_is_empty(self):
        client = self.start([self.refused(), self.good()], {"on": []})
        self.assertError(client.get(), 503, "upstream_connect_failed")
        self.assertEqual(self.record()["attempt_count"], 1)

    def test_only_what_on_names_is_tried_again(self):
        client = self.start([self.rawBackend(resetting), self.good()], {"on": ["connect-failure"]})
        self.assertError(client.get(), 502, "upstream_reset_before_response")
        self.assertEqual(self.record()["attempt_count"], 1)

    def test_the_budget_bounds_what_is_repeated_after_it_may_have_been_sent(self):
        client = self.start([self.rawBackend(resetting)], {"max": 1, "budget_percent": 50, "budget_min_per_second": 0})
        for _ in range(6):
            self.assertError(client.get(), 502, "upstream_reset_before_response")
        self.assertEqual([record["attempt_count"] for record in self.proxied.logLines(6)], [1, 2, 1, 2, 1, 2])

    def test_what_was_never_sent_costs_no_budget(self):
        client = self.start([self.refused()], {"max": 1, "budget_percent": 0, "budget_min_per_second": 0})
        client.get()
        self.assertEqual(self.record()["attempt_count"], 2)

    def test_a_response_that_has_begun_is_cut_off_and_not_repeated(self):
        def truncates(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

        good = self.good()
        client = self.start([self.rawBackend(truncates), good])
        response = client.get()
        self.assertEqual((response.status, response.complete, good.connections), (200, False, 0))
        record = self.record()
        self.assertEqual((record["details"], record["flags"], record["status"]), ("upstream_truncated_response", ["UC"], 200))

    def test_a_response_head_that_is_cut_off_is_answered_502_and_not_repeated(self):
        def truncates(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nConte")

        good = self.good()
        client = self.start([self.rawBackend(truncates), good])
        self.assertError(client.get(), 502, "upstream_protocol_error")
        self.assertEqual(good.connections, 0)
        self.assertEqual(self.record()["flags"], ["UPE"])

    def test_an_answer_of_503_is_an_answer(self):
        good = self.good()
        client = self.start([self.rawBackend(answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")), good])
        response = client.get()
        self.assertEqual((response.status, response.body, good.connections), (503, b"busy", 0))
        self.assertEqual(self.record()["details"], "via_upstream")
