"""Limits of clients: what is admitted, what is refused and how, over workers, connections, pipelining and listeners."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

from support.backend import answering
from support.case import Case
from support.client import Client, fetch
from support.headgate import config

ITEM = re.compile(r'"default"((?:;[a-z*][a-z0-9_.*-]*=-?[0-9]{1,15})+)')


def item(value):
    """The parameters of a structured field that is the string "default" with integers (RFC 9651)."""
    match = ITEM.fullmatch(value)
    if not match:
        raise AssertionError(f"not the structured field that was expected: {value!r}")
    pairs = [part.split("=") for part in match[1][1:].split(";")]
    if len(dict(pairs)) != len(pairs):
        raise AssertionError(f"a parameter twice: {value!r}")
    return {name: int(number) for name, number in pairs}


def limited(capacity, rate=0, workers=1, options=None, route=None, routes=None, **limits):
    """Parts of a configuration whose clients without a record have that limit; at rate 0 arithmetic is exact whatever the time."""
    chain = [{"name": "ratelimit", **(options or {})}, {"name": "router"}]
    listener = {"filters": chain, **({"routes": routes} if routes else {})}
    return {"workers": workers, "listener": listener, "route": route, "limits": {"default": {"capacity": capacity, "rate_per_sec": rate}, **limits}}


class RateLimit(Case):
    def start(self, *args, **parts):
        self.heads = []  # of the requests that reached the backend
        self.limiting = self.proxy(answering(heads=self.heads), **limited(*args, **parts))
        return self.limiting.address()

    def ask(self, address, client=None, path="/", fields=()):
        return fetch(address, path, fields=[*fields, *([f"X-Client-ID: {client}"] if client else [])])

    def statuses(self, address, count, client=None, path="/"):
        return [self.ask(address, client, path).status for _ in range(count)]

    def test_a_bucket_of_three_admits_three_and_refuses_the_fourth(self):
        address = self.start(3, 0.5)
        self.assertEqual(self.statuses(address, 3, "alice"), [200, 200, 200])
        refused = self.ask(address, "alice")
        self.assertEqual(refused.status, 429)
        self.assertEqual(refused.get("content-type"), "application/json")
        self.assertEqual(refused.json(), {"code": 429, "message": "Rate limit exceeded", "reason": "rate_limited"})
        self.assertIn(refused.get("retry-after"), ("1", "2"))
        self.assertEqual(self.ask(address, "bob").status, 200)

    def test_every_answer_tells_of_the_limit_in_structured_fields(self):
        address = self.start(2, 0.01)
        first, second, refused = (self.ask(address, "alice") for _ in range(3))
        for answer, left in ((first, 1), (second, 0), (refused, 0)):
            self.assertEqual(item(answer.get("ratelimit-policy")), {"q": 2, "w": 200})
            self.assertEqual(item(answer.get("ratelimit"))["r"], left)
            self.assertLessEqual(item(answer.get("ratelimit"))["t"], 100)
        self.assertIsNone(first.get("retry-after"))
        self.assertEqual(item(refused.get("ratelimit"))["t"], int(refused.get("retry-after")))
        self.assertIsNone(first.get("x-ratelimit-limit"))

    def test_without_refill_there_is_no_window_and_no_retry_after(self):
        address = self.start(1)
        self.assertEqual(item(self.ask(address).get("ratelimit-policy")), {"q": 1})
        refused = self.ask(address)
        self.assertEqual((refused.status, refused.get("retry-after")), (429, None))
        self.assertEqual(item(refused.get("ratelimit")), {"r": 0})

    def test_fields_by_option(self):
        for headers, standard, legacy in (("standard", True, False), ("legacy", False, True), ("both", True, True), ("off", False, False)):
            with self.subTest(headers):
                answer = self.ask(self.start(10, 1, options={"headers": headers}))
                self.assertEqual(answer.get("ratelimit") is not None, standard)
                self.assertEqual(answer.get("ratelimit-policy") is not None, standard)
                self.assertEqual(answer.get("x-ratelimit-limit"), "10" if legacy else None)
                self.assertEqual(answer.get("x-ratelimit-remaining"), "9" if legacy else None)
                self.assertEqual(answer.get("x-ratelimit-reset") is not None, legacy)

    def test_two_hundred_parallel_requests_on_a_bucket_of_ten_admit_ten(self):
        for workers in (1, 8):
            with self.subTest(workers=workers):
                address = self.start(10, workers=workers)
                clients = [Client(address) for _ in range(200)]
                self.addCleanup(lambda all=clients: [client.close() for client in all])
                barrier = threading.Barrier(20)

                def send(group):
                    barrier.wait()
                    for client in group:
                        client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Client-ID: alice\r\n\r\n")
                    return [client.readResponse().status for client in group]

                with ThreadPoolExecutor(20) as pool:
                    statuses = sum(pool.map(send, [clients[start::20] for start in range(20)]), [])
                self.assertEqual((statuses.count(200), statuses.count(429)), (10, 190))

    def test_two_hundred_pipelined_requests_on_a_bucket_of_ten_admit_the_first_ten(self):
        with Client(self.start(10, workers=8)) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Client-ID: alice\r\n\r\n" * 200)
            self.assertEqual([client.readResponse().status for _ in range(200)], [200] * 10 + [429] * 190)

    def test_fifty_users_with_ten_ids_get_what_the_buckets_hold(self):
        """Every answer is 200 or 429, and each id is admitted exactly its capacity."""
        capacity, users, ids, each = 25, 50, 10, 20
        address = self.start(capacity, workers=4)
        counts = {}
        lock = threading.Lock()

        def use(number):
            name = f"user{number % ids}"
            with Client(address) as client:
                for _ in range(each):
                    status = client.get("/", fields=[f"X-Client-ID: {name}"]).status
                    with lock:
                        counts[name, status] = counts.get((name, status), 0) + 1

        with ThreadPoolExecutor(users) as pool:
            list(pool.map(use, range(users)))
        asked = users // ids * each
        expected = {(f"user{number}", 200): capacity for number in range(ids)} | {(f"user{number}", 429): asked - capacity for number in range(ids)}
        self.assertEqual(counts, expected)

    def test_a_client_has_one_bucket_over_all_listeners(self):
        self.backend = self.rawBackend(answering())
        parts = config([self.backend], **limited(2))
        parts["listeners"].append({**parts["listeners"][0], "name": "second"})
        headgate = self.headgate(parts)
        statuses = [self.ask(headgate.address(name), "alice").status for name in ("main", "second", "main", "second")]
        self.assertEqual(statuses, [200, 200, 429, 429])

    def test_routes_have_a_cost_a_key_or_no_limit(self):
        routes = [{"match": {"path": "/dear"}, "cluster": "app", "filters": {"ratelimit": {"cost": 5}}},
                  {"match": {"path": "/free"}, "cluster": "app", "filters": {"ratelimit": "off"}},
                  {"match": {"path": "/tenant"}, "cluster": "app", "filters": {"ratelimit": {"client_key": [{"header": "X-Tenant"}]}}},
                  {"cluster": "app"}]
        address = self.start(6, routes=routes)
        self.assertEqual(self.statuses(address, 2, "alice", "/dear"), [200, 429])
        self.assertEqual(self.statuses(address, 2, "alice", "/"), [200, 429])
        free = self.ask(address, "alice", "/free")
        self.assertEqual((free.status, free.get("ratelimit")), (200, None))
        self.assertEqual(item(self.ask(address, "alice", "/tenant", ["X-Tenant: acme"]).get("ratelimit"))["r"], 5)
        self.assertEqual(item(self.ask(address, "acme").get("ratelimit"))["r"], 4)

    def test_a_cost_over_the_capacity_is_refused_without_retry_after(self):
        refused = self.ask(self.start(5, 1, route={"filters": {"ratelimit": {"cost": 6}}}))
        self.assertEqual((refused.status, refused.get("retry-after")), (429, None))

    def test_without_an_id_the_address_is_the_client(self):
        address = self.start(2)
        self.assertEqual(self.statuses(address, 3), [200, 200, 429])
        self.assertEqual(self.ask(address, "alice").status, 200)

    def test_a_header_cannot_name_an_address(self):
        address = self.start(1)
        self.assertEqual(self.statuses(address, 2, "ip:127.0.0.1"), [200, 429])
        self.assertEqual(self.statuses(address, 2), [200, 429])

    def test_by_address_takes_no_notice_of_unknown_ids(self):
        address = self.start(3, unknown_clients="by_address")
        self.assertEqual([self.ask(address, f"id-{number}").status for number in range(5)], [200, 200, 200, 429, 429])

    def test_refuse_answers_unknown_clients_with_401(self):
        answer = self.ask(self.start(3, unknown_clients="refuse"), "alice")
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.json(), {"code": 401, "message": "Unknown client", "reason": "unknown_client"})
        self.assertIsNotNone(answer.get("www-authenticate"))
        self.assertEqual(self.heads, [])

    def test_ids_without_end_stay_bounded(self):
        """Of 3000 ids in a table of 100, whose buckets never fill again, those beyond share one bucket; a known id keeps its own."""
        address = self.start(5, max_tracked_clients=100, workers=2)
        with Client(address) as client:
            statuses = [client.get("/", fields=[f"X-Client-ID: random-{number}"]).status for number in range(3000)]
            self.assertEqual(statuses, [200] * 105 + [429] * 2895)
            self.assertEqual(client.get("/", fields=["X-Client-ID: random-7"]).status, 200)
        self.limiting.waitFor(r"client_table_full.*share one bucket")

    def test_full_buckets_make_room_for_new_clients(self):
        address = self.start(5, 1_000_000, max_tracked_clients=100)
        with Client(address) as client:
            self.assertEqual({client.get("/", fields=[f"X-Client-ID: random-{number}"]).status for number in range(3000)}, {200})

    def test_a_refused_request_reaches_no_backend(self):
        address = self.start(1)
        self.assertEqual(self.statuses(address, 5, "alice"), [200, 429, 429, 429, 429])
        self.assertEqual(len(self.heads), 1)

    def test_a_refused_body_is_not_waited_for(self):
        with Client(self.start(1)) as client:
            client.get("/", fields=["X-Client-ID: alice"])
            client.send(b"POST / HTTP/1.1\r\nHost: test\r\nX-Client-ID: alice\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.readHead().status, 429)

    def test_the_access_log_names_the_client_and_the_decision(self):
        log = f"{self.folder}/limited.log"
        parts = limited(1)
        parts["listener"]["filters"].insert(0, {"name": "access_log", "path": log, "format": "json"})
        headgate = self.proxy(answering(), **parts)
        self.assertEqual(self.statuses(headgate.address(), 2, "alice"), [200, 429])
        self.assertEqual(headgate.terminate(), 0)
        with open(log, encoding="utf-8") as lines:
            first, second = (json.loads(line) for line in lines)
        self.assertEqual((first["client_id"], first["rate_limit"], first["flags"], first["status"]), ("alice", "allowed", [], 200))
        self.assertEqual((second["client_id"], second["rate_limit"], second["flags"], second["status"]), ("alice", "denied", ["RL"], 429))
        self.assertEqual((second["details"], second["upstream_host"], second["attempts"]), ("rate_limited", None, []))

    def test_the_first_refusal_is_an_event(self):
        address = self.start(1)
        self.statuses(address, 2, "alice")
        self.limiting.waitFor(r'rate_limited: client "alice"')

    def test_the_start_says_that_ids_may_be_chosen_freely(self):
        self.start(1)
        self.assertRegex(self.limiting.output, "who may choose ids freely has no limit")
        self.start(1, unknown_clients="by_address")
        self.assertNotRegex(self.limiting.output, "choose ids freely")


class DefaultChain(Case):
    def test_limits_after_the_access_log_and_before_the_router(self):
        backend = self.rawBackend(answering())
        parts = config([backend], limits={"default": {"capacity": 1, "rate_per_sec": 0}})
        parts["listeners"][0]["filters"] = None
        headgate = self.headgate(parts)
        self.assertEqual([fetch(headgate.address()).status for _ in range(2)], [200, 429])
