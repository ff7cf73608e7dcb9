"""What the access log and the clients say, and whether the kills of origins explain it. Pure functions over times in Unix seconds."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone

# Between a kill and what it causes: the log has milliseconds, clients notice late, and this script is not always on a CPU.
SLACK_SECONDS = 1.0
# The exchange went well, or its client spoiled it. All else needs an explanation.
GOOD = ("via_upstream", "downstream_reset", "downstream_write_idle", "bad_request")
SUSPECT = re.compile(rb'"status":5|"details":"(?!' + "|".join(f'{word}"' for word in GOOD).encode() + rb")")


@dataclass
class Kill:
    """An origin that was down from `begin` to `end`."""

    address: str
    begin: float
    end: float = float("inf")

    def touches(self, begin, end):
        return begin <= self.end + SLACK_SECONDS and end >= self.begin - SLACK_SECONDS


@dataclass
class Fault:
    """An exchange that the proxy could not serve."""

    begin: float
    end: float
    status: int
    details: str
    hosts: tuple  # that were tried
    line: str
    repeatable: bool = False  # a GET that had no byte of an answer: another origin could have answered it

    def explained(self, kills):
        """It met an origin while that was down, and could not be sent to another."""
        return not self.repeatable and any(kill.address in self.hosts and kill.touches(self.begin, self.end) for kill in kills)


@dataclass
class Mishap:
    """Something that a client noticed."""

    client: str
    begin: float
    end: float
    what: str

    def explained(self, kills):
        """Clients do not always see which origin it was: any that was down at the time will do."""
        return any(kill.touches(self.begin, self.end) for kill in kills)


def fault(line):
    """The Fault in a JSON line of the access log; None if the exchange was good."""
    it = json.loads(line)
    status = it["status"] or 0
    if status < 500 and it["details"] in GOOD:
        return None
    begin = datetime.strptime(it["start_time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()
    hosts = tuple(attempt["host"] for attempt in it["attempts"])
    repeatable = it["method"] == "GET" and status >= 500
    return Fault(begin, begin + it["duration_ms"] / 1000, status, it["details"], hosts, line.strip(), repeatable)


def read_log(path):
    """(lines, faults) of a finished access log. Most lines are good and told from the others without parsing them."""
    lines, faults = 0, []
    with open(path, "rb") as log:
        for line in log:
            lines += 1
            if SUSPECT.search(line):
                found = fault(line.decode("utf-8"))
                if found:
                    faults.append(found)
    return lines, faults


def summary(output):
    """(requests, of them answered with 5xx) that the proxy counted itself, from its last words; None if it did not say."""
    found = re.search(r"stopped after (\d+) requests, (\d+) of them answered with 5xx", output)
    return (int(found[1]), int(found[2])) if found else None
