"""A DNS server of the test's own: answers A and AAAA questions as it is told to."""

import contextlib
import socket
import struct
import threading

A, AAAA, OPT = 1, 28, 41
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
UDP_LIMIT = 1200


class DnsServer:
    """Serves 127.0.0.1 by UDP and TCP on one free port. `records`: name -> list of addresses; a name that is not there does not exist. `ttl` in seconds; `silent`: no answer comes;
    `rcode`: instead of an answer. `questions` has the (name, type) that were asked.
    """

    def __init__(self):
        self.records = {}
        self.ttl = 1
        self.silent = False
        self.rcode = None
        self.questions = []
        self.overTcp = 0
        while True:
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._udp.bind(("127.0.0.1", 0))
            self._tcp = socket.socket()
            try:
                self._tcp.bind(self._udp.getsockname())
                break
            except OSError:  # the port is free for UDP alone
                self._udp.close()
                self._tcp.close()
        self._tcp.listen(16)
        for serve in (self._serveUdp, self._serveTcp):
            threading.Thread(target=serve, daemon=True).start()

    def address(self):
        return "127.0.0.1:%d" % self._udp.getsockname()[1]

    def close(self):
        with contextlib.suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()
        with contextlib.suppress(OSError):
            self._udp.sendto(b"", self._udp.getsockname())  # wakes the thread
        self._closed = True

    def _serveUdp(self):
        while not getattr(self, "_closed", False):
            query, peer = self._udp.recvfrom(4096)
            if len(query) < 12:
                continue
            answer = self._answer(query, UDP_LIMIT)
            if answer:
                self._udp.sendto(answer, peer)
        self._udp.close()

    def _serveTcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                while len(size := connection.recv(2, socket.MSG_WAITALL)) == 2:
                    query = connection.recv(struct.unpack("!H", size)[0], socket.MSG_WAITALL)
                    self.overTcp += 1
                    answer = self._answer(query, 65535)
                    connection.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, query, limit):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind, = struct.unpack("!H", query[at + 1:at + 3])
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        self.questions.append((name, kind))
        if self.silent:
            return None
        rcode, body, count = self.rcode, b"", 0
        if rcode is None:
            rcode = NOERROR if name in self.records else NXDOMAIN
            for address in self.records.get(name, []):
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                if kind == (AAAA if family == socket.AF_INET6 else A):
                    data = socket.inet_pton(family, address)
                    body += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl, len(data)) + data
                    count += 1
        flags = 0x8180 | rcode
        if 12 + len(question) + len(body) > limit:
            flags, body, count = flags | 0x0200, b"", 0  # truncated: ask by TCP
        return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question + body
