"""The program under test, with a configuration of its own."""

import json
import os
import tempfile
from pathlib import Path

from support import environment
from support.process import Process


class Headgate(Process):
    """A running headgate. Listeners should ask for port 0; `address(name)` says what the kernel chose.

    The access log is JSON in a file of `folder`, unless the configuration names filters itself. Its clients are in a new SQLite file,
    unless the configuration or STATE_DIRECTORY says otherwise.
    """

    def __init__(self, folder, config, arguments=(), environ=None, limits=None, wrap=()):
        folder = Path(folder)
        if "admin" in config:  # which its variable would win over
            config["admin"].setdefault("address", "127.0.0.1:0")
            environ = {"HEADGATE_ADMIN": "", **(environ or {})}
        self.logPath = folder / "access.log"
        for listener in config.get("listeners", []):
            listener.setdefault("filters", [{"name": "access_log", "path": str(self.logPath), "format": "json"}, {"name": "router"}])
        self.configPath = folder / "headgate.json"
        self.configPath.write_text(json.dumps(config, indent=1), encoding="utf-8")
        self._wrapped = bool(wrap)
        super().__init__([*wrap, environment.headgate, "-c", self.configPath, *arguments],
                         environ={"STATE_DIRECTORY": tempfile.mkdtemp(prefix="state-", dir=folder), **(environ or {})}, limits=limits)

    def signal(self, number):
        """To headgate itself, also when it runs as the child of a program such as strace."""
        if not self._wrapped:
            return super().signal(number)
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        return os.kill(int(children[0]), number)

    def waitUntilStarted(self):
        self.waitFor(r"started with \d+ worker")
        return self

    def address(self, name="main"):
        """(host, port), or the path of a Unix socket."""
        return connectable(self.waitFor(rf'listener "{name}" listens on (\S+)')[1])

    def logLines(self, count):
        """The first `count` access log records, waiting for them; each a dict."""
        from support.case import eventually

        def read():
            text = self.logPath.read_text(encoding="utf-8") if self.logPath.exists() else ""
            lines = text.split("\n")[:-1]  # what is behind the last line end is still being written
            return lines if len(lines) >= count else None

        return [json.loads(line) for line in eventually(read, f"{count} lines in the access log")]


class Origin(Process):
    """A running headgate-origin on a free port of 127.0.0.1."""

    def __init__(self, name, address="127.0.0.1:0"):
        super().__init__([environment.origin, "--listen", address, "--name", name])
        self.text = self.waitFor(rf'origin "{name}" listens on (\S+)')[1]

    def endpoint(self):
        """Its address as a configuration has it."""
        return self.text

    def address(self):
        return connectable(self.text)


def connectable(text):
    """(host, port), or the path of a Unix socket, of an address as headgate writes it."""
    if text.startswith("unix:"):
        return text[len("unix:"):]
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def config(backends, listener=None, route=None, cluster=None, **top):
    """A configuration with one listener "main" on a free port of 127.0.0.1, one route, one cluster "app" of `backends`; the other
    arguments are put over its parts. One worker, unless `workers` says otherwise."""
    endpoints = [backend if isinstance(backend, (str, dict)) else backend.endpoint() for backend in backends]
    return {
        "workers": 1,
        **top,
        "listeners": [{"name": "main", "address": "127.0.0.1:0", "routes": [{"cluster": "app", **(route or {})}], **(listener or {})}],
        "clusters": [{"name": "app", "endpoints": endpoints, **(cluster or {})}],
    }
