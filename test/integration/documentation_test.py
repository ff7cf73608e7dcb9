"""The examples of the documentation are true: every fenced block of JSON in it is checked as what it is."""

import json
import re

from support import environment
from support.backend import answering
from support.case import Case
from support.command import headgateWith

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
MINIMAL_WITH = '{ %s, "listeners": [ { "address": ":0", "routes": [ { "cluster": "app" } ] } ], "clusters": [ { "name": "app", "endpoints": ["127.0.0.1:1"] } ] }'
LISTENER_WITH = ('{"listeners": [{"address": ":8080", "routes": [{"cluster": "app"}], %s}],'
                 '"clusters": [{"name": "app", "endpoints": ["127.0.0.1:8081"]}]}')
TOP_WITH = ('{"listeners": [{"address": ":8080", "routes": [{"cluster": "app"}]}],'
            '"clusters": [{"name": "app", "endpoints": ["127.0.0.1:8081"]}], %s}')
TOP_KEYS = ("admin", "limits", "log", "storage")


def plain(text):
    """JSON of JSON with comments and trailing commas."""
    bare = STRING_OR_COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    return re.sub(r",(\s*[\]}])", r"\1", bare)


def examples():
    """(place, text) of every block that says it is JSON, and of those that look like it and do not say so."""
    pages = [*environment.ROOT.glob("*.md"), *(environment.ROOT / "docs").rglob("*.md"), *(environment.ROOT / "filters").rglob("*.md")]
    for page in sorted(pages):
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            if block[1] in ("json", "jsonc") or block[2].lstrip().startswith("{"):
                yield f"{page.relative_to(environment.ROOT)}:{text[:block.start()].count(chr(10)) + 1}", block[2]


class Documentation(Case):
    def assertGood(self, text):
        outcome = headgateWith(self.folder, text, "--test")
        self.assertEqual((outcome.code, outcome.err), (0, ""))

    def check(self, text):
        """Checks an example; says what it is."""
        text = re.sub(r"^//[^\n]*\n", "", text)  # the name of the file
        if text.lstrip().startswith(tuple(f'"{key}":' for key in TOP_KEYS)):
            self.assertGood(TOP_WITH % text.strip().rstrip(","))
            return "part of a configuration"
        if not text.lstrip().startswith("{"):
            self.assertGood(LISTENER_WITH % text.strip().rstrip(","))
            return "part of a listener"
        value = json.loads(plain(text))
        if "name" in value:
            rest = "" if value["name"] == "router" else ', {"name": "router"}'
            self.assertGood(LISTENER_WITH % f'"filters": [{text}{rest}]')
            return "filter"
        if "storage" in value:
            self.assertGood(MINIMAL_WITH % text.strip()[1:-1])
            return "top-level keys"
        if "listeners" in value:
            self.assertGood(text)
            return "configuration"
        if "start_time" in value:
            self.assertEqual(list(value), self.logKeys())
            return "line of the access log"
        if "reason" in value:
            refused = self.proxy(answering())
            shown = self.client(refused).send(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").readResponse().json()
            self.assertEqual(list(value), list(shown))
            return "body of a response"
        if "ok" in value:
            self.assertEqual(list(value), list(self.report()))
            self.assertEqual([list(each) for each in value["errors"]], [list(self.report()["errors"][0])])
            return "result of --test"
        self.fail("this test does not know what the example is; teach it")

    def logKeys(self):
        headgate = self.proxy(answering())
        self.client(headgate).get()
        return list(headgate.logLines(1)[0])

    def report(self):
        return json.loads(headgateWith(self.folder, '{"listeners": [], "clusters": []}', "--test", "--format", "json").out)

    def test_every_example_is_true(self):
        kinds = {}
        for place, text in examples():
            with self.subTest(place):
                kinds[place] = self.check(text)
        self.assertIn("configuration", kinds.values())

    def test_the_filter_of_the_filters_page_is_the_example_that_is_built(self):
        page = (environment.ROOT / "docs/filters.md").read_text(encoding="utf-8")
        shown = dict(re.findall(r"<!-- (test/example/\S+) -->\n```cpp\n(.*?)```", page, re.S))
        files = [path for path in (environment.ROOT / "test/example").rglob("*.*") if path.suffix in (".h", ".cc")]
        self.assertEqual(shown, {path.relative_to(environment.ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files})

    def test_the_mistakes_that_are_shown_are_printed_so(self):
        page = (environment.ROOT / "docs/configuration.md").read_text(encoding="utf-8")
        shown = re.findall(r"^proxy\.json:\d+:\d+ (\S+: .*)$", page, re.M)
        self.assertEqual(len(shown), 3)
        outcome = headgateWith(self.folder, """{
          "listeners": [{"address": ":80", "timeouts": {"idle": "5sec"}, "routes": [{"cluster": "ap"}]}],
          "clusters": [{"name": "app", "endpoints": ["127.0.0.1:1"], "conect_timeout": "5s"}]}""", "--test")
        self.assertEqual([line.split(" ", 1)[1] for line in outcome.err.splitlines()], shown)
