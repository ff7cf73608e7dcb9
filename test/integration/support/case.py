"""The base of the integration tests: what a test starts ends with it, and headgate must end well."""

import tempfile
import time
import unittest

from support import environment
from support.backend import RawBackend, answering
from support.client import Client
from support.headgate import Headgate, Origin, config
from support.process import Process


def eventually(condition, what, seconds=None):
    """Polls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + (environment.patience() if seconds is None else seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"did not come to pass: {what}")
        time.sleep(0.01)


class Case(unittest.TestCase):
    """`self.folder` is a new folder. Whatever still runs at the end is ended: headgate by SIGTERM, and its exit code must be 0."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="headgate-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def headgate(self, configuration, **options):
        """A started headgate."""
        headgate = Headgate(self.folder, configuration, **options)
        self.addCleanup(self._end, headgate)
        return headgate.waitUntilStarted()

    def _end(self, headgate):
        try:
            if headgate.running():
                code = headgate.terminate()
                self.assertEqual(code, 0, f"headgate ended with {code}:\n{headgate.output}")
        finally:
            headgate.kill()

    def proxy(self, script, **parts):
        """A headgate before one scripted backend. Sets `self.backend`; returns the headgate."""
        self.backend = self.rawBackend(script)
        return self.headgate(config([self.backend], **parts))

    def rawBackend(self, script=None, **options):
        backend = RawBackend(script or answering(), **options)
        self.addCleanup(backend.close)
        return backend

    def origin(self, name, **options):
        """A started headgate-origin."""
        origin = Origin(name, **options)
        self.addCleanup(origin.kill)
        return origin

    def process(self, command, **options):
        """Any other program."""
        process = Process(command, **options)
        self.addCleanup(process.kill)
        return process

    def client(self, headgate, name="main", **options):
        client = Client(headgate.address(name), **options)
        self.addCleanup(client.close)
        return client
