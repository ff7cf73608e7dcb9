"""api/admin.openapi.yaml is true: every operation of it is called, and an answer that it does not describe is a failure."""

import json
import re

import jsonschema
import yaml

from support import environment
from support.admin import TOKENS, Admin, tokens
from support.case import Case
from support.headgate import config

DOCUMENT = yaml.safe_load((environment.ROOT / "api/admin.openapi.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "delete", "patch")
ROLES = ("viewer", "operator", "admin")
HELP = re.compile(r"^(GET|PUT|POST|DELETE|PATCH) +(\S+) +(public|viewer|operator|admin) +(.+)$", re.M)


def resolved(node):
    """What a $ref leads to."""
    while "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


class Operation:
    """One operation of the document."""

    def __init__(self, method, path, item):
        self.method, self.path, self.spec = method.upper(), path, item[method]
        self.parameters = [resolved(each) for each in item.get("parameters", []) + self.spec.get("parameters", [])]
        self.role = self.spec["x-role"]
        self.content = self.spec.get("requestBody", {}).get("content", {})

    def target(self):
        path = self.path
        for parameter in self.parameters:
            if parameter["in"] == "path":
                path = path.replace("{%s}" % parameter["name"], parameter["example"])
        return path

    def queryNames(self):
        return {parameter["name"] for parameter in self.parameters if parameter["in"] == "query"}

    def body(self):
        """(content type, bytes) of each kind of body that it takes."""
        for kind, content in self.content.items():
            example = content["example"]
            yield kind, (example if isinstance(example, str) else json.dumps(example)).encode()

    def __str__(self):
        return f"{self.method} {self.path}"


OPERATIONS = [Operation(method, path, item) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item]


def listed(admin):
    """(method, path, query names, role, summary) of every operation of the program."""
    for method, pattern, role, text in HELP.findall(admin.get("/help", role="viewer").body.decode()):
        path, _, query = pattern.partition("?")
        yield method, path, frozenset(name.rstrip("=") for name in query.split("&") if name), role, text


class Document(Case):
    """The document by itself."""

    def test_every_reference_leads_somewhere_and_every_schema_is_one(self):
        def walk(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    resolved(node)
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(DOCUMENT)
        for name, schema in DOCUMENT["components"]["schemas"].items():
            with self.subTest(name):
                jsonschema.Draft202012Validator.check_schema(schema)

    def test_operations_have_one_id_each_and_declare_what_their_paths_hold(self):
        ids = [operation.spec["operationId"] for operation in OPERATIONS]
        self.assertEqual(len(ids), len(set(ids)))
        for operation in OPERATIONS:
            with self.subTest(str(operation)):
                inPath = {parameter["name"] for parameter in operation.parameters if parameter["in"] == "path"}
                self.assertEqual(inPath, set(re.findall(r"\{(\w+)\}", operation.path)))

    def test_examples_are_what_their_schemas_say(self):
        for operation in OPERATIONS:
            for content in operation.content.values():
                with self.subTest(str(operation)):
                    self.assertEqual(errors(content["schema"], content["example"]), [])


def errors(schema, value):
    whole = {**schema, "components": DOCUMENT["components"]}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(value)]


class Contract(Case):
    def setUp(self):
        super().setUp()
        # The backend of the examples. No request is ever sent to it.
        self.running = self.headgate(config(["127.0.0.1:8081"], admin={"tokens": tokens()}, storage={"memory": {}}))
        self.admin = Admin(self.running, "admin")
        self.seen = {}

    def checked(self, operation, response):
        """The response, which must be one that the document describes."""
        status = str(response.status)
        described = operation.spec["responses"].get(status)
        if described is None and status in DOCUMENT["x-everywhere"]:
            described = DOCUMENT["components"]["responses"]["Problem"]
        self.assertIsNotNone(described, f"{operation} answered {status}, which is not described: {response.body[:500]!r}")
        described = resolved(described)
        for name in described.get("headers", {}):
            value = response.get(name)
            if value is not None:
                self.assertEqual(errors(resolved(described["headers"][name])["schema"], value), [], name)
        content = described.get("content")
        if content is None:
            self.assertEqual((response.body, response.get("content-type")), (b"", None), str(operation))
        else:
            kind = response.get("content-type").split(";")[0]
            self.assertIn(kind, content, str(operation))
            value = response.json() if kind == "application/json" else response.body.decode()
            self.assertEqual(errors(content[kind]["schema"], value), [], f"{operation}: {value}")
        self.seen.setdefault(str(operation), set()).add(status)
        return response

    def call(self, operation, target=None, **options):
        return self.checked(operation, self.admin.call(operation.method, target or operation.target(), **options))

    def prepare(self):
        self.admin.call("PUT", "/clients/user1", json={"capacity": 10, "rate_per_sec": 1})
        self.admin.call("PUT", "/clients/older1", json={"capacity": 10, "rate_per_sec": 1})

    def test_the_table_of_routes_is_the_document(self):
        program = {(method, path, query, role, text) for method, path, query, role, text in listed(self.admin)}
        document = {(each.method, each.path, frozenset(each.queryNames()), each.role, each.spec["summary"]) for each in OPERATIONS}
        self.assertEqual(program, document)

    def test_the_manual_lists_the_same(self):
        page = (environment.ROOT / "docs/admin.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| (GET|PUT|POST|DELETE|PATCH) \| `([^`?]+)(?:\?[^`]*)?` \| (\w+) \| ([^|]+) \|$", page, re.M)
        self.assertEqual(sorted((method, path, role, text.strip()) for method, path, role, text in rows),
                         sorted((method, path, role, text) for method, path, _, role, text in listed(self.admin)))

    def test_it_is_served_as_json(self):
        self.assertEqual(self.admin.get("/openapi.json").json(), DOCUMENT)

    def test_every_operation_answers_as_described(self):
        for operation in OPERATIONS:
            with self.subTest(str(operation)):
                bodies = list(operation.body()) or [(None, None)]
                for kind, body in bodies:
                    self.prepare()
                    if operation.spec["operationId"].startswith("createClient"):
                        self.admin.call("DELETE", operation.path + "/" + json.loads(body)["id" if operation.path == "/client" else "client_id"])
                    response = self.call(operation, body=body, contentType=kind)
                    self.assertLess(response.status, 300, response.body)

    def test_every_described_success_is_given(self):
        create, put, remove = (next(each for each in OPERATIONS if each.spec["operationId"] == name) for name in ("createClient", "putClient", "deleteClient"))
        self.assertEqual(self.call(create, json={"client_id": "n", "capacity": 1, "rate_per_sec": 1}).status, 201)
        self.assertEqual(self.call(create, json={"client_id": "n", "capacity": 1, "rate_per_sec": 1}).status, 200)
        self.assertEqual(self.call(create, json={"client_id": "n", "capacity": 2, "rate_per_sec": 1}).status, 409)
        self.assertEqual(self.call(create, json={"capacity": 2, "rate_per_sec": 1}).status, 201)
        self.assertEqual(self.call(put, "/clients/p", json={"capacity": 2, "rate_per_sec": 1}).status, 201)
        self.assertEqual(self.call(put, "/clients/p", json={"capacity": 3, "rate_per_sec": 1}).status, 200)
        for operation in (put, remove):
            self.assertEqual(self.call(operation, "/clients/p", json={"capacity": 3, "rate_per_sec": 1} if operation is put else None,
                                       fields=['If-Match: "999999"']).status, 412)

    def test_clusters_are_described_as_a_document_too(self):
        clusters = next(each for each in OPERATIONS if each.spec["operationId"] == "clusters")
        answer = self.call(clusters, "/clusters?format=json")
        self.assertEqual(answer.get("content-type"), "application/json")
        self.assertEqual(answer.json()["clusters"][0]["hosts"][0]["address"], "127.0.0.1:8081")

    def test_every_operation_refuses_in_the_described_way(self):
        for operation in OPERATIONS:
            with self.subTest(str(operation)):
                public = operation.role == "public"
                body = next(operation.body(), (None, None))
                sent = {"body": body[1], "contentType": body[0]}
                anonymous = self.call(operation, role="nobody-has-this-one", fields=["Authorization: none"], **sent)
                self.assertEqual(anonymous.status, 200 if public else 401)
                if operation.role in ROLES[1:]:
                    below = ROLES[ROLES.index(operation.role) - 1]
                    self.assertEqual(self.call(operation, role=below, **sent).status, 403)
                self.assertEqual(self.call(operation, operation.target() + "?colour=blue", **sent).status, 400)
                self.assertEqual(self.call(operation, fields=["Origin: http://evil.example"], **sent).status, 403)
                if not operation.content:
                    self.assertEqual(self.call(operation, body=b"{}").status, 400)
                    continue
                self.assertEqual(self.call(operation, body=body[1], contentType="text/plain").status, 415)
                for bad in (b"", b"{", b"[]", b'{"capacity":1,"capacity":2}', b'{"a":' * 100, b"\xff", b'"x"'):
                    if bad or not operation.path.endswith("/batch"):
                        self.assertEqual(self.call(operation, body=bad, contentType=body[0]).status, 400, bad)

    def test_verbs_that_are_not_described_are_not_there(self):
        for path, item in DOCUMENT["paths"].items():
            operations = [each for each in OPERATIONS if each.path == path]
            for method in ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"):
                if method.lower() not in item:
                    with self.subTest(f"{method} {path}"):
                        response = self.admin.call(method, operations[0].target())
                        self.assertEqual(response.status, 405)
                        allowed = {word for word in response.get("allow").split(", ") if word != "HEAD"}
                        self.assertEqual(allowed, {each.method for each in operations})

    def test_roles_are_those_of_the_tokens(self):
        self.assertEqual(set(TOKENS), set(ROLES))
