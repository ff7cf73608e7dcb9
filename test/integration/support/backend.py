"""Backends that answer exactly the bytes a test scripts."""

import contextlib
import os
import socket
import struct
import threading

from support import environment


class Request:
    """A request as a backend got it. `head` is its exact head, `wire` its exact body, framing and all; `body` and `trailers` are that body decoded."""

    def __init__(self, head):
        self.head = head
        self.method, self.target, self.version = head.split(b"\r\n")[0].decode("latin-1").split(" ")
        self.fields = [tuple(line.decode("latin-1").split(": ", 1)) for line in head.split(b"\r\n")[1:-2]]
        self.wire = b""
        self.body = b""
        self.trailers = []

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name]


class Exchange:
    """One connection that headgate opened, in the hands of a script."""

    def __init__(self, connection, number):
        self.socket = connection
        self.number = number  # 0 for the first connection of the backend
        self.bytes = b""

    def _more(self):
        data = self.socket.recv(65536)
        self.bytes += data
        return bool(data)

    def readHead(self):
        """The exact bytes of the next request head with its empty line; b"" if the connection ended."""
        while b"\r\n\r\n" not in self.bytes:
            if not self._more():
                return b""
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        return head + b"\r\n\r\n"

    def read(self, limit):
        """Some bytes, at most `limit`; none at the end of the connection."""
        if not self.bytes:
            self._more()
        taken, self.bytes = self.bytes[:limit], self.bytes[limit:]
        return taken

    def readExactly(self, count):
        while len(self.bytes) < count and self._more():
            pass
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def readUntil(self, mark):
        while mark not in self.bytes and self._more():
            pass
        taken, found, self.bytes = self.bytes.partition(mark)
        return taken + found

    def readAll(self):
        """To the end of the connection, also if that is a reset."""
        with contextlib.suppress(ConnectionResetError):
            while self._more():
                pass
        taken, self.bytes = self.bytes, b""
        return taken

    def readRequest(self):
        """The next request with its whole body; None if the connection ended instead."""
        head = self.readHead()
        if not head:
            return None
        request = Request(head)
        if request.all("transfer-encoding") == ["chunked"]:
            return request if self._readChunks(request) else None
        length = int((request.all("content-length") or [0])[0])
        request.wire = request.body = self.readExactly(length)
        return request if len(request.body) == length else None

    def _readChunks(self, request):
        while (line := self.readUntil(b"\r\n")).endswith(b"\r\n"):
            request.wire += line
            size = int(line, 16)
            if size == 0:
                break
            request.wire += self.readExactly(size + 2)
            request.body += request.wire[-size - 2:-2]
        while (line := self.readUntil(b"\r\n")).endswith(b"\r\n"):
            request.wire += line
            if line == b"\r\n":
                return True
            request.trailers.append(tuple(line[:-2].decode("latin-1").split(": ", 1)))
        return False

    def send(self, data):
        self.socket.sendall(data)

    def finish(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class RawBackend:
    """Listens on a free port of 127.0.0.1 (or a Unix socket) and calls `script(exchange)` in a thread for each connection; the connection closes when the
    script returns. What a script raises fails the test at its end.
    """

    def __init__(self, script, path=None, family=socket.AF_INET):
        self._script = script
        self._path = path
        self.connections = 0
        self.heads = []  # request heads, for scripts that append them
        self._errors = []
        self._open = set()
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX if path else family, socket.SOCK_STREAM)
        if not path:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(path or ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self._listener.listen(512)
        self._family = family
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def endpoint(self):
        """Its address as a configuration has it."""
        if self._path:
            return f"unix:{self._path}"
        host, port = self._listener.getsockname()[:2]
        return f"[{host}]:{port}" if self._family == socket.AF_INET6 else f"{host}:{port}"

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(environment.patience(30))
            with self._lock:
                number, self.connections = self.connections, self.connections + 1
                self._open.add(connection)
            threading.Thread(target=self._run, args=(connection, number), daemon=True).start()

    def _run(self, connection, number):
        try:
            self._script(Exchange(connection, number))
        except (ConnectionResetError, BrokenPipeError):
            pass  # headgate let go: for the test to judge
        except OSError as error:
            if connection.fileno() >= 0:
                self._errors.append(error)
        except BaseException as error:  # noqa: BLE001  an assertion of a script
            self._errors.append(error)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def close(self):
        """Ends all of it; raises what a script raised."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
        if self._errors:
            raise self._errors[0]


def answering(response=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", heads=None):
    """A script that answers every request without a body with `response`, on connections kept alive; appends request heads to `heads`."""

    def script(exchange):
        while head := exchange.readHead():
            if heads is not None:
                heads.append(head)
            exchange.send(response)

    return script


def serving(*responses, requests=None):
    """A script that answers every request, once its body is there, with the next of `responses` (the last one again and again), on connections kept alive;
    appends Requests to `requests`.
    """
    answers = iter(responses)
    last = responses[-1]

    def script(exchange):
        while request := exchange.readRequest():
            if requests is not None:
                requests.append(request)
            exchange.send(next(answers, last))

    return script


def refusedAddress():
    """An address of 127.0.0.1 where nothing listens, and a socket that keeps it so while the test holds it."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return "127.0.0.1:%d" % holder.getsockname()[1], holder
