#!/usr/bin/python3
"""The schema (api/config.schema.json) and the reader (headgate --test) agree on every file of the corpus.

good/*.json and configs/*.json pass both. What is wrong with each bad/*.json, and who can see it, stands in expected.json:
  schema  both refuse it
  reader  the schema accepts it; only the reader sees references, duplicates and ranges of units
  syntax  it is not JSON with comments at all
Needs python3-jsonschema. Usage: schema_test.py [--headgate PATH] (or HEADGATE_BIN); without a binary its part is skipped.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCHEMA = json.loads((ROOT / "api/config.schema.json").read_text())
EXPECTED = json.loads((HERE / "expected.json").read_text())
GOOD = sorted((HERE / "good").glob("*.json")) + sorted((ROOT / "configs").glob("*.json"))
BAD = sorted((HERE / "bad").glob("*.json"))
HEADGATE = os.environ.get("HEADGATE_BIN")

STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
STRING_OR_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[\]}])')


def refuse_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


def load(path):
    """A JSONC file as Python values; ValueError if it is none."""
    text = STRING_OR_COMMENT.sub(lambda match: match[1] or " ", path.read_text())
    text = STRING_OR_TRAILING_COMMA.sub(lambda match: match[1] or "", text)
    return json.loads(text, object_pairs_hook=refuse_duplicates)


def schema_errors(document):
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


def headgate(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADGATE_")}
    return subprocess.run([HEADGATE, *map(str, arguments)], capture_output=True, text=True, timeout=60, env=environment, check=False)


class Schema(unittest.TestCase):
    def test_is_a_valid_schema_of_draft_2020_12(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_accepts_every_good_file(self):
        for path in GOOD:
            with self.subTest(path.name):
                self.assertEqual(schema_errors(load(path)), [])

    def test_judges_every_bad_file_as_expected(self):
        for path in BAD:
            kind = EXPECTED[path.name]["kind"]
            with self.subTest(path.name, kind=kind):
                if kind == "schema":
                    self.assertNotEqual(schema_errors(load(path)), [])
                elif kind == "reader":
                    self.assertEqual(schema_errors(load(path)), [])

    def test_corpus_and_expectations_name_the_same_files(self):
        self.assertEqual([path.name for path in BAD], sorted(EXPECTED))

    def test_every_object_is_closed_and_every_key_described(self):
        def walk(schema, where):
            for name, inner in schema.get("properties", {}).items():
                with self.subTest(f"{where}/{name}"):
                    self.assertTrue("description" in inner or "$ref" in inner or "const" in inner or "enum" in inner)
            for name, inner in schema.get("$defs", {}).items():
                walk(inner, f"{where}/{name}")
            # "filter" is open since its variants, by name, are closed.
            if "properties" in schema and not where.endswith("/filter"):
                with self.subTest(where):
                    self.assertIs(schema.get("additionalProperties"), False)

        walk(SCHEMA, "")


class Reader(unittest.TestCase):
    def setUp(self):
        if not HEADGATE:
            self.skipTest("no headgate binary given")

    def test_accepts_every_good_file(self):
        for path in GOOD:
            with self.subTest(path.name):
                result = headgate("--test", "-c", path)
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_refuses_every_bad_file_with_its_messages(self):
        for path in BAD:
            with self.subTest(path.name):
                result = headgate("--test", "-c", path)
                self.assertEqual(result.returncode, 1)
                for message in EXPECTED[path.name]["messages"]:
                    self.assertIn(message, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), self.mistakes(path), result.stderr)

    @staticmethod
    def mistakes(path):
        return 2 if path.name == "router-not-last.json" else 1

    def test_mistakes_as_json_say_the_same(self):
        for path in BAD:
            with self.subTest(path.name):
                result = headgate("--test", "--format", "json", "-c", path)
                report = json.loads(result.stdout)
                self.assertEqual((report["ok"], report["count"]), (False, self.mistakes(path)))
                self.assertEqual(set(report["errors"][0]), {"file", "line", "column", "pointer", "message"})

    def test_printed_config_passes_the_schema_and_prints_the_same_again(self):
        for path in GOOD:
            with self.subTest(path.name):
                printed = headgate("--print-config", "-c", path).stdout
                self.assertEqual(schema_errors(json.loads(printed)), [])
                again = subprocess.run([HEADGATE, "--print-config", "-c", "/dev/stdin"], input=printed, capture_output=True, text=True,
                                       timeout=60, check=False)
                self.assertEqual(again.stdout, printed, again.stderr)

    def test_defaults_of_the_schema_are_those_of_the_reader(self):
        printed = json.loads(headgate("--print-config", "-c", HERE / "good/minimal.json").stdout)
        listener, cluster = printed["listeners"][0], printed["clusters"][0]
        route = listener["routes"][0]
        effective = {"log": printed["log"], "admin": printed["admin"], "dns": printed["dns"], "listener": listener, "timeouts": listener["timeouts"], "route": route,
                     "match": route["match"], "retries": route["retries"], "cluster": cluster, "endpoint": cluster["endpoints"][0],
                     "outlier_detection": cluster["outlier_detection"], "circuit_breaker": cluster["circuit_breaker"]}
        for name, values in [("root", printed), *effective.items()]:
            keys = (SCHEMA if name == "root" else SCHEMA["$defs"][name])["properties"]
            self.assertEqual(set(values), set(keys) - {"$schema"}, name)
            for key, schema in keys.items():
                if "default" in schema:
                    with self.subTest(f"{name}.{key}"):
                        self.assertEqual(values[key], schema["default"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--headgate", default=HEADGATE)
    options, rest = parser.parse_known_args()
    HEADGATE = options.headgate
    unittest.main(argv=[sys.argv[0], *rest])
