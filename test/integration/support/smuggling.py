"""Bytes that mean to be read in two ways, and a backend that reads in one way alone."""

import random
import re
import zlib

METHODS = [*["GET"] * 12, *["POST"] * 12, "PUT", "HEAD", "OPTIONS", "DELETE", "FOO", "get", "CONNECT", "TRACE"]
VERSIONS = ["HTTP/1.1"] * 40 + ["HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.1 ", "http/1.1", ""]
HOSTS = [b"Host: a"] * 40 + [b"Host: b:80", b"host:a", b"Host : a", b"Host: a\r\nHost: b", b"Host: a, b", b"Host:\ta", b"X: 1", b"Host: a/b"]
ODD_FIELDS = [
    b"Content-Length : 5", b"Content-Length: +5", b"Content-Length: 5, 5", b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 0x5",
    b"Content-Length:\x0b5", b"Content-Length: 5;", b"Content-Length: ", b"content_length: 5", b"Content-Length\x00: 5", b"Content-Length: 5\r\n ,6",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding:chunked", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked", b"X: 1\rTransfer-Encoding: chunked", b"X: 1\nTransfer-Encoding: chunked", b"Transfer_Encoding: chunked",
    b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: chunked;q=1", b" Transfer-Encoding: chunked", b"Transfer-Encoding: CHUNKED ",
    b"Connection: content-length", b"Connection: transfer-encoding", b"Connection: close", b"Connection: host", b"Connection: upgrade\r\nUpgrade: websocket",
    b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA", b"Expect: 100-continue", b"Expect: 100-continue, x", b"Trailer: Host", b"TE: trailers",
    b"X: \xff\xfe", b"X: \x00", b"Max-Forwards: 0", b": x", b"X", b"X-Forwarded-For: 1.1.1.1", b"Keep-Alive: timeout=1",
]
SIZES = [b"%x", b"%x", b"%x", b"%X", b"00%x", b"0x%x", b"%x ", b" %x", b"+%x", b"%x;a", b"%x;a=\"\r\n\"", b"%x;a\n", b"ffffffffffffffff%x", b"-%x", b"%xg"]
ENDS = [b"\r\n"] * 12 + [b"\n", b"\r", b"", b"\r\r\n", b"\n\r\n"]
BYTES = [b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b"0", b"5", b"\r\n\r\n", b"0\r\n\r\n", b"\x0b", b"\x80", b";", b",", b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]


