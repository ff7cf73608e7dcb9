"""The system calls of a warm request: what the budget of performance allows, and no other."""

import json
import re
import unittest
from collections import Counter

from support import environment
from support.backend import answering
from support.case import Case, eventually
from support.client import Client
from support.headgate import config, connectable

REQUESTS = 200
# One line of strace -f -y: thread, call, and the descriptor with what it is, where the first argument is one.
CALL = re.compile(r"^(?P<thread>\d+) +(?:<\.\.\. )?(?P<call>\w+)(?:\((?:(?P<fd>\d+)<(?P<what>[^>]*)>)?| resumed>)")
DATA = {"read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg", "sendfile", "splice"}
MEMORY = {"brk", "mmap", "mprotect", "munmap", "madvise"}


def load_tests(_loader, tests, _pattern):
    """A sanitizer makes system calls of its own: the lanes that have one do not load this."""
    return unittest.TestSuite() if environment.slow() else tests


class SystemCalls(Case):
    def lines(self, path):
        with open(path, "rb") as file:
            return file.read().count(b"\n")

    def traced(self, script, request, read):
        """Calls of the worker over REQUESTS requests of a warm connection: a Counter of data calls on sockets, and one of all others."""
        trace, log, configuration = f"{self.folder}/trace", f"{self.folder}/access.log", f"{self.folder}/headgate.json"
        filters = [{"name": "access_log", "path": log, "format": "json"}, {"name": "router"}]
        with open(configuration, "w", encoding="utf-8") as file:
            json.dump(config([self.rawBackend(script)], listener={"filters": filters}), file)
        # -D: the tracer is no parent, so the process that the test has started is headgate, and ends as such.
        headgate = self.process(["strace", "-D", "-f", "-y", "-s", "64", "-o", trace, environment.headgate, "-c", configuration])
        client = Client(connectable(headgate.waitFor(r'listener "main" listens on (\S+)')[1]))
        self.addCleanup(client.close)

        def exchange(path):
            client.send(request % path)
            read(client)

        for count in (20, 40, 60):  # until the buffers of the log have gone round, too
            for _ in range(20):
                exchange(b"/warm")
            eventually(lambda: self.lines(log) >= count, "the lines of the log")
        exchange(b"/begin")
        for _ in range(REQUESTS):
            exchange(b"/counted")
        exchange(b"/end")

        def between():
            with open(trace, encoding="latin-1") as file:
                lines = file.read().splitlines()
            marks = [number for number, line in enumerate(lines) if "recvfrom" in line and ("POST /" in line or "GET /" in line)]
            begin = [number for number in marks if " /begin " in lines[number]]
            end = [number for number in marks if " /end " in lines[number]]
            return lines[begin[0]:end[0]] if begin and end else None

        lines = eventually(between, "the last request in the trace")
        worker = CALL.match(lines[0])["thread"]
        data, others = Counter(), Counter()
        for line in lines:
            found = CALL.match(line)
            # A call that another thread interrupted stands in two lines; the second has no descriptor.
            if not found or found["thread"] != worker or "resumed>" in line.split('"')[0]:
                continue
            onSocket = (found["what"] or "").startswith(("socket:", "TCP:"))
            (data if found["call"] in DATA and onSocket else others)[found["call"]] += 1
        return data, others

    def assertFrugal(self, data, others):
        self.assertGreater(sum(data.values()), REQUESTS * 2, "the trace shows too little to be true")
        self.assertLessEqual(sum(data.values()), (REQUESTS + 1) * 4, data)
        self.assertEqual(set(others) - {"epoll_wait", "epoll_pwait", "write", "futex"} - MEMORY, set(), others)
        # A write is the wake-up of the thread that writes the log, ten times a second at most; futex is its mutex.
        self.assertLess(others["write"] + others["futex"], REQUESTS / 4, others)
        # When that thread is late, the worker needs a further buffer.
        self.assertLess(sum(others[call] for call in MEMORY), 5, others)
        self.assertLessEqual(others["epoll_wait"] + others["epoll_pwait"], (REQUESTS + 1) * 2 + REQUESTS / 10, others)

    def test_a_warm_request_costs_four_data_calls_and_no_other_but_waiting(self):
        self.assertFrugal(*self.traced(answering(), b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n", lambda client: client.readResponse()))

    def test_a_warm_request_with_bodies_of_a_few_kilobytes_costs_no_more(self):
        size = 4000

        def script(exchange):
            while exchange.readHead():
                exchange.readExactly(size)
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, b"y" * size))

        request = b"POST %%s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (size, b"x" * size)
        self.assertFrugal(*self.traced(script, request, lambda client: self.assertEqual(len(client.readResponse().body), size)))

    def test_a_response_in_chunks_costs_no_more(self):
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        self.assertFrugal(*self.traced(answering(chunked), b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n", lambda client: client.readResponse()))
