"""The command line of the real program: what it checks, prints and takes, with which exit codes."""

import contextlib
import json
import re

from support import environment
from support.backend import answering
from support.case import Case, eventually
from support.client import fetch
from support.command import headgate, headgateWith
from support.headgate import config, connectable

GOOD = """{
  // comments and trailing commas are fine
  "listeners": [ { "address": "127.0.0.1:0", "routes": [ { "cluster": "app" } ] }, ],
  "clusters": [ { "name": "app", "endpoints": ["127.0.0.1:8081"] } ],
}
"""
# The mistakes of the documentation and some more, one a line.
BAD = """{
  "workers": "many",
  "listeners": [
    { "address": "127.0.0.1:0", "timeouts": { "idle": "5sec" },
      "routes": [ { "cluster": "ap" } ] } ],
  "clusters": [
    { "name": "app", "endpoints": ["127.0.0.1:8081"],
      "conect_timeout": "5s" } ],
  "listener": []
}
"""
MISTAKES = [
    (2, 14, "/workers", 'expected a whole number from 0 to 256, got "many"'),
    (4, 55, "/listeners/0/timeouts/idle", 'expected a duration such as "5s" or "250ms", got "5sec"'),
    (5, 32, "/listeners/0/routes/0/cluster", 'there is no cluster "ap"; did you mean "app"?'),
    (8, 7, "/clusters/0/conect_timeout", 'unknown key "conect_timeout"; did you mean "connect_timeout"?'),
    (9, 3, "/listener", 'unknown key "listener"; did you mean "listeners"?'),
]


def greeting(word):
    return answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(word), word))


class Checks(Case):
    def test_a_good_file_passes_with_a_summary(self):
        outcome = headgateWith(self.folder, GOOD, "--test")
        self.assertEqual((outcome.code, outcome.out, outcome.err), (0, f"{self.folder}/refused.json: OK (1 listener, 1 cluster)\n", ""))

    def test_a_good_file_passes_in_json(self):
        outcome = headgateWith(self.folder, GOOD, "-t", "--format", "json")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(json.loads(outcome.out), {"ok": True, "count": 0, "errors": [], "warnings": []})

    def test_every_mistake_of_a_file_is_printed_with_its_place(self):
        for arguments in ((), ("--test",), ("--print-config",)):
            with self.subTest(arguments):
                outcome = headgateWith(self.folder, BAD, *arguments)
                expected = [f"{self.folder}/refused.json:{line}:{column} {pointer}: {message}" for line, column, pointer, message in MISTAKES]
                self.assertEqual((outcome.code, outcome.out, outcome.err.splitlines()), (1, "", expected))

    def test_every_mistake_of_a_file_is_printed_in_json(self):
        outcome = headgateWith(self.folder, BAD, "--test", "--format", "json")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        report = json.loads(outcome.out)
        self.assertEqual((report["ok"], report["count"]), (False, len(MISTAKES)))
        self.assertEqual([(each["line"], each["column"], each["pointer"], each["message"]) for each in report["errors"]], MISTAKES)
        self.assertEqual({each["file"] for each in report["errors"]}, {f"{self.folder}/refused.json"})

    def test_a_file_that_is_not_json_has_one_mistake(self):
        outcome = headgateWith(self.folder, '{\n  "listeners": [ ,', "--test")
        self.assertEqual(outcome.code, 1, outcome)
        self.assertRegex(outcome.err, r"^\S+/refused\.json:2:18: [^\n]+\n$")

    def test_a_file_that_is_not_there_is_named(self):
        outcome = headgate("-c", f"{self.folder}/none.json")
        self.assertEqual(outcome.code, 1, outcome)
        self.assertRegex(outcome.err, r"none\.json.*No such file or directory\n$")

    def test_a_secret_of_the_environment_is_in_no_message(self):
        text = GOOD.replace("127.0.0.1:8081", "${SECRET}")
        outcome = headgateWith(self.folder, text, "--test", environ={"SECRET": "hunter2"})
        self.assertEqual(outcome.code, 1, outcome)
        self.assertIn("${SECRET}", outcome.err)
        self.assertNotIn("hunter2", outcome.err + outcome.out)

    def test_bad_usage_has_its_own_exit_code_and_a_hint(self):
        for arguments, message in ((["--lissten", ":80"], 'unknown option "--lissten"; did you mean --listen?'), (["stray"], 'unexpected argument "stray"'),
                                   (["--format", "xml"], "xml"), (["-c"], "--config")):
            with self.subTest(arguments):
                outcome = headgate(*arguments)
                self.assertEqual((outcome.code, outcome.out), (2, ""), outcome)
                self.assertIn(message, outcome.err)
                self.assertTrue(outcome.err.endswith("Run `headgate --help` for the options.\n"), outcome)

    def test_bad_values_of_flags_and_variables_are_bad_usage_each_named(self):
        outcome = headgate("--listen", "8080", "--backend", "http://127.0.0.1:8081/path", "--workers", "-1", environ={"HEADGATE_LB": "fair"})
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertEqual(len(outcome.err.splitlines()), 4, outcome)
        for origin in ("--listen", "--backend", "--workers", "HEADGATE_LB"):
            self.assertRegex(outcome.err, rf"(?m)^{origin}: expected .*, got ")

    def test_nothing_at_all_says_what_to_give(self):
        outcome = headgate()
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("-c FILE", outcome.err)
        self.assertIn("--listen", outcome.err)


