#!/usr/bin/env python3
"""Figures of the stores. Starts a PostgreSQL of its own (Debian package postgresql-15) and removes all it made.

usage: tools/store/figures.py [--build FOLDER] [load|propagation|outage ...]      (default: all three)

  load         1,000,000 clients at a start, for SQLite and PostgreSQL: seconds until all are in force
  propagation  200 edits through one proxy: milliseconds until each is in force on a second
  outage       30 s without PostgreSQL under load: requests that failed or were limited wrongly, acknowledged writes lost
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test" / "integration"))

from support import environment  # noqa: E402
from support.client import Client  # noqa: E402
from support.headgate import Headgate, Origin, config  # noqa: E402
from support.postgres import Postgres  # noqa: E402

CLIENTS = 1_000_000
EDITS = 200
OUTAGE_SECONDS = 30


class Figures:
    def __init__(self, build, folder):
        self.program = build / "headgate-store-figures"
        self.folder = folder
        self.postgres = Postgres()

    def run(self, *words):
        return subprocess.run([str(word) for word in (self.program, *words)], check=True, capture_output=True, text=True).stdout.strip()

    def load(self):
        self.postgres.start()
        for kind, where in (("sqlite", self.folder / "clients.db"), ("postgres", self.postgres.dsn())):
            self.run("fill", kind, where, CLIENTS)
            print(f"load, {kind}: {self.run('load', kind, where)}", flush=True)
        self.postgres.kill()

    def propagation(self):
        self.postgres.start()
        print(f"propagation: {self.run('propagation', self.postgres.dsn(), EDITS)}", flush=True)
        self.postgres.kill()

    def outage(self):
        self.postgres.start()
        backend = Origin("backend")
        storage = {"postgres": {"dsn": self.postgres.dsn(), "local_copy": str(self.folder / "copy.db")}}
        proxy = Headgate(self.folder, config([backend], listener={"filters": [{"name": "ratelimit"}, {"name": "router"}]}, storage=storage,
                                             limits={"default": {"capacity": 500, "rate_per_sec": 0}})).waitUntilStarted()
        stop = threading.Event()
        statuses, latencies = {}, []
        load = threading.Thread(target=self.ask, args=(proxy.address(), stop, statuses, latencies))
        load.start()
        writer = subprocess.Popen([str(self.program), "writes", self.postgres.dsn(), str(OUTAGE_SECONDS + 20)], stdout=subprocess.PIPE, text=True)
        time.sleep(5)
        self.postgres.kill()
        time.sleep(OUTAGE_SECONDS)
        self.postgres.start()
        proxy.waitFor("store_back", seconds=30)
        written = writer.communicate()[0].strip()
        stop.set()
        load.join()
        counts = [sum(each.values()) for each in statuses.values()]
        failed = sum(number for each in statuses.values() for status, number in each.items() if status not in (200, 429))
        wrong = sum(1 for each in statuses.values() if each.get(200, 0) != min(500, sum(each.values())))
        print(f"outage: {sum(counts)} requests of {len(counts)} clients, {failed} failed, {wrong} clients limited wrongly, "
              f"longest answer {1000 * max(latencies):.0f} ms; {written}", flush=True)
        proxy.terminate()
        backend.kill()
        self.postgres.kill()

    @staticmethod
    def ask(address, stop, statuses, latencies):
        """Clients in turn over one connection; each may have 500 requests, ever."""
        number = 0
        with Client(address) as client:
            while not stop.is_set():
                name = f"load-{number % 20}"
                number += 1
                begin = time.monotonic()
                status = client.get("/", fields=[f"X-Client-ID: {name}"]).status
                latencies.append(time.monotonic() - begin)
                counts = statuses.setdefault(name, {})
                counts[status] = counts.get(status, 0) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "dev")
    parser.add_argument("what", nargs="*", choices=["load", "propagation", "outage", []])
    options = parser.parse_args()
    environment.setUp(options.build / "headgate", options.build / "headgate-origin", "dev")
    with tempfile.TemporaryDirectory() as folder:
        figures = Figures(options.build, Path(folder))
        try:
            for what in options.what or ["load", "propagation", "outage"]:
                getattr(figures, what)()
        finally:
            figures.postgres.close()


if __name__ == "__main__":
    main()
