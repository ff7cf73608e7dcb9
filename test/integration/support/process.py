"""Programs that a test starts and that end with it."""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from support import environment


class Process:
    """A running program. Its stdout and stderr are read all the time into `output`, one text."""

    def __init__(self, command, environ=None, cwd=None, limits=None):
        """`limits`: called in the child before the program, to set resource limits."""
        self.name = os.path.basename(str(command[0]))
        self.output = ""
        self._grown = threading.Condition()
        self._process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, env={"HEADGATE_ADMIN": "127.0.0.1:0", **os.environ, **(environ or {})}, cwd=cwd, preexec_fn=limits)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            with self._grown:
                self.output += line.decode("utf-8", "replace")
                self._grown.notify_all()
        with self._grown:
            self._grown.notify_all()

    def waitFor(self, pattern, count=1, seconds=None):
        """Waits until `pattern` (a regular expression, lines apart) stands `count` times in the output; the last match."""
        found = []

        def there():
            found[:] = list(re.finditer(pattern, self.output, re.M))
            return len(found) >= count or not self._reader.is_alive()

        with self._grown:
            while not self._grown.wait_for(there, 0.1):  # the reader's end wakes nobody
                seconds = (environment.patience() if seconds is None else seconds) - 0.1
                if seconds <= 0:
                    break
        if len(found) < count:
            raise AssertionError(f"{self.name} did not print {pattern!r} {count} times; it printed:\n{self.output}")
        return found[count - 1]

    def running(self):
        return self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def pause(self):
        """Stops all its threads, until SIGCONT."""
        from support.case import eventually

        def stopped():
            return all(Path(task, "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "T" for task in Path(f"/proc/{self.pid}/task").iterdir())

        self.signal(signal.SIGSTOP)
        eventually(stopped, f"{self.name} stops")

    def wait(self, seconds=None):
        """Its exit code, negative for a signal, once it has ended by itself."""
        try:
            code = self._process.wait(environment.patience(20) if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end; it printed:\n{self.output}") from None
        self._reader.join(5)
        return code

    def kill(self):
        """Ends it at once, if it still runs."""
        if self.running():
            self._process.kill()
        self._process.wait()
        self._reader.join(5)

    def terminate(self):
        """SIGTERM, then its exit code."""
        if self.running():
            self.signal(signal.SIGTERM)
        return self.wait()

    def residentBytes(self):
        """Memory that it holds now."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def openFiles(self):
        """How many descriptors it holds now."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpuSeconds(self):
        """Processor time that it has used."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
