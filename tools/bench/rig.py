"""The set-up of one piece of work: the origin, the contenders before it, and one measurement of one of them."""

import mmap
import struct
import time
from dataclasses import dataclass

import contenders
import idle
import proc
import processes
import wrk
from figures import Sample

CONNECT_SECONDS = 20  # for all connections of a load; a SYN that was dropped is sent again after 1, 3 and 7 seconds
SETTLE_SECONDS = 0.5  # after that
WARM_UP_SECONDS = 1
IDLE_WARM_UP = 20  # connections
IDLE_SETTLE_SECONDS = 2


@dataclass
class Running:
    """A contender that listens."""

    contender: contenders.Contender
    process: processes.Process
    port: int


@dataclass
class Place:
    """Where everything runs: the same for all the work of a run."""

    ports: processes.Ports
    folder: object  # pathlib.Path for the files of all programs
    proxy_cpu: int
    load_cpu: int
    profile: str
    open_files: int


class Rig:
    """An origin with contenders before it. Leaving the context stops all of it."""

    def __init__(self, place, body_bytes, endpoints=1):
        self.place = place
        self.started = processes.Processes()
        self.port = place.ports.reserve()
        self.endpoints = [f"{loopback(i)}:{self.port}" for i in range(endpoints)]
        counter = place.folder / f"answered-{self.port}"
        origin = self.started.start("backend", [contenders.ROOT / "build/bench/backend", self.port, body_bytes, counter, endpoints],
                                    place.folder / "backend.out", place.load_cpu)
        try:
            origin.wait_for_port(self.port)
            with open(counter, "rb") as file:
                self.counter = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
        except BaseException:
            self.started.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.started.__exit__()
        self.counter.close()

    def start(self, contender):
        """Starts it with a configuration for this origin. Failure if it does not listen."""
        port = self.place.ports.reserve()
        setting = contenders.Setting(port, self.endpoints, self.place.profile, self.place.folder, self.place.open_files)
        command = contender.command(contender.program, setting)
        process = self.started.start(contender.name, command, self.place.folder / f"{contender.name}.out", self.place.proxy_cpu)
        process.wait_for_port(port)
        return Running(contender, process, port)

    def answered(self):
        """Responses that the origin has sent so far."""
        return struct.unpack("=Q", self.counter[:8])[0]

    def warm_up(self, running, connections):
        self.load(running, connections, WARM_UP_SECONDS)

    def load(self, running, connections, seconds):
        """CPU microseconds of the contender for each request, while `connections` clients send one after the other. Connections are opened
        before the measured time begins and closed after it ends."""
        output = self.place.folder / "wrk.out"
        output.unlink(missing_ok=True)
        with processes.Processes() as started:
            client = started.start("wrk", wrk.command(f"http://127.0.0.1:{running.port}/ping", connections), output, self.place.load_cpu)
            missing = connections - self.wait_for_connections(client, running.port, connections)
            time.sleep(SETTLE_SECONDS)
            begin, cpu, requests = time.monotonic(), proc.cpu_seconds(running.process.pid), self.answered()
            time.sleep(seconds)
            elapsed, cpu, requests = time.monotonic() - begin, proc.cpu_seconds(running.process.pid) - cpu, self.answered() - requests
            report = wrk.finish(client)
        died = not running.process.running()
        value = cpu / requests * 1e6 if requests and not died else None
        stalled = requests == 0
        return Sample(value, report.errors + missing + died + stalled, requests / elapsed, report.p99_seconds)

    def wait_for_connections(self, client, port, wanted):
        """Waits until the client has its connections and the origin has answered as many requests: a connection that is established
        may still wait to be accepted, at the proxy or behind it. Returns how many there are; 0 if the answers did not come."""
        end = time.monotonic() + CONNECT_SECONDS
        first = self.answered()
        have = 0
        while client.running() and time.monotonic() < end:
            have = proc.established_to(port)
            if have >= wanted and self.answered() - first >= wanted:
                return wanted
            time.sleep(0.1)
        return 0 if self.answered() - first < wanted else min(have, wanted)

    def idle_memory(self, contender, connections):
        """KiB of memory for each idle kept-alive connection, of a fresh process."""
        running = self.start(contender)
        try:
            with idle.Idle(running.port) as warm, idle.Idle(running.port) as clients:
                warm.open(IDLE_WARM_UP)
                before = proc.rss_bytes(running.process.pid)
                clients.open(connections)
                time.sleep(IDLE_SETTLE_SECONDS)
                grown = proc.rss_bytes(running.process.pid) - before
                return Sample(grown / 1024 / connections, clients.errors + clients.closed())
        finally:
            running.process.stop()


def loopback(i):
    """127.0.0.1 and the addresses after it."""
    return f"127.0.{(i + 1) >> 8}.{(i + 1) & 255}"
