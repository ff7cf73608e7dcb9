"""Where clients last: restarts, kill -9, files that cannot be used, and a PostgreSQL that comes and goes."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import threading
from pathlib import Path

from support.backend import answering
from support.case import Case, eventually
from support.client import fetch
from support.command import headgate as headgateCommand
from support.headgate import config
from support.postgres import Postgres


class Storage(Case):
    """One backend; clients by X-Client-ID; nothing comes back by itself."""

    def setUp(self):
        super().setUp()
        self.backend = self.rawBackend(answering())
        self.database = Path(self.folder, "clients.db")
        self.sqlite = {"sqlite": {"path": str(self.database)}}

    def configuration(self, storage, capacity=10, interval="100ms", **top):
        return config([self.backend], listener={"filters": [{"name": "ratelimit"}, {"name": "router"}]}, storage=storage,
                      limits={"default": {"capacity": capacity, "rate_per_sec": 0}, "checkpoint_interval": interval}, **top)

    def start(self, storage, **parts):
        return self.headgate(self.configuration(storage, **parts))

    def ask(self, proxy, client="c"):
        return fetch(proxy.address(), fields=[f"X-Client-ID: {client}"]).status

    def admitted(self, proxy, client="c", tries=20):
        statuses = [self.ask(proxy, client) for _ in range(tries)]
        self.assertEqual(set(statuses) - {200, 429}, set())
        return statuses.count(200)


class Sqlite(Storage):
    def tokens(self, client="c"):
        """As stored; None if it is not."""
        with sqlite3.connect(self.database) as database:
            row = database.execute("SELECT tokens FROM headgate_buckets WHERE id = ?", (client,)).fetchone()
        return row[0] if row else None

    def test_a_restart_keeps_half_empty_buckets(self):
        proxy = self.start(self.sqlite, interval="1h")
        self.assertEqual(self.admitted(proxy, tries=6), 6)
        self.assertEqual(proxy.terminate(), 0)
        self.assertEqual(self.admitted(self.start(self.sqlite)), 4)

    def test_kill_9_forgets_at_most_what_came_after_the_last_checkpoint(self):
        proxy = self.start(self.sqlite)
        self.assertEqual(self.admitted(proxy, tries=6), 6)
        eventually(lambda: self.tokens() == 4, "a checkpoint")
        self.assertEqual(self.admitted(proxy, tries=1), 1)
        proxy.kill()
        left = self.admitted(self.start(self.sqlite))
        self.assertIn(left, (3, 4), "4 when the last request was after the last checkpoint; never a full bucket")

    def test_clients_in_the_file_are_in_force(self):
        self.start(self.sqlite).terminate()
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE headgate_state SET revision = 1")
            database.execute("INSERT INTO headgate_clients (id, capacity, rate_per_sec, mode, revision, created_at, updated_at) "
                             "VALUES ('c', 3, 0, 'enforce', 1, 1, 1)")
        self.assertEqual(self.admitted(self.start(self.sqlite)), 3)

    def refusedStart(self, storage):
        outcome = headgateCommand("-c", self.written(self.configuration(storage)))
        self.assertEqual(outcome.code, 1, outcome.err)
        return outcome.err

    def written(self, configuration):
        path = Path(self.folder, "refused.json")
        path.write_text(json.dumps(configuration), encoding="utf-8")
        return path

    def test_a_path_that_cannot_be_written_is_named(self):
        error = self.refusedStart({"sqlite": {"path": "/no/such/folder/clients.db"}})
        self.assertRegex(error, r"headgate: /no/such/folder/clients\.db: unable to open database file: No such file or directory")

    def test_a_local_copy_that_cannot_be_written_is_named(self):
        error = self.refusedStart({"postgres": {"dsn": "host=127.0.0.1 port=1", "local_copy": "/no/such/folder/copy.db"}})
        self.assertIn("/no/such/folder/copy.db", error)

    def test_a_file_that_is_no_database_is_named(self):
        self.database.write_text("not a database, " * 1000, encoding="utf-8")
        error = self.refusedStart(self.sqlite)
        self.assertIn(str(self.database), error)
        self.assertIn("file is not a database", error)

    def test_a_schema_of_a_newer_program_is_refused(self):
        with sqlite3.connect(self.database) as database:
            database.execute("PRAGMA user_version = 99")
        self.assertIn("its schema has version 99", self.refusedStart(self.sqlite))

    def test_a_full_disk_stops_no_request(self):
        """No file may grow beyond what the database has at the start; then checkpoints fail, and requests do not."""
        self.start(self.sqlite, interval="1h").terminate()

        def limits():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

        proxy = self.headgate(self.configuration(self.sqlite, capacity=3), limits=limits)
        asked = 0
        while "store_down sqlite: " not in proxy.output:  # each checkpoint lengthens the log of the database
            self.assertEqual(self.ask(proxy, f"client-{asked}"), 200)
            asked += 1
        proxy.waitFor(r"store_down sqlite: .*clients\.db: ")
        for number in range(min(asked, 20)):
            self.assertEqual([self.ask(proxy, f"client-{number}") for _ in range(3)], [200, 200, 429])
        self.assertEqual(proxy.terminate(), 0)

    def test_a_lock_that_another_process_holds_stops_no_request(self):
        proxy = self.start(self.sqlite)
        other = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        self.assertEqual(self.admitted(proxy, tries=6), 6)
        proxy.waitFor(r"store_down sqlite: .*another process holds the lock")
        self.assertEqual(self.admitted(proxy, tries=2), 2)
        other.execute("ROLLBACK")
        eventually(lambda: self.tokens() == 2, "what could not be saved goes with the next checkpoint")


class SharedDatabase(Storage):
    def setUp(self):
        super().setUp()
        self.postgres = Postgres()
        self.addCleanup(self.postgres.close)

    def storage(self, copy="copy.db", rest=""):
        return {"postgres": {"dsn": self.postgres.dsn(rest), "local_copy": str(Path(self.folder, copy))}}

    def start(self, storage, **parts):
        """Buckets without a record hold so much that an edit finds all that it limits."""
        return super().start(storage, capacity=1_000_000, **parts)

    def pair(self, **parts):
        return [self.start(self.storage(f"copy-{name}.db"), node=name, **parts) for name in ("one", "two")]

    def test_a_change_is_in_force_on_every_proxy(self):
        self.postgres.start()
        proxies = self.pair()
        self.postgres.put("c", 3)
        for number, proxy in enumerate(proxies):
            eventually(lambda: fetch(proxy.address(), fields=["X-Client-ID: c"]).get("RateLimit-Policy").startswith('"default";q=3'), "the edit")
            self.assertEqual(self.admitted(proxy), 2, f"proxy {number} took one above")

    def test_an_outage_under_load_fails_no_request_and_limits_exactly(self):
        self.postgres.start()
        proxies = self.pair()
        self.postgres.put("known", 50)
        for proxy in proxies:
            eventually(lambda: '"default";q=50' in fetch(proxy.address(), fields=["X-Client-ID: known"]).get("RateLimit-Policy"), "the edit")
        stop = threading.Event()
        statuses = [[], []]

        def load(proxy, results):
            while not stop.is_set():
                results.append(self.ask(proxy, "known"))
                results.append(self.ask(proxy, f"other-{len(results)}"))

        threads = [threading.Thread(target=load, args=pair) for pair in zip(proxies, statuses)]
        for thread in threads:
            thread.start()
        self.postgres.kill()
        for proxy in proxies:
            proxy.waitFor(r"store_down postgres: ")
        self.postgres.start()
        for proxy in proxies:
            proxy.waitFor(r"store_back postgres: ")
        stop.set()
        for thread in threads:
            thread.join()
        for proxy, results in zip(proxies, statuses):
            self.assertEqual(set(results) - {200, 429}, set())
            self.assertEqual(set(results[1::2]), {200})
            left = self.admitted(proxy, "known", 60)
            self.assertEqual(results[0::2].count(200) + left, 49, "one was taken by who saw the edit")
        self.postgres.put("known", 7)
        for proxy in proxies:
            eventually(lambda: '"default";q=7' in fetch(proxy.address(), fields=["X-Client-ID: known"]).get("RateLimit-Policy"), "the edit after it")

    def test_a_start_without_the_database_knows_clients_and_buckets(self):
        self.postgres.start()
        proxy = self.start(self.storage())
        self.postgres.put("c", 5)
        eventually(lambda: '"default";q=5' in fetch(proxy.address(), fields=["X-Client-ID: c"]).get("RateLimit-Policy"), "the edit")
        self.assertEqual(proxy.terminate(), 0)
        self.postgres.kill()
        proxy = self.start(self.storage())
        proxy.waitFor(r"the postgres store is out of reach \(.*\): starting with 1 clients as last known")
        self.assertEqual(self.admitted(proxy), 4)
        self.postgres.start()
        proxy.waitFor(r"store_back postgres: ")
        self.assertEqual(self.admitted(proxy), 0)

    def test_sslmode_is_honoured(self):
        self.postgres.start()
        proxy = self.start(self.storage(rest="sslmode=require"))
        proxy.waitFor(r"the postgres store is out of reach \(.*server does not support SSL, but SSL was required")

    def test_tls_with_a_verified_certificate(self):
        certificate, key = self.postgres.folder / "server.crt", self.postgres.folder / "server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", key, certificate], check=True)
        key.chmod(0o600)
        self.postgres.start("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}")
        proxy = self.start(self.storage(rest=f"sslmode=verify-full sslrootcert={certificate}"))
        self.assertNotIn("out of reach", proxy.output)
        self.assertEqual(self.postgres.sql("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'headgate'"), "t")
        refused = self.start(self.storage("other.db", rest="sslmode=verify-full sslrootcert=system-is-not-it.pem"))
        refused.waitFor(r"the postgres store is out of reach \(.*root certificate file")

    def test_migrate_shows_and_does(self):
        self.postgres.start()
        path = Path(self.folder, "migrate.json")
        path.write_text(json.dumps(self.configuration(self.storage())), encoding="utf-8")
        self.assertRegex(headgateCommand("migrate", "--dry-run", "-c", path).out, r"^postgres: version 0 to \d+, not done yet\n  would apply 1 clients\n")
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'headgate%'"), "0")
        self.assertRegex(headgateCommand("migrate", "-c", path).out, r"^postgres: version 0 to \d+\n  applied 1 clients\n")
        self.assertRegex(headgateCommand("migrate", "-c", path).out, r"^postgres: the schema is up to date \(version \d+\)\n$")
        self.postgres.sql("INSERT INTO headgate_schema VALUES (99, 'from the future')")
        refused = headgateCommand("migrate", "-c", path)
        self.assertEqual(refused.code, 1)
        self.assertIn("its schema has version 99", refused.err)
