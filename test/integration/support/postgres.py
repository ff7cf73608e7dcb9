"""A PostgreSQL of a test's own, from the Debian package postgresql-15."""

import atexit
import functools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from support import environment
from support.case import eventually

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def unprivileged(*command):
    """The server refuses to run as root."""
    user = ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig", "QUIT", *user, *map(str, command)]


def freePort():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Postgres:
    """Listens on a free port of 127.0.0.1; its files are in a folder under /tmp. Nothing is synced."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="headgate-postgres-"))
        self.folder.chmod(0o777)
        self.port = freePort()
        self._server = None
        self._run("cp", "-a", self._template(), self.folder / "data")

    @classmethod
    @functools.cache
    def _template(cls):
        """initdb takes seconds; what it made is copied for each server."""
        folder = Path(tempfile.mkdtemp(prefix="headgate-postgres-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o777)
        cls._run(PROGRAMS / "initdb", "-D", folder / "data", "-A", "trust", "-U", "headgate", "-E", "UTF8", "--locale", "C", "--no-sync")
        return folder / "data"

    @staticmethod
    def _run(*command):
        done = subprocess.run(unprivileged(*command), capture_output=True, text=True, check=False, timeout=environment.patience(120))
        if done.returncode != 0:
            raise AssertionError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def dsn(self, rest=""):
        return f"host=127.0.0.1 port={self.port} user=headgate dbname=postgres {rest}"

    def start(self, *settings):
        """`settings`: such as "ssl=on". Returns when it takes connections."""
        words = [word for setting in settings for word in ("-c", setting)]
        log = open(self.folder / "server.log", "a", encoding="utf-8")
        with log:
            self._server = subprocess.Popen(unprivileged(PROGRAMS / "postgres", "-D", self.folder / "data", "-p", self.port, "-k", self.folder,
                                                         "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", *words),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def ready():
            if self._server.poll() is not None:
                raise AssertionError("postgres ended:\n" + (self.folder / "server.log").read_text(encoding="utf-8"))
            return subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0

        eventually(ready, "PostgreSQL takes connections", environment.patience(60))
        return self

    def kill(self):
        """As `pg_ctl stop -m immediate`: like a crash."""
        self._run(PROGRAMS / "pg_ctl", "stop", "-D", self.folder / "data", "-m", "immediate")
        self._server.wait()

    def sql(self, text):
        """What the statements answer, without headers; several are one transaction."""
        return self._run(PROGRAMS / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(), "-c", text).strip()

    def put(self, client, capacity, rate=0):
        """A record, written as docs/storage.md tells people to."""
        self.sql(f"""
            UPDATE headgate_state SET revision = revision + 1;
            INSERT INTO headgate_clients (id, capacity, rate_per_sec, mode, revision, created_at, updated_at)
            VALUES ('{client}', {capacity}, {rate}, 'enforce', (SELECT revision FROM headgate_state), 1, 1)
            ON CONFLICT (id) DO UPDATE SET capacity = excluded.capacity, rate_per_sec = excluded.rate_per_sec, revision = excluded.revision;
            NOTIFY headgate_clients""")

    def close(self):
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
