"""configs/quickstart.json as it is, under the load of ab and wrk: every answer is 200."""

import re
from pathlib import Path

from support import environment
from support.case import Case
from support.headgate import connectable
from support.load import raiseFileLimit, url, wrkCommand, wrkResult


class QuickstartUnderLoad(Case):
    def setUp(self):
        super().setUp()
        ports = [self.origin(f"origin-{number}").address()[1] for number in (1, 2, 3)]
        moved = {"HEADGATE_PORT": "0", **{f"BACKEND{number}_PORT": str(port) for number, port in enumerate(ports, 1)}}
        unset = dict.fromkeys(("HEADGATE_CONFIG", "HEADGATE_LISTEN", "HEADGATE_BACKENDS", "HEADGATE_LB", "HEADGATE_WORKERS", "HEADGATE_LOG_LEVEL"), "")
        self.log = Path(self.folder) / "stdout.log"
        intoLog = ["sh", "-c", 'exec "$@" >"$0"', self.log]
        self.proxied = self.process([*intoLog, environment.headgate, "-c", environment.ROOT / "configs" / "quickstart.json"],
                                    environ={**moved, **unset}, limits=raiseFileLimit)
        self.proxied.waitFor(r"started with \d+ worker")
        self.address = connectable(self.proxied.waitFor(r'listener "http" listens on (\S+)')[1])

    def assertLogged(self, requests):
        """Ends headgate; then its log has that many lines, all 200 and without flags."""
        self.assertEqual(self.proxied.terminate(), 0, self.proxied.output)
        lines = self.log.read_text(encoding="utf-8").splitlines()
        self.assertEqual([line for line in lines if '" 200 - ' not in line], [])
        self.assertEqual(len(lines), requests)

    def test_ab_with_a_thousand_connections_gets_only_200s(self):
        requests, connections = (1000, 200) if environment.slow() else (5000, 1000)
        ab = self.process(["ab", "-q", "-n", requests, "-c", connections, url(self.address)], limits=raiseFileLimit)
        self.assertEqual(ab.wait(environment.patience(30)), 0, ab.output)
        self.assertEqual(re.search(r"Complete requests: +(\d+)", ab.output)[1], str(requests))
        self.assertEqual(re.search(r"Failed requests: +(\d+)", ab.output)[1], "0", ab.output)
        self.assertNotIn("Non-2xx responses", ab.output)
        self.assertLogged(requests)

    def test_wrk_with_five_hundred_connections_gets_only_200s(self):
        wrk = self.process(wrkCommand(self.address, 100 if environment.slow() else 500, 2), limits=raiseFileLimit)
        self.assertEqual(wrk.wait(), 0, wrk.output)
        requests, errors = wrkResult(wrk.output)
        self.assertEqual(errors, "")
        self.assertGreater(requests, 500)
