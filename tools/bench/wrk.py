"""wrk: running it until it is told to stop, and reading what it prints."""

import re
import signal
from dataclasses import dataclass

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST_SECONDS = 3600  # it is stopped by SIGINT long before


@dataclass
class Report:
    """What wrk printed at its end."""

    requests: int
    non_2xx: int = 0
    connect: int = 0
    read: int = 0
    write: int = 0
    timeout: int = 0
    p99_seconds: float = 0.0

    @property
    def errors(self):
        return self.non_2xx + self.connect + self.read + self.write + self.timeout


def seconds(text):
    """A time as wrk prints it ("512.00us", "1.50m"), in seconds."""
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m|h)", text)
    if not found:
        raise ValueError(f'expected a time such as "1.25ms", got "{text}"')
    return float(found[1]) * UNITS[found[2]]


def parse(output):
    """The Report in the output of wrk. ValueError if there is none: wrk ended before it measured."""
    requests = re.search(r"^\s*(\d+) requests in ", output, re.M)
    if not requests:
        raise ValueError(f"wrk printed no result:\n{output.strip()[-500:]}")
    report = Report(int(requests[1]))
    non_2xx = re.search(r"^\s*Non-2xx or 3xx responses: (\d+)", output, re.M)
    if non_2xx:
        report.non_2xx = int(non_2xx[1])
    socket_errors = re.search(r"^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output, re.M)
    if socket_errors:
        report.connect, report.read, report.write, report.timeout = map(int, socket_errors.groups())
    p99 = re.search(r"^\s*99%\s+(\S+)", output, re.M)
    if p99:
        report.p99_seconds = seconds(p99[1])
    return report


def command(url, connections, timeout=10):
    """One thread. A request that takes longer than `timeout` seconds is an error."""
    return ["wrk", "-t1", f"-c{connections}", f"-d{LONGEST_SECONDS}s", "--latency", f"--timeout={timeout}s", url]


def finish(process):
    """Stops the Process that runs `command`; returns its Report."""
    process.stop(signal.SIGINT)
    return parse(process.tail(8000))
