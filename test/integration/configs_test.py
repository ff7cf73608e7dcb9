"""Every file of configs/ starts and does what its comments say."""

import json
import os
import re
import stat

from support import environment
from support.backend import refusedAddress
from support.case import Case, eventually
from support.client import fetch
from support.command import headgate
from support.headgate import connectable
from support.postgres import Postgres

FOLDER = environment.ROOT / "configs"


def probeOf(path):
    """The name of the test of a file: test_minimal of minimal.json."""
    return "test_" + path.stem.replace("-", "_")


class Configs(Case):
    def started(self, name, backends, **environ):
        """Headgate with a file of configs/, on a free port, before named origins."""
        self.origins = [self.origin(f"origin-{number}") for number in range(1, backends + 1)]
        for number, origin in enumerate(self.origins, 1):
            environ[f"BACKEND{number}_PORT"] = str(origin.address()[1])
        process = self.process([environment.headgate, "-c", FOLDER / name], environ={"HEADGATE_PORT": "0", "STATE_DIRECTORY": self.folder, **environ})
        process.waitFor("started with")
        self.addCleanup(lambda: self.assertEqual(process.terminate(), 0))
        return process

    def address(self, process):
        """Where its TCP listener listens."""
        return connectable(process.waitFor(r'listener ".*" listens on (\d\S+)')[1])

    def namesOf(self, address, count=60, **request):
        """Which origins answer."""
        names = []
        for _ in range(count):
            response = fetch(address, **request)
            self.assertEqual(response.status, 200)
            names.append(response.get("X-Origin"))
        return names

    def test_every_file_has_a_probe_here(self):
        files = sorted(FOLDER.glob("*.json"))
        self.assertGreater(len(files), 0)
        self.assertEqual([path.name for path in files if not hasattr(self, probeOf(path))], [])

    def test_every_file_is_good_with_its_own_ports_and_names_its_schema(self):
        for path in sorted(FOLDER.glob("*.json")):
            with self.subTest(path.name):
                outcome = headgate("-c", path, "--test")
                self.assertEqual((outcome.code, outcome.err), (0, ""))
                named = re.search(r'"\$schema": "([^"]+)"', path.read_text(encoding="utf-8"))
                if named:
                    self.assertTrue((FOLDER / named[1]).is_file(), named[1])

    def test_minimal(self):
        names = self.namesOf(self.address(self.started("minimal.json", 2)), 20, path="/ping")
        self.assertEqual(set(names), {"origin-1", "origin-2"})

    def test_quickstart(self):
        process = self.started("quickstart.json", 3)
        names = self.namesOf(self.address(process), 12, path="/ping")
        self.assertEqual(set(names), {"origin-1", "origin-2", "origin-3"})
        process.waitFor(r'^\[.*"GET /ping HTTP/1.1" 200 ', count=12)

    def test_container(self):
        backend = self.origin("origin-1")
        process = self.process([environment.headgate], environ={"HEADGATE_CONFIG": str(FOLDER / "container.json"), "HEADGATE_LISTEN": "127.0.0.1:0",
                                                                "STATE_DIRECTORY": self.folder,
                                                                "HEADGATE_BACKENDS": backend.endpoint()})
        process.waitFor("started with")
        self.assertEqual(fetch(self.address(process), "/ping").get("X-Origin"), "origin-1")

    def test_compose(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.start()
        for number in (1, 2, 3):
            self.origin(f"origin-{number}", address=f"unix:{self.folder}/origin-{number}.sock")
        token = "the-token-of-an-operator"
        process = self.process([environment.headgate, "-c", FOLDER / "compose.json"],
                               environ={"HEADGATE_PORT": "0", "HEADGATE_ADMIN": "", "HEADGATE_ADMIN_PORT": "0", "HEADGATE_ADMIN_TOKEN": token,
                                        "DATABASE_URL": postgres.dsn(), "BACKEND_SOCKETS": self.folder, "STATE_DIRECTORY": self.folder})
        process.waitFor("started with")
        self.assertEqual(set(self.namesOf(self.address(process), 12, path="/ping")), {"origin-1", "origin-2", "origin-3"})
        admin = process.waitFor(r"admin listens on (\S+)")[1]
        variables = {"HEADGATE_ADMIN": admin, "HEADGATE_ADMIN_TOKEN": token}
        self.assertEqual(headgate("healthcheck", environ=variables).code, 0)
        self.assertEqual(headgate("clients", "set", "user1", "--capacity", "5", "--rate", "1", environ=variables).code, 0)
        self.assertEqual(postgres.sql("SELECT capacity FROM headgate_clients WHERE id = 'user1'"), "5")
        self.assertEqual(process.terminate(), 0)

    def test_hosts_and_paths(self):
        address = self.address(self.started("hosts-and-paths.json", 3))
        self.assertEqual(set(self.namesOf(address, 10, path="/ping")), {"origin-1"})
        self.assertEqual(set(self.namesOf(address, 10, path="/ping", host="shop.example")), {"origin-2"})

        def servers(path, **request):
            return {fetch(address, path, **request).get("X-Origin") for _ in range(20)}

        # No path of the origins begins with /api: they answer 404, by their name.
        for request in ({"path": "/api"}, {"path": "/api/items"}, {"path": "/upload"}, {"path": "/api/items", "host": "shop.example"}):
            self.assertIn("origin-3", servers(**request), request)
            self.assertLessEqual(servers(**request), {"origin-1", "origin-3"}, request)  # origin-1 takes part under load
        self.assertEqual(servers("/apix"), {"origin-1"})
        self.assertEqual(servers("/apix", host="shop.example"), {"origin-2"})

    def test_json_access_log(self):
        process = self.started("json-access-log.json", 2)
        self.assertEqual(set(self.namesOf(self.address(process), 10, path="/ping")), {"origin-1", "origin-2"})
        process.waitFor(r"^\{.*\}$", count=10)
        for line in re.findall(r"(?m)^\{.*\}$", process.output):
            self.assertEqual((json.loads(line)["path"], json.loads(line)["status"]), ("/ping", 200))

    def test_json_access_log_to_a_file_of_the_environment(self):
        path = f"{self.folder}/access.json"
        fetch(self.address(self.started("json-access-log.json", 2, ACCESS_LOG=path)), "/status/404")

        def record():
            with open(path, encoding="utf-8") as file:
                text = file.read()
            return json.loads(text) if text.endswith("\n") else None

        self.assertEqual(eventually(record, "a line in the file")["status"], 404)

    def test_six_replicas(self):
        address = self.address(self.started("six-replicas.json", 6))
        everyone = {f"origin-{number}" for number in range(1, 7)}
        self.assertEqual(set(self.namesOf(address, path="/ping")), everyone)
        self.assertEqual(set(self.namesOf(address, path="/bytes/10")), everyone)
        self.origins[0].kill()
        self.assertEqual(set(self.namesOf(address, path="/ping")), everyone - {"origin-1"})
        late = fetch(address, "/ping/../delay/1")
        self.assertEqual((late.status, late.body), (200, b"here at last\n"))

    def test_unix_socket(self):
        path = f"{self.folder}/proxy.sock"
        process = self.started("unix-socket.json", 2, HEADGATE_SOCKET=path)
        self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
        self.assertEqual(set(self.namesOf(path, 20, path="/ping")), {"origin-1", "origin-2"})
        self.assertEqual(set(self.namesOf(self.address(process), 20, path="/ping")), {"origin-1", "origin-2"})

    def test_a_file_whose_backends_are_down_still_starts_and_says_so(self):
        address, holder = refusedAddress()
        with holder:
            process = self.started("minimal.json", 0, BACKEND1_PORT=address.split(":")[1], BACKEND2_PORT="1")
            response = fetch(self.address(process))
            self.assertEqual((response.status, response.json()["reason"]), (503, "upstream_connect_failed"))
            process.waitFor("warning upstream_connect_failed")
