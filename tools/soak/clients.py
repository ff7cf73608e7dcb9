"""The clients of the soak: each is a thread that repeats one exchange until it is told to stop."""

import http.client
import random
import re
import socket
import struct
import subprocess
import threading
import time

from judgement import Mishap

SECONDS = 30  # nothing that a client waits for takes as long
BIG = 1_000_000


class Wrong(Exception):
    """An answer other than the one that was due."""


class Clients:
    """A context manager: threads that load 127.0.0.1:port. What they notice is in `mishaps`, what they did in `done`."""

    def __init__(self, port, seed):
        self.port = port
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.threads = []
        self.mishaps = []
        self.done = {}
        self.lock = threading.Lock()  # for `done`

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self, act, threads=1, pause=0.0):
        name = act.__name__.replace("_", " ")
        self.done.setdefault(name, 0)
        for _ in range(threads):
            thread = threading.Thread(target=self.repeat, args=(name, act, pause), daemon=True)
            self.threads.append(thread)
            thread.start()

    def start_all(self):
        self.run(self.upload, threads=2)
        self.run(self.download)
        self.run(self.drip, threads=2)
        self.run(self.slow_reader, threads=4)
        self.run(self.die, threads=2, pause=0.005)
        self.run(self.apache_bench, pause=0.5)

    def repeat(self, name, act, pause):
        while not self.stopping.is_set():
            begin = time.time()
            try:
                act()
                with self.lock:
                    self.done[name] += 1
            except (OSError, http.client.HTTPException, Wrong) as problem:
                if not self.stopping.is_set():
                    self.mishaps.append(Mishap(name, begin, time.time(), f"{type(problem).__name__}: {problem}"))
            self.stopping.wait(pause)

    def exchange(self, method, path, body=None, chunked=False):
        """The body of a response, which must have status 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            pieces = (body[i:i + 10_000] for i in range(0, len(body), 10_000)) if chunked else body
            connection.request(method, path, pieces, encode_chunked=chunked, headers={"Transfer-Encoding": "chunked"} if chunked else {})
            response = connection.getresponse()
            received = response.read()
            if response.status != 200:
                raise Wrong(f"{method} {path}: status {response.status}")
            return received
        finally:
            connection.close()

    def upload(self):
        # Less than the buffers of the sockets hold: this client sends all before it reads.
        body = self.random.randbytes(self.random.randrange(1, 200_000))
        if self.exchange("POST", "/echo", body, chunked=self.random.random() < 0.5) != body:
            raise Wrong("POST /echo: other bytes came back")

    def download(self):
        received = len(self.exchange("GET", f"/bytes/{BIG}"))
        if received != BIG:
            raise Wrong(f"GET /bytes/{BIG}: {received} bytes")

    def drip(self):
        received = len(self.exchange("GET", "/drip"))
        if received != 10:
            raise Wrong(f"GET /drip: {received} bytes")

    def request(self, method, path, fields=""):
        return f"{method} {path} HTTP/1.1\r\nHost: soak\r\n{fields}\r\n".encode()

    def slow_reader(self):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            connection.settimeout(SECONDS)
            connection.connect(("127.0.0.1", self.port))
            connection.sendall(self.request("GET", f"/bytes/{BIG}", "Connection: close\r\n"))
            received, head = 0, b""
            while piece := connection.recv(16384):
                if self.stopping.wait(0.02):
                    return
                head = head or piece
                received += len(piece)
        if not head.startswith(b"HTTP/1.1 200 ") or received < BIG:
            raise Wrong(f"GET /bytes/{BIG}: {received} bytes that begin with {head[:12]!r}")

    def die(self):
        """A connection that ends at a bad moment, half of them with a reset."""
        sent, read = self.random.choice([
            (b"", False),
            (b"GET /pi", False),
            (self.request("GET", "/ping"), False),
            (self.request("GET", f"/bytes/{BIG}"), True),
            (self.request("GET", "/drip"), True),
            (self.request("GET", "/delay/1000"), False),
            (self.request("POST", "/echo", "Content-Length: 100000\r\n") + bytes(5000), False),
            (self.request("POST", "/echo", "Transfer-Encoding: chunked\r\n") + b"5\r\nhel", True),
            (self.request("GET", "/ping") * 20, True),
        ])
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as connection:
            if self.random.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(sent)
            if read:
                connection.settimeout(0.2)
                try:
                    connection.recv(1000)
                except TimeoutError:
                    pass  # it had nothing to say to half a request

    def apache_bench(self):
        finished = subprocess.run(["ab", "-q", "-r", "-n", "1000", "-c", "16", f"http://127.0.0.1:{self.port}/ping"], capture_output=True, text=True,
                                  check=False, start_new_session=True, timeout=10 * SECONDS)
        failed = re.search(r"^Failed requests:\s+(\d+)", finished.stdout, re.M)
        refused = re.search(r"^Non-2xx responses:\s+(\d+)", finished.stdout, re.M)
        if finished.returncode != 0 or not failed:
            raise Wrong(f"ab: {finished.stderr.strip()[-300:]}")
        if int(failed[1]) or refused:
            raise Wrong(f"ab: {failed[1]} failed, {refused[1] if refused else 0} not 2xx")
