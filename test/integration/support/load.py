"""Many requests at a time: the programs ab and wrk, and threads of our own where each answer matters."""

import re
import resource
import threading

from support.client import Client


def raiseFileLimit():
    """For `limits` of a Process: as many descriptors as there may be."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def url(address, path="/ping"):
    return f"http://{address[0]}:{address[1]}{path}"


def wrkCommand(address, connections, seconds):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", url(address)]


def wrkResult(output):
    """(requests, what went wrong as text; "" if nothing)."""
    requests = int(re.search(r"(\d+) requests in", output)[1])
    return requests, "\n".join(re.findall(r"(?:Non-2xx|Socket errors).*", output))


class Load:
    """Threads that send GETs one after another, until `stop` or until the listener refuses them. Every request that gets no whole
    answer is in `failures`."""

    def __init__(self, address, clients, keepAlive=True, path="/ping"):
        self.address = address
        self.clients = clients
        self.path = path
        self.fields = () if keepAlive else ("Connection: close",)
        self.responses = []
        self.failures = []
        self.connections = 0  # that were made
        self.refused = 0  # threads that ended because nobody listens any more
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stopping.set()
        return self.join()

    def join(self):
        for thread in self._threads:
            thread.join()
        return self

    def bad(self):
        """What is not an answer of 200."""
        return self.failures + [response.head for response in self.responses if response.status != 200]

    def _run(self):
        while not self._stopping.is_set():
            try:
                client = Client(self.address)
            except (ConnectionRefusedError, ConnectionResetError):
                with self._counting:
                    self.refused += 1
                return
            with self._counting:
                self.connections += 1
            with client:
                self._ask(client)

    def _ask(self, client):
        """Requests on one connection, to its end."""
        while not self._stopping.is_set():
            try:
                response = client.get(self.path, fields=self.fields)
            except (AssertionError, OSError) as error:
                self.failures.append(repr(error))
                return
            self.responses.append(response)
            if not response.complete:
                self.failures.append(f"cut off: {response.head!r}")
            if not response.complete or response.get("connection") == "close":
                return
