"""The promises that hold under load: only 200s, and no GET that fails because a backend died."""

import re
import subprocess

from support import environment
from support.case import Case, eventually
from support.headgate import Origin, config
from support.process import Process


def freePort():
    """A port that was free a moment ago."""
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Quickstart(Case):
    """The configuration of the quick start, before three origins."""

    def setUp(self):
        super().setUp()
        self.port = freePort()
        self.origins = [self.origin(f"origin-{number}") for number in (1, 2, 3)]
        ports = {f"BACKEND{number}_PORT": origin.endpoint().rsplit(":", 1)[1] for number, origin in enumerate(self.origins, 1)}
        self.headgate = self.process([environment.headgate, "-c", environment.ROOT / "configs/quickstart.json"],
                                     environ={"HEADGATE_PORT": str(self.port), **ports})
        self.headgate.waitFor(r"started with \d+ worker")

    def run_program(self, *command):
        finished = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=environment.patience(60), check=False)
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        return finished.stdout

    def test_ab_with_a_thousand_clients_sees_only_200s(self):
        requests, clients = (1000, 200) if environment.slow() else (5000, 1000)
        text = self.run_program("ab", "-q", "-r", "-s", 60, "-n", requests, "-c", clients, f"http://127.0.0.1:{self.port}/")
        self.assertIn(f"Complete requests:      {requests}", text)
        self.assertIn("Failed requests:        0", text)
        self.assertNotIn("Non-2xx", text)
        self.assertEqual(self.headgate.terminate(), 0)

    def test_wrk_with_five_hundred_connections_sees_only_200s(self):
        connections = 50 if environment.slow() else 500
        text = self.run_program("wrk", "-t2", f"-c{connections}", "-d2", "--timeout", "20", f"http://127.0.0.1:{self.port}/")
        self.assertGreater(int(re.search(r"(\d+) requests in", text)[1]), connections)
        self.assertNotIn("Non-2xx", text)
        self.assertNotIn("Socket errors", text)
        self.assertEqual(self.headgate.terminate(), 0)


class Failover(Case):
    def load(self, headgate, seconds):
        host, port = headgate.address()
        return Process(["wrk", "-t1", "-c32" if environment.slow() else "-c200", f"-d{seconds}", "--timeout", "20", f"http://{host}:{port}/headers"])

    def names(self, headgate):
        """Of the backends that answered, from the access log."""
        text = headgate.logPath.read_text(encoding="utf-8", errors="replace") if headgate.logPath.exists() else ""
        return set(re.findall(r'"upstream_host":"([^"]+)"', text))

    def test_no_get_fails_when_one_of_three_backends_is_killed_and_comes_back(self):
        origins = [self.origin(name) for name in "abc"]
        headgate = self.headgate(config(origins, workers=2))
        load = self.load(headgate, 4)
        self.addCleanup(load.kill)
        eventually(lambda: len(self.names(headgate)) == 3, "all backends have answered")
        victim = origins[1].endpoint()
        origins[1].kill()
        headgate.waitFor(re.escape(victim) + ".*goes on to another try")
        back = Origin("b", victim)
        self.addCleanup(back.kill)
        self.assertEqual(load.wait(), 0)
        self.assertNotIn("Non-2xx", load.output)
        self.assertNotIn("Socket errors", load.output)
        self.assertRegex(load.output, r"[1-9]\d* requests in")
        # It takes traffic again.
        headgate.logPath.write_bytes(b"")
        client = self.client(headgate)
        answered = {client.get("/ping").get("x-origin") for _ in range(12)}
        self.assertIn("b", answered)

    def test_a_killed_backend_that_stays_away_costs_no_get_and_is_named(self):
        origins = [self.origin(name) for name in "ab"]
        headgate = self.headgate(config(origins))
        client = self.client(headgate)
        for _ in range(4):
            self.assertEqual(client.get("/ping").status, 200)
        origins[0].kill()
        for _ in range(20):
            response = client.get("/ping")
            self.assertEqual((response.status, response.get("x-origin")), (200, "b"))
        headgate.waitFor(re.escape(origins[0].endpoint()))
        tried = [record["attempts"] for record in headgate.logLines(24)[4:] if record["attempt_count"] > 1]
        self.assertTrue(tried)
        for attempts in tried:
            self.assertEqual(attempts[0]["host"], origins[0].endpoint())
            self.assertEqual(attempts[-1], {"host": origins[1].endpoint(), "outcome": "200"})
