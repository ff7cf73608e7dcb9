"""What a warm request costs the kernel: counted, not timed."""

import re
from pathlib import Path

from support import environment
from support.backend import answering
from support.case import Case
from support.headgate import config

REQUESTS = 200
DATA_CALLS = {"read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg"}


class SystemCalls(Case):
    def test_a_warm_request_costs_four_data_calls_and_nothing_but_its_share_of_waiting(self):
        trace = Path(self.folder) / "trace"
        backend = self.rawBackend(answering())
        headgate = self.headgate(config([backend]), wrap=("strace", "-f", "-qq", "-o", trace))
        client = self.client(headgate)
        for _ in range(20):
            client.get("/warm")
        client.get("/begin-to-count")
        for _ in range(REQUESTS):
            client.get("/counted")
        client.get("/end-to-count")
        self.assertEqual(headgate.terminate(), 0)

        lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
        marks = [number for number, line in enumerate(lines) if "begin-to-count" in line or "end-to-count" in line]
        worker = lines[marks[0]].split()[0]
        counts = {}
        for line in lines[marks[0]:marks[-1]]:
            call = re.match(r"(\d+) +(?:<\.\.\. )?(\w+)", line)
            if call and call[1] == worker and "resumed" not in line:
                counts[call[2]] = counts.get(call[2], 0) + 1
        data = sum(count for call, count in counts.items() if call in DATA_CALLS)
        self.assertGreater(data, 3 * REQUESTS, counts)  # or nothing was counted
        self.assertLessEqual(data, 4 * (REQUESTS + 3), counts)
        rest = {call: count for call, count in counts.items() if call not in DATA_CALLS and call not in ("epoll_wait", "epoll_pwait", "epoll_pwait2")}
        # The mailbox of the log writer and the wheel's timer may need a moment's call, once in many requests.
        self.assertLessEqual(sum(rest.values()), REQUESTS // 20, rest)
        self.assertNotIn("epoll_ctl", rest)
        self.assertNotIn("ioctl", rest)


if environment.slow():
    del SystemCalls  # the sanitizers' own calls would be counted
