"""Starts programs and stops every one of them again, whatever happens. Shared by tools/bench and tools/soak."""

import os
import signal
import socket
import subprocess
import time

STOP_SECONDS = 10


class Failure(Exception):
    """Something that the user can do something about; its text says what."""


class Ports:
    """TCP ports of 127.0.0.1 that the kernel chose. They stay reserved, bound but not listening, so that no outgoing connection takes one
    before its server does, or while its server is down. A server binds to one with SO_REUSEADDR."""

    def __init__(self):
        self.sockets = []

    def reserve(self):
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        self.sockets.append(held)
        return held.getsockname()[1]

    def release(self):
        for held in self.sockets:
            held.close()


class Process:
    """A program in a session of its own: Ctrl-C in the terminal reaches this script alone, which then stops the others in order."""

    def __init__(self, name, command, output, cpu=None, environment=None):
        self.name = name
        self.output = output  # path of the file that gets stdout and stderr
        with open(output, "ab") as out:
            self.popen = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                          start_new_session=True, env={**os.environ, **(environment or {})},
                                          preexec_fn=None if cpu is None else lambda: os.sched_setaffinity(0, {cpu}))

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def wait_for_port(self, port, seconds=20):
        """Returns when it accepts connections; Failure with the end of its output when it does not."""
        end = time.monotonic() + seconds
        while self.running() and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise Failure(f"{self.name} does not listen on 127.0.0.1:{port}; the end of its output:\n{self.tail()}")

    def tail(self, characters=1500):
        with open(self.output, encoding="utf-8", errors="replace") as out:
            return out.read()[-characters:].strip()

    def stop(self, first=signal.SIGTERM, seconds=STOP_SECONDS):
        """Ends it and what it started; returns its exit code (negative: the signal that ended it)."""
        if self.running():
            self.popen.send_signal(first)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)  # itself if it did not obey, and children that it left
        except ProcessLookupError:
            pass
        return self.popen.wait()


class Processes:
    """A context manager: on leaving it, all processes that were started are stopped, the last one first."""

    def __init__(self):
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        while self.started:
            self.started[-1].stop()
            self.started.pop()

    def start(self, name, command, output, cpu=None, environment=None):
        process = Process(name, command, output, cpu, environment)
        self.started.append(process)
        return process

    def forget(self, process):
        """For one that was stopped for good."""
        self.started.remove(process)


def stop_on_signals():
    """Makes the first SIGINT, SIGTERM or SIGHUP unwind this script, so that what it started is stopped; further ones would cut that short."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def unwind(*unused):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, unwind)