class Generator:
    """The bytes of one connection, the same for the same seed: one to four requests, most of them with something odd about where they end."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.count = 0

    def connection(self):
        """Pieces to be sent one after the other."""
        data = b"".join(self.request() for _ in range(self.random.randint(1, 4)))
        for _ in range(self.random.choice([0, 0, 0, 0, 0, 1, 1, 2])):
            data = self.mutated(data)
        cuts = sorted(self.random.randrange(len(data) + 1) for _ in range(self.random.choice([0, 0, 1, 3])))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]

    def request(self):
        pick, self.count = self.random.choice, self.count + 1
        target = pick(["/%d/%d"] * 30 + ["http://a/%d/%d", "/%d//%d", "/%d/../%d", "/%d/%%2e%d", "*%d%d"]) % (self.seed, self.count)
        lines = [f"{pick(METHODS)} {target} {pick(VERSIONS)}".encode(), pick(HOSTS)]
        body = self.body(lines) if self.random.random() < 0.7 else b""
        if self.random.random() < 0.25:
            lines.insert(self.random.randint(1, len(lines)), pick(ODD_FIELDS))
        return b"".join(line + (pick(ENDS) if self.random.random() < 0.01 else b"\r\n") for line in [*lines, b""]) + body

    def body(self, lines):
        inner = self.random.choice([b"hello", b"", b"GET /%d/smuggled HTTP/1.1\r\nHost: a\r\n\r\n" % self.seed, b"0\r\n\r\n", b"x" * 300])
        if self.random.random() < 0.5:
            lines.append(b"Content-Length: %d" % (len(inner) + self.random.choice([0] * 20 + [1, -1, 5, -5]) if len(inner) > 5 else len(inner)))
            return inner
        lines.append(b"Transfer-Encoding: chunked")
        return self.chunks(inner)

    def chunks(self, inner):
        odd = self.random.random() < 0.25
        data, cut = b"", self.random.randint(0, len(inner))
        for part in (inner[:cut], inner[cut:]):
            if part:
                data += (self.random.choice(SIZES) if odd else b"%x") % len(part) + b"\r\n" + part + (self.random.choice(ENDS) if odd else b"\r\n")
        return data + self.random.choice([b"0\r\n\r\n"] * 10 + [b"0\r\nX: 1\r\n\r\n", b"0\r\nHost: b\r\n\r\n", b"00\r\n\r\n", b"0\n\n", b"0;a\r\n\r\n", b"0\r\n X: 1\r\n\r\n", b""])

    def mutated(self, data):
        at = self.random.randrange(len(data) + 1)
        change = self.random.randrange(3)
        if change == 0:
            return data[:at] + self.random.choice(BYTES) + data[at:]
        if change == 1:
            return data[:at] + data[at + self.random.randint(1, 3):]
        return data[:at] + bytes([self.random.randrange(256)]) + data[at + 1:]


HEAD = re.compile(rb"(?P<method>[!#$%&'*+.^_`|~0-9A-Za-z-]+) (?P<target>/[!-~]*) HTTP/1\.1\r\n(?P<fields>(?:[!#$%&'*+.^_`|~0-9a-z-]+: (?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?\r\n)*)\r\n")
SIZE = re.compile(rb"[1-9a-f][0-9a-f]*|0")


class StrictBackend:
    """Reads requests in the only form that Headgate writes them, and raises at the first byte of any other. `seen`: what it read whole, one (method, target, body) a request."""

    def __init__(self):
        self.seen = []
        self.complaints = []

    def script(self, exchange):
        try:
            while request := self.read(exchange):
                self.seen.append(request)
                method, target, body = request
                mark = f"{method} {target} {len(body)} {zlib.crc32(body)}"
                exchange.send(f"HTTP/1.1 200 OK\r\nX-Seen: {mark}\r\nContent-Length: 0\r\n\r\n".encode())
        except ValueError as error:
            self.complaints.append(str(error))

    def read(self, exchange):
        head = exchange.readHead()
        if not head:
            return None  # also when it was cut off within: that is no request
        match = HEAD.fullmatch(head)
        if not match:
            raise ValueError(f"a malformed head: {head!r}")
        fields = [line.split(b": ", 1) for line in match["fields"].split(b"\r\n")[:-1]]
        values = lambda name: [value for field, value in fields if field == name]  # noqa: E731
        lengths, codings = values(b"content-length"), values(b"transfer-encoding")
        if len(values(b"host")) != 1 or len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]) or not all(re.fullmatch(rb"0|[1-9][0-9]*", v) for v in lengths):
            raise ValueError(f"an ambiguous head: {head!r}")
        body = self.chunks(exchange) if codings else exchange.readExactly(int(lengths[0]) if lengths else 0)
        if body is None or (lengths and len(body) < int(lengths[0])):
            return None
        return match["method"].decode(), match["target"].decode(), body

    def chunks(self, exchange):
        body = b""
        while (line := exchange.readUntil(b"\r\n")).endswith(b"\r\n"):
            if not SIZE.fullmatch(line[:-2]):
                raise ValueError(f"a malformed chunk size: {line!r}")
            size = int(line, 16)
            if size == 0:
                return body if self.trailers(exchange) else None
            piece = exchange.readExactly(size + 2)
            if len(piece) < size + 2:
                return None
            if not piece.endswith(b"\r\n"):
                raise ValueError(f"a malformed chunk: {piece!r}")
            body += piece[:-2]
        return None

    def trailers(self, exchange):
        while (line := exchange.readUntil(b"\r\n")).endswith(b"\r\n"):
            if line == b"\r\n":
                return True
            if not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9a-z-]+: [ \t!-~\x80-\xff]*\r\n", line):
                raise ValueError(f"a malformed trailer: {line!r}")
        return False
