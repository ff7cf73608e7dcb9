"""Idle kept-alive connections, held by the bench itself."""

import select
import socket

REQUEST = b"GET /ping HTTP/1.1\r\nHost: localhost\r\nUser-Agent: idle\r\n\r\n"
BATCH = 64  # requests that are under way at once


class Idle:
    """A context manager that holds connections on each of which one request was answered."""

    def __init__(self, port):
        self.port = port
        self.held = []
        self.errors = 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for connection in self.held:
            connection.close()

    def open(self, count):
        while count > 0:
            batch = [self.connect() for _ in range(min(BATCH, count))]
            count -= len(batch)
            for connection in filter(None, batch):
                if not answered(connection):
                    self.errors += 1
                self.held.append(connection)

    def connect(self):
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), 10)
            connection.sendall(REQUEST)
            return connection
        except OSError:
            self.errors += 1
            return None

    def closed(self):
        """How many were closed by the other side, or said something unasked."""
        poll = select.poll()
        for connection in self.held:
            poll.register(connection, select.POLLIN)
        return len(poll.poll(0))


def answered(connection):
    """Reads one response to its end; whether it was a good one."""
    seen = b""
    try:
        while True:
            head, end, body = seen.partition(b"\r\n\r\n")
            if end and len(body) >= content_length(head):
                return head.startswith(b"HTTP/1.1 200 ")
            piece = connection.recv(4096)
            if not piece:
                return False
            seen += piece
    except OSError:
        return False


def content_length(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
