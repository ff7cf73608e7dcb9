"""Active health checks: who gets requests, what is said of it, and what becomes of requests to a host that goes down."""

import signal
import threading

from support.admin import Admin
from support.backend import answering
from support.case import Case, eventually
from support.client import fetch
from support.headgate import Headgate, config
from support.load import Load

FAST = {"interval": "100ms", "timeout": "5s", "unhealthy_threshold": 1}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SICK = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def checked(**changes):
    return {"health_check": {**FAST, **changes}, "outlier_detection": {"consecutive_5xx": 0, "consecutive_local": 0}}


class Ward:
    """A backend that answers checks (/ping) with `answer`, and other requests with its name; notes both."""

    def __init__(self, name):
        self.name = name.encode()
        self.answer = OK
        self.checks = []
        self.requests = []
        self.connections = set()

    def __call__(self, exchange):
        while head := exchange.readHead():
            if head.startswith((b"GET /ping ", b"HEAD /ping ")):
                self.checks.append(head)
                self.connections.add(exchange.number)
                if self.answer is None:
                    continue
                exchange.send(self.answer)
            else:
                self.requests.append(head)
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(self.name), self.name))


class HealthChecks(Case):
    def wards(self, *names):
        self.scripts = [Ward(name) for name in names]
        self.backends = [self.rawBackend(script) for script in self.scripts]
        return self.scripts

    def start(self, cluster, **parts):
        self.proxied = self.headgate(config(self.backends, cluster=cluster, **parts))
        return self.proxied

    def asked(self, count=9):
        return sorted({fetch(self.proxied.address(), "/x").body.decode() for _ in range(count)})

    def down(self, index, why):
        self.proxied.waitFor(rf"host_down {self.backends[index].endpoint()}: {why}")

    def up(self, index, count=1):
        self.proxied.waitFor(rf"host_up {self.backends[index].endpoint()}: ", count)

    def test_a_host_that_is_down_at_the_start_never_gets_a_request(self):
        well, sick = self.wards("well", "sick")
        sick.answer = SICK
        self.start(checked())
        self.assertEqual(self.asked(), ["well"])
        self.assertEqual(sick.requests, [])
        self.down(1, r'503 \(cluster "app"\)')

    def test_the_listeners_open_after_the_first_answers(self):
        late, = self.wards("late")
        held = threading.Event()

        def script(exchange):
            held.wait()
            late(exchange)

        self.backends = [self.rawBackend(script)]
        self.addCleanup(held.set)
        headgate = Headgate(self.folder, config(self.backends, cluster=checked(timeout="30s")))
        self.addCleanup(self._end, headgate)
        headgate.waitFor("waiting for the first health checks")
        eventually(lambda: self.backends[0].connections, "the check has connected")
        self.assertNotIn('listener "main" listens on', headgate.output)
        starting = Admin(headgate).get("/ready")
        self.assertEqual((starting.status, starting.json()["reason"]), (503, "starting"))
        self.assertEqual(Admin(headgate).get("/live").status, 200)
        held.set()
        self.proxied = headgate.waitUntilStarted()
        self.assertEqual(self.asked(1), ["late"])
        self.assertEqual(Admin(headgate).get("/ready").status, 200)

    def test_a_signal_ends_the_wait_for_the_first_answers(self):
        silent, = self.wards("silent")
        silent.answer = None
        headgate = Headgate(self.folder, config(self.backends, cluster=checked(timeout="30s")))
        self.addCleanup(headgate.kill)
        headgate.waitFor("waiting for the first health checks")
        self.assertEqual(headgate.terminate(), 0)

    def test_a_host_leaves_and_returns_as_its_checks_say(self):
        first, second = self.wards("first", "second")
        self.start(checked())
        self.assertEqual(self.asked(), ["first", "second"])
        second.answer = SICK
        self.down(1, "503")
        eventually(lambda: self.asked() == ["first"], "the worker knows it too")
        second.answer = OK
        self.up(1, 2)
        eventually(lambda: self.asked() == ["first", "second"], "the worker knows it too")

    def test_thresholds_count_answers_in_a_row(self):
        ward, = self.wards("only")
        self.start(checked(unhealthy_threshold=3, healthy_threshold=2))
        ward.answer = SICK
        self.down(0, r"503 \(3 checks in a row failed\)")
        ward.answer = OK
        self.proxied.waitFor("host_up .*: 2 checks in a row succeeded")

    def test_silence_is_a_timeout(self):
        ward, = self.wards("only")
        self.start(checked(timeout="300ms"))
        ward.answer = None
        self.down(0, "timeout after 300ms")

    def test_garbage_is_a_failure(self):
        ward, = self.wards("only")
        self.start(checked())
        ward.answer = b"SSH-2.0-OpenSSH_9.2\r\n\r\n"
        self.down(0, "(?!503)")

    def test_a_refused_connection_is_a_failure(self):
        origin = self.origin("only")
        self.proxied = self.headgate(config([origin], cluster=checked()))
        origin.kill()
        self.proxied.waitFor(rf"host_down {origin.text}: connect refused")

    def test_all_down_is_an_answer_at_once_and_over_with_the_first_check(self):
        ward, = self.wards("only")
        self.start(checked())
        ward.answer = SICK
        self.down(0, "503")
        answers = []

        def refused():
            answers.append(fetch(self.proxied.address(), "/x"))
            return answers[-1].status == 503

        eventually(refused, "the worker knows it too")
        self.assertEqual(answers[-1].json()["reason"], "no_healthy_upstream")
        record = self.proxied.logLines(len(answers))[-1]
        self.assertEqual((record["flags"], record["attempts"]), (["UH"], []))
        ward.answer = OK
        self.up(0, 2)
        eventually(lambda: self.asked(1) == ["only"], "the worker knows it too")

    def test_checks_keep_their_connection_and_do_not_multiply_with_workers(self):
        ward, = self.wards("only")
        self.start(checked(), workers=4)
        eventually(lambda: len(ward.checks) >= 5, "checks come")
        self.assertEqual(len(ward.connections), 1)

    def test_a_check_can_close_its_connection(self):
        ward, = self.wards("only")
        self.start(checked(reuse_connection=False))
        eventually(lambda: len(ward.connections) >= 3, "each check has its own connection")

    def test_a_check_says_what_it_was_told_to(self):
        ward, = self.wards("only")
        ward.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.start(checked(method="HEAD", host="app.internal", headers={"X-Probe": "yes"}, expected=[200, 204]))
        self.assertEqual(self.asked(1), ["only"])
        head = ward.checks[0].lower()
        self.assertTrue(head.startswith(b"head /ping http/1.1\r\n"))
        self.assertIn(b"\r\nhost: app.internal\r\n", head)
        self.assertIn(b"\r\nx-probe: yes\r\n", head)
        self.assertIn(b"\r\nuser-agent: headgate-health-check\r\n", head)

    def test_a_connection_is_enough_for_a_tcp_check(self):
        backend = self.rawBackend(answering(OK))
        self.proxied = self.headgate(config([backend], cluster={"health_check": {"tcp": {}, "interval": "100ms", "unhealthy_threshold": 1}}))
        eventually(lambda: backend.connections >= 3, "checks come")
        self.assertEqual(fetch(self.proxied.address()).status, 200)
        backend.close()
        self.proxied.waitFor("host_down .*: connect refused")

    def test_a_get_that_waits_at_a_host_that_goes_down_is_answered_by_another(self):
        second = Ward("second")
        answer = [OK]

        def stuck(exchange):
            while head := exchange.readHead():
                if head.startswith(b"GET /ping "):
                    exchange.send(answer[0])
                else:
                    answer[0] = SICK  # the next check finds it down; the request is never answered

        self.backends = [self.rawBackend(stuck), self.rawBackend(second)]
        self.start(checked())
        self.assertEqual(self.asked(2), ["second"])
        records = self.proxied.logLines(2)
        moved = [record for record in records if len(record["attempts"]) == 2]
        self.assertEqual([attempt["outcome"] for attempt in moved[0]["attempts"]], ["upstream_reset_before_response", "200"])
        self.assertEqual([record["status"] for record in records], [200, 200])

    def test_unused_connections_close_on_every_worker_when_a_host_goes_down(self):
        ward, = self.wards("only")
        self.start(checked(), workers=3)
        clients = [self.client(self.proxied) for _ in range(12)]
        for client in clients:
            client.get("/x")
        open_ = self.proxied.openFiles()
        ward.answer = SICK
        self.down(0, "503")
        used = self.backends[0].connections - 1  # one was the checks'
        eventually(lambda: self.proxied.openFiles() <= open_ - used, "the connections of the workers are closed")

    def test_a_host_that_flaps_costs_no_request(self):
        steady, flapping = self.wards("steady", "flapping")
        self.start(checked(interval="50ms"), workers=2)
        load = Load(self.proxied.address(), 4, path="/x").start()
        for round_ in range(5):
            flapping.answer = SICK
            self.proxied.waitFor(rf"host_down {self.backends[1].endpoint()}", round_ + 1)
            flapping.answer = OK
            self.up(1, round_ + 2)
        load.stop()
        self.assertEqual(load.bad(), [])
        self.assertGreater(len(load.responses), 50)


