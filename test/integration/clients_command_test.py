"""`headgate clients` and `headgate healthcheck`: the commands that talk to a running headgate."""

import json
import signal

from support.admin import TOKENS, Admin, adminAddress, tokens
from support.backend import answering, refusedAddress
from support.case import Case
from support.command import headgate


class ClientsCommand(Case):
    def setUp(self):
        super().setUp()
        self.running = self.proxy(answering(), storage={"memory": {}}, admin={"tokens": tokens()})
        self.where = "%s:%d" % adminAddress(self.running)

    def clients(self, *words, token="operator", stdin=None):
        return headgate("clients", *words, environ={"HEADGATE_ADMIN": self.where, "HEADGATE_ADMIN_TOKEN": TOKENS.get(token, token)}, stdin=stdin)

    def good(self, *words, **options):
        outcome = self.clients(*words, **options)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out

    def test_set_get_list_reset_delete(self):
        self.assertEqual(json.loads(self.good("set", "user/1", "--capacity", "100", "--rate", "0.5", "--label", "plan=gold"))["capacity"], 100)
        changed = json.loads(self.good("set", "user/1", "--mode", "shadow"))
        self.assertEqual((changed["capacity"], changed["rate_per_sec"], changed["mode"], changed["labels"]), (100, 0.5, "shadow", {"plan": "gold"}))
        self.assertEqual(json.loads(self.good("get", "user/1"))["client_id"], "user/1")
        self.assertRegex(self.good("list"), r"(?m)^user/1 +100 +0\.5 +shadow +plan=gold$")
        self.assertEqual(json.loads(self.good("list", "--json", "--prefix", "nobody")), {"clients": [], "next_cursor": None})
        self.assertEqual(json.loads(self.good("reset", "user/1"))["bucket"]["tokens"], 100)
        self.assertEqual(self.good("delete", "user/1"), "deleted user/1\n")
        self.assertEqual(self.clients("delete", "user/1").code, 1)

    def test_import_and_export(self):
        lines = "".join(json.dumps({"client_id": f"c{number:04}", "capacity": 5, "rate_per_sec": 1, "mode": "enforce", "labels": {}}, separators=(",", ":")) + "\n"
                        for number in range(2500))
        path = f"{self.folder}/clients.ndjson"
        with open(path, "w", encoding="utf-8") as file:
            file.write(lines)
        self.assertEqual(len(json.loads(self.good("import", path, "--dry-run"))["changes"]), 2500)
        self.assertEqual(json.loads(self.good("import", path))["created"], 2500)
        self.assertEqual(self.good("export"), lines)
        self.assertEqual(json.loads(self.good("import", "-", stdin=self.good("export").encode()))["unchanged"], 2500)
        self.assertEqual(len(self.good("list").splitlines()), 2501)  # in pages, with a head line

    def test_says_what_the_server_has_against_it(self):
        outcome = self.clients("set", "user1", "--capacity", "0", "--rate", "1")
        self.assertEqual((outcome.code, outcome.out), (1, ""))
        self.assertIn("/capacity: expected a number from 1 to 1000000000, got 0", outcome.err)
        outcome = self.clients("import", "-", stdin=b'{"client_id":"a","capacity":1,"rate_per_sec":1}\n{}\n')
        self.assertEqual(outcome.code, 1)
        self.assertIn("line 2 /client_id: missing", outcome.err)
        self.assertIn("nothing was applied", outcome.err)

    def test_without_the_right_token(self):
        self.assertIn("needs the role operator", self.clients("delete", "user1", token="viewer").err)
        self.assertIn("nobody has this token", self.clients("list", token="wrong-token-of-nobody").err)
        self.assertEqual(self.good("list", token="viewer").count("\n"), 1)

    def test_wrong_usage(self):
        for words in (["set", "x", "--capacity", "ten"], ["set", "x", "--rate", "nan"], ["set", "x", "--label", "nothing"], ["get"], ["frobnicate"], [],
                      ["list", "--admin", "nowhere"]):
            with self.subTest(words):
                outcome = self.clients(*words)
                self.assertEqual(outcome.code, 2, outcome)
                self.assertNotEqual(outcome.err, "")
        self.assertEqual(self.clients("import", f"{self.folder}/none").code, 1)

    def test_nobody_there(self):
        address, holder = refusedAddress()
        with holder:
            outcome = headgate("clients", "--admin", address, "list")
        self.assertEqual(outcome.code, 1)
        self.assertIn(f"headgate clients: {address}: ", outcome.err)

    def test_help_names_the_verbs(self):
        text = headgate("clients", "--help").out
        for verb in ("list", "get", "set", "delete", "reset", "import", "export"):
            self.assertRegex(text, rf"(?m)^ +{verb} ")


class Healthcheck(Case):
    def test_follows_ready(self):
        running = self.proxy(answering())
        where = "%s:%d" % adminAddress(running)
        for spelled in (where, f"http://{where}/", where.replace("127.0.0.1", "0.0.0.0"), where.replace("127.0.0.1", "localhost"), where.replace("127.0.0.1", "")):
            outcome = headgate("healthcheck", "--admin", spelled)
            self.assertEqual((outcome.code, outcome.out), (0, '{"status":"ready"}\n'), spelled)
        running.signal(signal.SIGTERM)
        running.wait()
        self.assertEqual(headgate("healthcheck", "--admin", where).code, 1)

    def test_finds_the_address_in_the_config_file(self):
        path = f"{self.folder}/admin.sock"
        running = self.proxy(answering(), admin={"address": f"unix:{path}"})
        self.assertEqual(Admin(running).get("/ready").status, 200)
        self.assertEqual(headgate("healthcheck", "-c", running.configPath, environ={"HEADGATE_ADMIN": ""}).code, 0)
        self.assertEqual(headgate("healthcheck", environ={"HEADGATE_ADMIN": "", "HEADGATE_CONFIG": str(running.configPath)}).code, 0)

    def test_says_why_not(self):
        address, holder = refusedAddress()
        with holder:
            self.assertIn("Connection refused", headgate("healthcheck", "--admin", address).err)
        self.assertIn("off", headgate("healthcheck", "--admin", "off").err)
        self.assertEqual(headgate("healthcheck", "--colour").code, 2)
