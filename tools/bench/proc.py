"""What /proc says of a process and its children, and of the machine. Shared by tools/bench and tools/soak."""

import os
import platform
import re
from pathlib import Path


def tree(pid):
    """`pid` and its descendants that are alive."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        for children in Path(f"/proc/{current}/task").glob("*/children"):
            try:
                waiting += map(int, children.read_text(encoding="ascii").split())
            except OSError:
                pass  # the thread has ended meanwhile
    return found


def cpu_seconds(pid):
    """User and system time of the process tree: of schedstat, which counts nanoseconds where stat counts ticks of ten milliseconds. Threads
    that have ended no longer count, so a difference of two readings wants all threads alive at both."""
    nanoseconds = 0
    for current in tree(pid):
        for schedstat in Path(f"/proc/{current}/task").glob("*/schedstat"):
            try:
                nanoseconds += int(schedstat.read_text(encoding="ascii").split()[0])
            except OSError:
                pass
    return nanoseconds / 1e9


def rss_bytes(pid):
    """Resident memory of the process tree; pages that processes share are counted for each."""
    total = 0
    for current in tree(pid):
        try:
            status = Path(f"/proc/{current}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)
        total += int(found[1]) * 1024 if found else 0
    return total


def open_files(pid):
    """The number of open descriptors."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def established_to(port):
    """The number of established connections to this local IPv4 port, seen from the clients' side."""
    remote = f":{port:04X} 01 "
    with open("/proc/net/tcp", encoding="ascii") as table:
        return sum(remote in line for line in table)


def cpu_model():
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
    return found[1].strip() if found else platform.machine()


def memory_gib():
    total = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"), re.M)
    return int(total[1]) / (1 << 20)