class Prints(Case):
    def test_the_version(self):
        outcome = headgate("--version")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertRegex(outcome.out, r"^headgate \d+\.\d+\.\d+\S*\n$")

    def test_the_help_has_every_flag_and_variable_of_the_documentation(self):
        documentation = (environment.ROOT / "docs/configuration.md").read_text(encoding="utf-8")
        table = documentation.split("## Command line and environment")[1].split("##")[0]
        words = set(re.findall(r"(?<=`)--?[a-z-]+|HEADGATE_[A-Z_]+", table))
        self.assertGreater(len(words), 15)
        for flag in ("-h", "--help"):
            outcome = headgate(flag)
            self.assertEqual((outcome.code, outcome.err), (0, ""))
            self.assertEqual([word for word in sorted(words) if not re.search(rf"(?<![\w-]){word}(?![\w-])", outcome.out)], [])

    def assertStable(self, outcome):
        """What was printed is itself a good configuration that prints the same."""
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        again = headgateWith(self.folder, outcome.out, "--print-config")
        self.assertEqual((again.code, again.out, again.err), (0, outcome.out, ""))

    def test_a_printed_configuration_prints_the_same_again(self):
        self.assertStable(headgateWith(self.folder, GOOD, "--print-config"))
        for path in sorted((environment.ROOT / "test/config/good").glob("*.json")):
            with self.subTest(path.name):
                outcome = headgate("-c", path, "--print-config", environ=self.referenced(path), cwd=environment.ROOT)
                self.assertStable(outcome)

    def referenced(self, path):
        """Variables that the file needs."""
        return {name: "1" for name in re.findall(r"(?<!\$)\$\{(\w+)\}", path.read_text(encoding="utf-8"))}

    def test_a_printed_configuration_has_the_defaults_and_what_flags_replaced(self):
        outcome = headgateWith(self.folder, GOOD, "--print-config", "--listen", ":9090", "--workers", "3", "--lb", "random", "--log-level", "error",
                               environ={"HEADGATE_BACKENDS": "127.0.0.1:1,http://[::1]:2"})
        printed = json.loads(outcome.out)
        self.assertEqual((printed["workers"], printed["log"]["level"]), (3, "error"))
        self.assertEqual((printed["listeners"][0]["address"], printed["listeners"][0]["max_connections"]), ("0.0.0.0:9090", 10000))
        self.assertEqual(printed["clusters"][0]["lb_policy"], "random")
        self.assertEqual([each["address"] for each in printed["clusters"][0]["endpoints"]], ["127.0.0.1:1", "[::1]:2"])
        self.assertStable(outcome)


class Runs(Case):
    """Started without, or with more than, a file."""

    def setUp(self):
        super().setUp()
        self.one, self.two = self.rawBackend(greeting(b"one")), self.rawBackend(greeting(b"two"))

    def started(self, *arguments, **environ):
        process = self.process([environment.headgate, *arguments], environ={"HEADGATE_LISTEN": "", "HEADGATE_BACKENDS": "", **environ})
        address = connectable(process.waitFor(r'listener ".*" listens on (\S+)')[1])
        process.waitFor("started with")
        return process, address

    def answers(self, address, count=4):
        return [fetch(address).body for _ in range(count)]

    def test_from_flags_alone(self):
        process, address = self.started("--listen", "127.0.0.1:0", "--backend", f"http://{self.one.endpoint()}", "--backend", self.two.endpoint(),
                                        "--workers", "1")
        self.assertEqual(sorted(self.answers(address)), [b"one", b"one", b"two", b"two"])
        process.waitFor("started with 1 worker")
        self.assertEqual(process.terminate(), 0)

    def test_from_the_environment_alone(self):
        process, address = self.started(HEADGATE_LISTEN="127.0.0.1:0", HEADGATE_BACKENDS=f"http://{self.one.endpoint()}/, {self.two.endpoint()}",
                                        HEADGATE_WORKERS="1", HEADGATE_LB="round_robin")
        self.assertEqual(sorted(self.answers(address)), [b"one", b"one", b"two", b"two"])
        self.assertEqual(process.terminate(), 0)

    def test_flags_win_over_variables(self):
        process, address = self.started("--backend", self.one.endpoint(), "--workers", "2", HEADGATE_LISTEN="127.0.0.1:0",
                                        HEADGATE_BACKENDS=self.two.endpoint(), HEADGATE_WORKERS="1")
        self.assertEqual(self.answers(address), [b"one"] * 4)
        process.waitFor("started with 2 workers")

    def test_variables_win_over_the_file_that_a_variable_names(self):
        path = f"{self.folder}/named.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config([self.one], workers=3), file)
        process, address = self.started(HEADGATE_CONFIG=path, HEADGATE_BACKENDS=self.two.endpoint())
        self.assertEqual(self.answers(address), [b"two"] * 4)
        process.waitFor("started with 3 workers")

    def test_the_log_level_keeps_information_out(self):
        path = f"{self.folder}/quiet.sock"
        process = self.process([environment.headgate, "--listen", f"unix:{path}", "--backend", self.one.endpoint(), "--log-level", "warning"])

        def status():
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return fetch(path).status
            return None

        self.assertEqual(eventually(status, "an answer"), 200)
        self.assertEqual(process.terminate(), 0)
        self.assertIn('"GET / HTTP/1.1" 200', process.output)  # the access log is no matter of level
        self.assertNotRegex(process.output, r"(?m)^\S+Z info ")