class RealProcesses(Case):
    def setUp(self):
        super().setUp()
        self.origins = [self.origin(name) for name in ("a", "b", "c")]

    def start(self, **check):
        cluster = {"health_check": {"interval": "200ms", "unhealthy_threshold": 1, **check}}
        self.proxied = self.headgate(config(self.origins, workers=2, cluster=cluster))
        return Load(self.proxied.address(), 8).start()

    def test_a_killed_origin_fails_no_request_and_is_back_after_its_restart(self):
        load = self.start()
        killed = self.origins[1]
        eventually(lambda: len(load.responses) > 50, "there is load")
        killed.kill()
        self.proxied.waitFor(rf"host_(down|ejected) {killed.text}: ")
        again = self.origin("again", address=killed.text)
        self.proxied.waitFor(rf"host_(up|returned) {killed.text}: ", 2)
        eventually(lambda: any(response.get("x-origin") == "again" for response in load.responses), "it takes requests again")
        load.stop()
        self.assertEqual(load.bad(), [])
        self.assertTrue(again.running())

    def test_a_stopped_origin_fails_no_request_and_gets_none_once_it_is_found_out(self):
        load = self.start(timeout="2s")
        stopped = self.origins[1]
        eventually(lambda: len(load.responses) > 50, "there is load")
        stopped.pause()
        self.proxied.waitFor(rf"host_down {stopped.text}: timeout after 2s")
        before = len(load.responses)
        eventually(lambda: len(load.responses) > before + 200, "the others carry the load")
        stopped.signal(signal.SIGCONT)
        self.proxied.waitFor(rf"host_up {stopped.text}: ", 2)
        load.stop()
        self.assertEqual(load.bad(), [])
        self.assertLess(max(len(record["attempts"]) for record in self.proxied.logLines(len(load.responses))), 4)
