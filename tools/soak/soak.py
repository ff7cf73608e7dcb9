#!/usr/bin/env python3
"""Runs Headgate for a long time under mixed load while its origins die, and says at the end whether it stood that.

See README.md in this folder for what is done and what is checked.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[1:1] = [str(HERE.parent / "bench"), str(HERE.parent / "testing")]  # processes, proc and wrk; the options of the sanitizers

import processes
import wrk
from clients import Clients
from processes import Failure
from scene import ORIGINS, Scene

LOAD_SECONDS = 50  # of each minute; the rest is for everything to close
KILL_EVERY_SECONDS = 20
DOWN_SECONDS = 2
PAUSED_SECONDS = 5  # the checks of headgate.json need two of them to see it
ROTATE_EVERY_SECONDS = 10
REST_SECONDS = 30  # at most; upstream connections idle for 2
RSS_LIMIT_MIB = {"release": 256}
RSS_LIMIT_MIB_OTHERS = 1024  # sanitizers keep freed memory for a while


class Soak:
    """The run; collects what is wrong in `problems`."""

    def __init__(self, scene, options):
        self.scene = scene
        self.options = options
        self.problems = []
        self.most_rss = 0.0
        self.mishaps = []
        self.judged = 0  # faults of the scene that were looked at

    def minute(self, number):
        """One minute of load and rest, then the checks and a line of what it was."""
        scene = self.scene
        requests, kills, mishaps = scene.lines, len(scene.kills), len(self.mishaps)
        with processes.Processes() as started:
            output = scene.folder / "wrk.out"
            output.unlink(missing_ok=True)
            client = started.start("wrk", wrk.command(f"http://127.0.0.1:{scene.port}/ping", 32), output)
            with Clients(scene.port, number) as clients:
                clients.start_all()
                self.disturb(number)
            report = wrk.finish(client)
        self.mishaps += clients.mishaps
        files = scene.files_settle(self.base, REST_SECONDS)
        scene.rotate()

        faults, unexplained = self.judge()
        self.check(report.connect + report.timeout == 0, f"minute {number}: wrk had {report.connect} failed connects and {report.timeout} timeouts")
        self.check(files <= self.base, f"minute {number}: {files} descriptors stay open, {self.base} were before the load")
        rss = scene.rss_mib()
        self.most_rss = max(self.most_rss, rss)
        print(f"minute {number}: {scene.lines - requests:,} requests, {len(scene.kills) - kills} kills, {faults} failed exchanges ({unexplained} unexplained), "
              f"{len(self.mishaps) - mishaps} noticed by clients, RSS {rss:.1f} MiB at rest, {self.most_rss:.1f} at most, {files} descriptors (base {self.base})")
        print("    " + ", ".join(f"{count:,} {name}" for name, count in clients.done.items()) + f", {report.requests:,} wrk", flush=True)

    def disturb(self, number):
        """What happens to the proxy and the origins while the load runs."""
        begin = time.monotonic()
        down, paused = None, False
        for second in range(LOAD_SECONDS):
            time.sleep(max(0.0, begin + second - time.monotonic()))
            if not self.scene.proxy.running():
                raise Failure(f"headgate ended by itself; the end of its output:\n{self.scene.proxy.tail()}")
            self.most_rss = max(self.most_rss, self.scene.rss_mib())
            if second % KILL_EVERY_SECONDS == 5:
                down = (number + second // KILL_EVERY_SECONDS) % ORIGINS
                paused = (number + second // KILL_EVERY_SECONDS) % 2 == 1
                self.scene.pause_origin(down) if paused else self.scene.kill_origin(down)
            elif second % KILL_EVERY_SECONDS == 5 + (PAUSED_SECONDS if paused else DOWN_SECONDS):
                self.scene.resume_origin(down) if paused else self.scene.restart_origin(down)
            if second % ROTATE_EVERY_SECONDS == ROTATE_EVERY_SECONDS - 1:
                self.scene.rotate()

    def judge(self):
        """Looks at the exchanges that failed since the last time; returns how many there were and how many of them nothing explains."""
        faults = self.scene.faults[self.judged:]
        self.judged = len(self.scene.faults)
        unexplained = [fault for fault in faults if not fault.explained(self.scene.kills)]
        self.check(not unexplained, f"{len(unexplained)} failed exchanges that no kill explains, the first: {unexplained[0].line if unexplained else ''}")
        for mishap in self.mishaps:
            self.check(mishap.explained(self.scene.kills), f"{mishap.client}: {mishap.what}")
        return len(faults), len(unexplained)

    def check(self, good, problem):
        if not good and problem not in self.problems:
            self.problems.append(problem)
            print(f"PROBLEM {problem}", flush=True)

    def run(self):
        scene = self.scene
        time.sleep(3)  # the connection that waited for the port is gone
        self.base = scene.open_files()
        self.most_rss = scene.rss_mib()
        for number in range(1, self.options.minutes + 1):
            self.minute(number)
        self.check(self.most_rss <= self.options.rss_limit, f"RSS was {self.most_rss:.1f} MiB, more than {self.options.rss_limit} MiB")
        self.end()

    def end(self):
        """SIGTERM, while exchanges are under way that take a second."""
        with Clients(self.scene.port, 0) as clients:
            clients.run(clients.drip, threads=8)
            time.sleep(0.5)
            clients.stopping.set()
            code, summary = self.scene.stop()
        self.check(code == 0, f"exit code {code} on SIGTERM; the end of its output:\n{self.scene.proxy.tail()}")
        self.check(clients.done["drip"] == 8, f"{clients.done['drip']} of 8 exchanges that were under way at SIGTERM came to their end")
        self.judge()
        if summary is None:
            self.check(False, "headgate did not say how many requests it had")
        else:
            self.check(summary[0] == self.scene.lines, f"headgate counted {summary[0]} requests and logged {self.scene.lines}")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=int, default=10, help="how long (default: 10)")
    parser.add_argument("--build", default="release", metavar="PRESET", help="whose build/PRESET/headgate runs: release (default), asan, tsan, dev")
    parser.add_argument("--rss-limit", type=float, metavar="MIB",
                        help=f"resident memory that is too much (default: {RSS_LIMIT_MIB['release']} for release, else {RSS_LIMIT_MIB_OTHERS})")
    options = parser.parse_args(arguments)
    if options.minutes < 1:
        parser.error(f"minutes: expected a number from 1 on, got {options.minutes}")
    if options.rss_limit is None:
        options.rss_limit = RSS_LIMIT_MIB.get(options.build, RSS_LIMIT_MIB_OTHERS)
    return options


def run(options):
    for program in ("wrk", "ab"):
        if not shutil.which(program):
            raise Failure(f"{program} is not installed: tools/install-dependencies.sh bench")
    build = ROOT / "build" / options.build
    for program in ("headgate", "headgate-origin"):
        if not (build / program).exists():
            raise Failure(f"{build.relative_to(ROOT)}/{program} is missing: tools/build.sh {options.build}")
    ports = processes.Ports()
    with tempfile.TemporaryDirectory(prefix="headgate-soak-") as folder, processes.Processes() as started:
        soak = Soak(Scene(started, ports, Path(folder), build), options)
        try:
            soak.run()
        except Failure as failure:
            soak.check(False, str(failure))
        scene = soak.scene
        print(f"soak: {'FAILED' if soak.problems else 'PASSED'}: {options.minutes} min, build {options.build}, {scene.lines:,} requests, "
              f"{len(scene.kills)} kills of origins, {len(scene.faults)} failed exchanges, RSS at most {soak.most_rss:.1f} MiB"
              + (f"; {len(soak.problems)} problems, see above" if soak.problems else ""))
    ports.release()
    return 1 if soak.problems else 0


def main():
    options = parse(sys.argv[1:])
    processes.stop_on_signals()
    try:
        return run(options)
    except Failure as failure:
        print(f"soak: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("soak: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
