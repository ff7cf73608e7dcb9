"""The files that the access log is written to: opened, rotated, unwritable, full, without a reader."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading

from support import environment
from support.backend import answering
from support.case import Case, eventually
from support.client import Client, fetch
from support.command import headgateWith
from support.headgate import config


def loggingTo(*paths):
    """A listener that logs to files, in JSON."""
    return {"filters": [*({"name": "access_log", "path": path, "format": "json"} for path in paths), {"name": "router"}]}


def identities(*paths):
    """The request ids in files, in their order; a line that is not whole is an error."""
    found = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text and not text.endswith("\n"):
            raise AssertionError(f"{path} ends within a line: {text[-100:]!r}")
        found += [json.loads(line)["request_id"] for line in text.split("\n")[:-1]]
    return found


class LogCase(Case):
    def setUp(self):
        super().setUp()
        self.path = f"{self.folder}/requests.log"


class Opening(LogCase):
    def test_a_file_is_created_for_its_owner_and_group_alone_and_appended_to_later(self):
        for _ in range(2):
            headgate = self.proxy(answering(), listener=loggingTo(self.path))
            fetch(headgate.address())
            self.assertEqual(headgate.terminate(), 0)
        self.assertEqual(len(identities(self.path)), 2)
        self.assertEqual(os.stat(self.path).st_mode & 0o007, 0)
        self.assertEqual(os.stat(self.path).st_mode & 0o700, 0o600)

    def test_two_access_logs_get_the_same_lines(self):
        headgate = self.proxy(answering(), listener=loggingTo(self.path, self.path + "2"))
        fetch(headgate.address())
        self.assertEqual(headgate.terminate(), 0)
        self.assertEqual(identities(self.path), identities(self.path + "2"))
        self.assertEqual(len(identities(self.path)), 1)

    def test_a_normal_end_loses_no_line(self):
        count = 100 if environment.slow() else 500
        headgate = self.proxy(answering(), listener=loggingTo(self.path), workers=2)
        with self.client(headgate) as client:
            for number in range(count):
                client.get(fields=[f"X-Request-ID: {number}"])
        self.assertEqual(headgate.terminate(), 0)
        self.assertEqual(identities(self.path), [str(number) for number in range(count)])

    def test_a_path_that_cannot_be_opened_stops_the_start_and_is_named(self):
        os.mkfifo(f"{self.folder}/unread")
        for path, cause in ((f"{self.folder}/none/a.log", "No such file or directory"), (self.folder, "Is a directory"),
                            (f"{self.folder}/unread", "No such device or address")):
            with self.subTest(cause):
                outcome = headgateWith(self.folder, config(["127.0.0.1:1"], listener=loggingTo(path)))
                self.assertEqual(outcome.code, 1, outcome)
                self.assertIn(f'cannot open log file "{path}": {cause}\n', outcome.err)


class Rotation(LogCase):
    def rotate(self, headgate, to):
        os.rename(self.path, to)
        headgate.signal(signal.SIGUSR1)
        eventually(lambda: os.path.exists(self.path), "a new log file")

    def test_after_a_rename_and_sigusr1_lines_go_to_a_new_file(self):
        headgate = self.proxy(answering(), listener=loggingTo(self.path))
        client = self.client(headgate)
        client.get(fields=["X-Request-ID: before"])
        eventually(lambda: identities(self.path), "the first line")
        self.rotate(headgate, self.path + ".1")
        client.get(fields=["X-Request-ID: after"])
        self.assertEqual(eventually(lambda: identities(self.path), "the second line"), ["after"])
        self.assertEqual(identities(self.path + ".1"), ["before"])

    def test_rotation_under_load_loses_no_line_and_cuts_none(self):
        headgate = self.proxy(answering(), listener=loggingTo(self.path), workers=2)
        counts = [0] * 4
        enough = threading.Event()

        def load(number):
            with Client(headgate.address()) as client:
                while not enough.is_set():
                    client.get(fields=[f"X-Request-ID: {number}-{counts[number]}"])
                    counts[number] += 1

        threads = [threading.Thread(target=load, args=(number,)) for number in range(len(counts))]
        for thread in threads:
            thread.start()
        try:
            rotated = [f"{self.path}.{number}" for number in range(5)]
            for path in rotated:
                before = list(counts)
                eventually(lambda: all(now > then + 5 for now, then in zip(counts, before)), "requests of every client")
                self.rotate(headgate, path)
        finally:
            enough.set()
            for thread in threads:
                thread.join()
        self.assertEqual(headgate.terminate(), 0)
        expected = [f"{number}-{each}" for number, count in enumerate(counts) for each in range(count)]
        self.assertEqual(sorted(identities(*rotated, self.path)), sorted(expected))

    def test_when_the_path_cannot_be_opened_any_more_the_old_file_stays_in_use(self):
        headgate = self.proxy(answering(), listener=loggingTo(self.path))
        os.rename(self.path, self.path + ".1")
        os.mkdir(self.path)
        headgate.signal(signal.SIGUSR1)
        headgate.waitFor(f'cannot open log file "{self.path}": Is a directory; going on with the old one')
        fetch(headgate.address())
        eventually(lambda: identities(self.path + ".1"), "a line in the old file")

    def test_sigusr1_opens_the_log_of_the_proxy_itself_anew(self):
        events = f"{self.folder}/events.log"
        written = f"{self.folder}/written.json"
        with open(written, "w", encoding="utf-8") as file:
            json.dump(config([self.rawBackend()], listener=loggingTo(self.path), log={"path": events}), file)
        process = self.process([environment.headgate, "-c", written])

        def read(path):
            with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
                return file.read()
            return ""

        eventually(lambda: "started with 1 worker" in read(events), "the start in the log")
        os.rename(events, events + ".1")
        process.signal(signal.SIGUSR1)
        eventually(lambda: os.path.exists(events), "a new log")
        self.assertEqual(process.terminate(), 0)
        self.assertIn("signal received: draining", read(events))
        self.assertNotIn("signal received: draining", read(events + ".1"))


class Unwritable(LogCase):
    def lost(self, headgate, path):
        """How many lines headgate says that it lost of a file, in all."""
        pattern = rf'log file "{path}": (\d+) lines were lost: .+'
        return sum(int(count) for count in re.findall(pattern, headgate.output))

    def test_a_device_that_takes_nothing_stops_no_request_and_every_lost_line_is_counted(self):
        headgate = self.proxy(answering(), listener=loggingTo("/dev/full"))
        with self.client(headgate) as client:
            self.assertEqual({client.get().status for _ in range(20)}, {200})
            headgate.waitFor('log file "/dev/full": [0-9]+ lines were lost: No space left on device')
            self.assertEqual({client.get().status for _ in range(20)}, {200})
        self.assertEqual(headgate.terminate(), 0)
        self.assertEqual(self.lost(headgate, "/dev/full"), 40)

    def test_a_full_disk_loses_whole_lines_and_writing_goes_on_when_there_is_room(self):
        disk = f"{self.folder}/disk"
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False).returncode != 0:
            self.skipTest("mounting is not allowed here; /dev/full and a pipe are tested")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        path, ballast = f"{disk}/requests.log", f"{disk}/ballast"
        headgate = self.proxy(answering(), listener=loggingTo(path))
        with self.client(headgate) as client:
            with open(ballast, "wb") as file, contextlib.suppress(OSError):
                file.write(bytes(60 * 1024))
            for number in range(100):
                self.assertEqual(client.get(fields=[f"X-Request-ID: {number}"]).status, 200)
            headgate.waitFor(f'log file "{path}": [0-9]+ lines were lost: No space left on device')
            os.unlink(ballast)
            self.assertEqual(client.get(fields=["X-Request-ID: with-room"]).status, 200)
        self.assertEqual(headgate.terminate(), 0)
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")[:-1]
        whole = [line for line in lines if line.endswith(b"}]}")]
        self.assertIn(b'"request_id":"with-room"', whole[-1])
        self.assertLessEqual(len(lines) - len(whole), 1)  # the line that the end of the room cut stands alone
        self.assertEqual(len(whole) + self.lost(headgate, path), 101)

    def test_a_pipe_without_a_reader_loses_lines_and_writing_goes_on_with_the_next_reader(self):
        path = f"{self.folder}/pipe"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        headgate = self.proxy(answering(), listener=loggingTo(path))
        client = self.client(headgate)
        os.close(reader)
        self.assertEqual(client.get().status, 200)
        headgate.waitFor(f'log file "{path}": 1 lines were lost: Broken pipe')
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.assertEqual(client.get(fields=["X-Request-ID: read"]).status, 200)

        def received():
            with contextlib.suppress(BlockingIOError):
                return os.read(reader, 65536)
            return b""

        self.assertEqual(json.loads(eventually(received, "a line in the pipe"))["request_id"], "read")
