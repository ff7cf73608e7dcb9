"""The proxy and its origins: what runs, what is done to it, and what it wrote."""

import os
import signal
import time
from pathlib import Path

import judgement
import proc
from processes import Failure
from lanes import SANITIZER

HERE = Path(__file__).resolve().parent
ORIGINS = 3


class Scene:
    """Headgate before three origins. All is started by `started`, a processes.Processes, and ends with it."""

    def __init__(self, started, ports, folder, build):
        self.started = started
        self.folder = folder
        self.build = build
        self.environment = SANITIZER.get(build.name, {})
        self.log = folder / "access.log"
        self.ports = [ports.reserve() for _ in range(ORIGINS)]
        self.origins = [self.start_origin(i) for i in range(ORIGINS)]
        self.kills = []
        self.lines = 0
        self.faults = []
        self.port = ports.reserve()
        self.proxy = started.start("headgate", [build / "headgate", "-c", HERE / "headgate.json"], folder / "headgate.out", environment={
            **self.environment, "SOAK_PORT": str(self.port), "SOAK_ACCESS_LOG": str(self.log),
            **{f"SOAK_ORIGIN{i + 1}": str(port) for i, port in enumerate(self.ports)}})
        self.proxy.wait_for_port(self.port)

    def start_origin(self, i):
        command = [self.build / "headgate-origin", "--listen", f"127.0.0.1:{self.ports[i]}", "--name", f"origin-{i + 1}"]
        origin = self.started.start(f"origin-{i + 1}", command, self.folder / f"origin-{i + 1}.out", environment=self.environment)
        origin.wait_for_port(self.ports[i])
        return origin

    def kill_origin(self, i):
        """Without warning, in the middle of what it does."""
        self.kills.append(judgement.Kill(f"127.0.0.1:{self.ports[i]}", time.time()))
        self.origins[i].stop(signal.SIGKILL)
        self.started.forget(self.origins[i])

    def restart_origin(self, i):
        self.origins[i] = self.start_origin(i)
        self.kills[-1].end = time.time()

    def pause_origin(self, i):
        """It keeps its connections, accepts more, and answers nothing."""
        self.kills.append(judgement.Kill(f"127.0.0.1:{self.ports[i]}", time.time()))
        os.kill(self.origins[i].pid, signal.SIGSTOP)

    def resume_origin(self, i):
        os.kill(self.origins[i].pid, signal.SIGCONT)
        self.kills[-1].end = time.time()

    def rotate(self):
        """Moves the access log away, has the proxy open a new one with SIGUSR1, and reads the old one, which is complete by then."""
        old = self.folder / "access.log.1"
        self.log.rename(old)
        os.kill(self.proxy.pid, signal.SIGUSR1)
        end = time.monotonic() + 20
        while not self.log.exists():
            if not self.proxy.running():
                raise Failure(f"headgate ended by itself; the end of its output:\n{self.proxy.tail()}")
            if time.monotonic() > end:
                raise Failure("SIGUSR1 did not make headgate open its access log anew")
            time.sleep(0.02)
        self.read(old)

    def read(self, log):
        lines, faults = judgement.read_log(log)
        self.lines += lines
        self.faults += faults
        log.unlink()

    def rss_mib(self):
        return proc.rss_bytes(self.proxy.pid) / (1 << 20)

    def open_files(self):
        return proc.open_files(self.proxy.pid)

    def files_settle(self, wanted, seconds):
        """Waits until no more than `wanted` descriptors are open; returns how many are."""
        end = time.monotonic() + seconds
        while (have := self.open_files()) > wanted and time.monotonic() < end:
            time.sleep(0.1)
        return have

    def stop(self):
        """SIGTERM; returns the exit code and the summary that the proxy prints."""
        code = self.proxy.stop(signal.SIGTERM, 60)
        self.read(self.log)
        return code, judgement.summary(self.proxy.tail())
