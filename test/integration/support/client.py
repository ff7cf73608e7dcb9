"""A client that sends exactly the bytes it is told to, and reads responses strictly."""

import select
import socket
import struct

from support import environment


class Response:
    """A parsed response. `head` is its exact head, `fields` its (name, value) pairs in order, `body` the decoded body."""

    def __init__(self, head):
        self.head = head
        lines = head.split(b"\r\n")
        version, status, *reason = lines[0].split(b" ", 2)
        self.version = version.decode()
        self.status = int(status)
        self.reason = reason[0].decode() if reason else ""
        self.fields = [tuple(part.strip().decode("latin-1") for part in line.split(b":", 1)) for line in lines[1:] if line]
        self.body = b""
        self.trailers = []
        self.complete = False

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name):
        """The value of a field that is there once; None if it is not there."""
        values = self.all(name)
        if len(values) > 1:
            raise AssertionError(f"{name} came {len(values)} times: {values}")
        return values[0] if values else None

    def json(self):
        import json
        return json.loads(self.body)


class Client:
    """One connection. `address`: (host, port) or the path of a Unix socket."""

    def __init__(self, address, receiveBuffer=None):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receiveBuffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receiveBuffer)
        self.socket.settimeout(environment.patience())
        self.socket.connect(address)
        self.bytes = b""  # received and not taken yet
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def finish(self):
        """Sends FIN; receiving goes on."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def _more(self):
        """Receives something; False at the end of the connection."""
        data = self.socket.recv(65536)
        self.bytes += data
        self.ended = self.ended or not data
        return bool(data)

    def readUntil(self, mark):
        """Bytes to the end of `mark`."""
        while mark not in self.bytes:
            if not self._more():
                raise AssertionError(f"the connection ended before {mark!r} came; what came: {self.bytes[:1000]!r}")
        taken, self.bytes = self.bytes.split(mark, 1)
        return taken + mark

    def read(self, limit):
        """Some bytes, at most `limit`; none at the end of the connection."""
        if not self.bytes:
            self._more()
        taken, self.bytes = self.bytes[:limit], self.bytes[limit:]
        return taken

    def readExactly(self, count):
        while len(self.bytes) < count:
            if not self._more():
                raise AssertionError(f"the connection ended after {len(self.bytes)} of {count} bytes")
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def readAll(self):
        """Everything to a clean end of the connection."""
        while self._more():
            pass
        taken, self.bytes = self.bytes, b""
        return taken

    def readHead(self):
        return Response(self.readUntil(b"\r\n\r\n")[:-4])

    def readResponse(self, method="GET", informational=False):
        """One response with its body. Interim ones are skipped unless asked for. A body that is cut short leaves `complete` False."""
        response = self.readHead()
        if 100 <= response.status < 200 and response.status != 101:
            return response if informational else self.readResponse(method)
        try:
            self._readBody(response, method)
        except (AssertionError, ConnectionResetError):
            self.ended = True
        return response

    def _readBody(self, response, method):
        length, coding = response.get("content-length"), response.get("transfer-encoding")
        if length is not None and coding is not None:
            raise ValueError("both content-length and transfer-encoding")
        if method == "HEAD" or response.status in (204, 304):
            pass
        elif coding is not None:
            if coding != "chunked":
                raise ValueError(f"transfer-encoding: {coding}")
            while True:
                size = int(self.readUntil(b"\r\n")[:-2].split(b";")[0], 16)
                if size == 0:
                    break
                response.body += self.readExactly(size)
                if self.readExactly(2) != b"\r\n":
                    raise ValueError("no CRLF after a chunk")
            while (line := self.readUntil(b"\r\n")) != b"\r\n":
                name, value = line[:-2].decode("latin-1").split(":", 1)
                response.trailers.append((name, value.strip()))
        elif length is not None:
            while len(self.bytes) < int(length) and self._more():
                pass
            response.body, self.bytes = self.bytes[:int(length)], self.bytes[int(length):]
            if len(response.body) < int(length):
                raise AssertionError("short body")
        else:
            response.body = self.readAll()
        response.complete = True

    def get(self, path="/", host="test", fields=(), method="GET"):
        """One request without a body, and its response."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))
        return self.readResponse(method)

    def endsNow(self):
        """Asserts that the peer closed the connection, cleanly or not, and sent nothing more; then closes this end."""
        try:
            rest = self.readAll()
        except ConnectionResetError:
            rest, self.bytes = self.bytes, b""
        self.close()
        if rest:
            raise AssertionError(f"more came: {rest[:1000]!r}")

    def quiet(self, seconds=0.2):
        """Asserts that nothing comes, and that the connection stays, for a while."""
        if self.bytes or select.select([self.socket], [], [], seconds)[0]:
            raise AssertionError(f"something came: {self.bytes or self.socket.recv(1000)!r}")


def fetch(address, path="/", **options):
    """One request on a connection of its own."""
    with Client(address) as client:
        return client.get(path, **options)
