"""Clients and their limits over REST: what is accepted, what it does, and what is refused with which words."""

import json
import urllib.parse

from support import environment
from support.admin import Admin, adminAddress
from support.backend import answering
from support.case import Case, eventually
from support.client import Client
from support.headgate import config

GOOD = {"capacity": 10, "rate_per_sec": 1}


class ClientsCase(Case):
    def setUp(self):
        super().setUp()
        self.backend = self.rawBackend(answering())
        self.running = self.headgate(config([self.backend], storage={"memory": {}}, **self.parts()))
        self.admin = Admin(self.running)

    def parts(self):
        return {}

    def assertProblem(self, response, status, reason, pointers=None):
        self.assertEqual(response.status, status, response.body)
        problem = response.json()
        self.assertEqual((problem["code"], problem["reason"]), (status, reason), problem)
        if pointers is not None:
            self.assertEqual([fault["pointer"] for fault in problem["errors"]], pointers, problem)
        return problem

    def put(self, id="user1", **fields):
        response = self.admin.call("PUT", "/clients/" + urllib.parse.quote(id, safe=""), json={**GOOD, **fields})
        self.assertIn(response.status, (200, 201), response.body)
        return response

    def get(self, id="user1"):
        return self.admin.get("/clients/" + urllib.parse.quote(id, safe=""))


class Clients(ClientsCase):
    def test_add_read_change_remove(self):
        created = self.admin.call("POST", "/clients", json={"client_id": "user1", "capacity": 100, "rate_per_sec": 10})
        self.assertEqual((created.status, created.get("location")), (201, "/clients/user1"))
        client = self.get().json()
        self.assertEqual({key: client[key] for key in ("client_id", "capacity", "rate_per_sec", "mode", "labels", "source")},
                         {"client_id": "user1", "capacity": 100, "rate_per_sec": 10, "mode": "enforce", "labels": {}, "source": "store"})
        self.assertEqual((client["bucket"]["tokens"], client["bucket"]["allowed_total"], client["bucket"]["last_seen"]), (100, 0, None))
        self.assertEqual(client["created_at"], client["updated_at"])
        patched = self.admin.call("PATCH", "/clients/user1", json={"capacity": 50, "labels": {"plan": "gold"}}).json()
        self.assertEqual((patched["capacity"], patched["rate_per_sec"], patched["labels"]), (50, 10, {"plan": "gold"}))
        self.assertGreater(patched["revision"], client["revision"])
        replaced = self.put(mode="shadow").json()
        self.assertEqual((replaced["capacity"], replaced["mode"], replaced["labels"]), (10, "shadow", {}))
        self.assertEqual(self.admin.call("DELETE", "/clients/user1").status, 204)
        self.assertProblem(self.admin.call("DELETE", "/clients/user1"), 404, "client_not_found")
        self.assertEqual(self.get().json()["source"], "default")  # its bucket is still there

    def test_what_nobody_knows_is_not_found(self):
        self.assertProblem(self.get("nobody"), 404, "client_not_found")
        self.assertProblem(self.admin.call("PATCH", "/clients/nobody", json={}), 404, "client_not_found")
        self.assertProblem(self.admin.call("POST", "/clients/nobody/reset"), 404, "client_not_found")

    def test_adding_again_is_the_same_or_a_conflict(self):
        body = {"client_id": "user1", **GOOD}
        first = self.admin.call("POST", "/clients", json=body)
        again = self.admin.call("POST", "/clients", json=body)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(first.json()["revision"], again.json()["revision"])
        self.assertProblem(self.admin.call("POST", "/clients", json={**body, "capacity": 11}), 409, "client_exists")
        self.assertEqual(self.get().json()["capacity"], 10)

    def test_an_id_is_made_where_none_is_given(self):
        made = [self.admin.call("POST", "/clients", json=GOOD) for _ in range(2)]
        ids = [response.json()["client_id"] for response in made]
        self.assertNotEqual(*ids)
        self.assertEqual([response.get("location") for response in made], [f"/clients/{id}" for id in ids])

    def test_changes_depend_on_the_entity_tag_if_asked(self):
        tag = self.put().get("etag")
        self.assertEqual(self.get().get("etag"), tag)
        newer = self.admin.call("PUT", "/clients/user1", json={**GOOD, "capacity": 20}, fields=[f"If-Match: {tag}"])
        self.assertEqual(newer.status, 200)
        for method, body in (("PUT", GOOD), ("PATCH", {"capacity": 1}), ("DELETE", None)):
            refused = self.admin.call(method, "/clients/user1", json=body, fields=[f"If-Match: {tag}"])
            self.assertProblem(refused, 412, "stale")
            self.assertEqual(refused.get("etag"), newer.get("etag"))
        for condition in (f"W/{newer.get('etag')}", "nonsense", '"', '""', '"18446744073709551616"'):
            self.assertProblem(self.admin.call("DELETE", "/clients/user1", fields=[f"If-Match: {condition}"]), 412, "stale")
        self.assertEqual(self.admin.call("PATCH", "/clients/user1", json={"capacity": 3}, fields=["If-Match: *"]).status, 200)
        self.assertEqual(self.admin.call("DELETE", "/clients/user1", fields=[f'If-Match: "1", {self.get().get("etag")}']).status, 204)
        self.assertProblem(self.admin.call("PUT", "/clients/user1", json=GOOD, fields=["If-Match: *"]), 412, "stale")

    def test_ids_hold_any_printable_character_and_travel_encoded(self):
        for id in ("a/b", "a%2Fb", "100%", "a b", "?x=1#y", "ip:203.0.113.7", "ip:2001:db8:1:2::/64", "~" * 256, "...", "a..b", "reset", "\\\"'"):
            with self.subTest(id):
                created = self.put(id)
                self.assertEqual((created.status, created.json()["client_id"]), (201, id))
                self.assertEqual(self.get(id).json()["client_id"], id)
                self.assertEqual(self.admin.call("POST", f"/clients/{urllib.parse.quote(id, safe='')}/reset").status, 200)
                self.assertEqual(self.admin.call("DELETE", created.get("location")).status, 204)

    def test_bad_ids_in_paths_are_refused(self):
        for segment in ("%2e", "%2E%2E", "%00", "%7f", "%0a", "%c3%a4", "a" * 257, "%20a", "ip:nonsense", "ip:203.0.113.007"):
            with self.subTest(segment):
                response = self.admin.call("PUT", f"/clients/{segment}", json=GOOD)
                self.assertEqual(response.status, 400, response.body)
        for path, status in (("/clients/a/b", 404), ("/clients/", 404), ("/clients//reset", 404), ("/clients/batch", 405), ("/clients/export", 405),
                             ("/clients/%62atch", 405), ("/clients/..", 400), ("/clients/a/../b", 404), ("/clients/%zz", 400), ("/clients/%", 400)):
            with self.subTest(path):
                self.assertEqual(self.admin.call("PUT", path, json=GOOD).status, status)
        self.assertEqual(self.admin.get("/clients").json()["clients"], [])

    def test_the_list_comes_in_pages_in_the_order_of_ids(self):
        ids = sorted(f"user{number}" for number in range(25)) + ["zebra"]
        for id in reversed(ids):
            self.put(id)
        found, cursor, pages = [], "", 0
        while cursor is not None:
            page = self.admin.get(f"/clients?limit=10&cursor={cursor}").json()
            found += [client["client_id"] for client in page["clients"]]
            cursor, pages = page["next_cursor"], pages + 1
        self.assertEqual((found, pages), (ids, 3))
        self.assertEqual([client["client_id"] for client in self.admin.get("/clients?prefix=ze").json()["clients"]], ["zebra"])
        self.assertEqual(self.admin.get("/clients?prefix=nobody").json(), {"clients": [], "next_cursor": None})
        exact = self.admin.get(f"/clients?limit={len(ids)}").json()
        self.assertEqual((len(exact["clients"]), exact["next_cursor"]), (len(ids), None))
        for query in ("limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1e2", "cursor=!", "cursor=A", "limit=1&limit=2", "offset=1", "prefix=%"):
            self.assertIn(self.admin.get(f"/clients?{query}").status, (400,), query)

    def test_older_names(self):
        created = self.admin.call("POST", "/client", json={"id": "old", "capacity": 5, "refill_rate": 2})
        self.assertEqual((created.status, created.get("location")), (201, "/client/old"))
        self.assertEqual((created.json()["id"], created.json()["refill_rate"]), ("old", 2))
        self.assertEqual(self.get("old").json()["rate_per_sec"], 2)
        self.assertEqual(self.admin.call("PATCH", "/client/old", json={"refill_rate": 3}).json()["refill_rate"], 3)
        self.assertEqual(self.admin.get("/client").json()["clients"][0]["id"], "old")
        self.assertProblem(self.admin.call("POST", "/client", json={"client_id": "x", "capacity": 5, "rate_per_sec": 2}), 400, "invalid_body",
                           ["/refill_rate", "/client_id", "/rate_per_sec"])
        self.assertEqual(self.admin.call("DELETE", "/client/old").status, 204)

    def test_each_change_leaves_an_audit_line(self):
        self.put(capacity=10)
        self.admin.call("PATCH", "/clients/user1", json={"capacity": 20})
        self.admin.call("DELETE", "/clients/user1")
        self.admin.call("PUT", "/clients/user1", json={"capacity": 0})
        audit = self.admin.get("/audit").json()
        self.assertEqual([(entry["method"], entry["status"]) for entry in audit["entries"]], [("PUT", 400), ("DELETE", 204), ("PATCH", 200), ("PUT", 201)])
        self.assertEqual(audit["entries"][2]["note"], "capacity 10 -> 20")
        self.running.waitFor(r'audit PATCH /clients/user1 200 by "anonymous" \(admin\) from 127\.0\.0\.1:\d+: capacity 10 -> 20$')

    def test_facts_about_limits(self):
        self.put()
        facts = self.admin.get("/limits").json()
        self.assertEqual((facts["default"], facts["clients"], facts["unknown_clients"]), ({"capacity": 100, "rate_per_sec": 50}, 1, "own_bucket"))
        self.assertEqual(facts["client_key"], [{"header": "x-client-id"}, "remote_address"])
        self.assertEqual((facts["store"]["kind"], facts["store"]["connected"], facts["table"]["records"]), ("memory", True, 1))
        for query in ("by=colour", "n=0", "n=1001", "n=x"):
            self.assertProblem(self.admin.get(f"/limits/top?{query}"), 400, "invalid_query")


class Bodies(ClientsCase):
    """Every field wrong in every way; nothing is applied, and the answer names the field."""

    def refused(self, body, pointers, path="/clients/user1", method="PUT"):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.admin.call(method, path, body=text)
        return self.assertProblem(response, 400, "invalid_body", pointers)

    def test_wrong_values_are_named(self):
        wrong = {
            "capacity": [0, 0.5, -1, 1e9 + 1, 1e300, "10", None, True, [], {}, [10]],
            "rate_per_sec": [-1, -0.001, 1e9 + 1, "1", None, False, [], {}],
            "mode": ["Enforce", "", "none", 1, None, [], {}, "enforce\u0000"],
            "labels": [[], "x", 1, None, True],
            "client_id": ["user2", "", 1, None, [], {}, "user1\u0000", "\u00e4", "."],
        }
        for field, values in wrong.items():
            for value in values:
                with self.subTest(field=field, value=value):
                    self.refused({**GOOD, field: value}, [f"/{field}"])
        self.assertEqual(self.admin.get("/clients").json()["clients"], [])

    def test_wrong_labels_are_named(self):
        self.refused({**GOOD, "labels": {"a": 1, "b": None, "c": []}}, ["/labels/a", "/labels/b", "/labels/c"])
        for labels in ({"": "x"}, {"k" * 64: "x"}, {"k": "x" * 257}, {"k": "\u0001"}, {f"k{number}": "x" for number in range(33)}):
            with self.subTest(labels=str(labels)[:40]):
                response = self.admin.call("PUT", "/clients/user1", json={**GOOD, "labels": labels})
                self.assertEqual(response.status, 400, response.body)
        self.assertEqual(self.put(labels={"k" * 63: "x" * 256, "\u00e4": "\u20ac"}).json()["labels"], {"k" * 63: "x" * 256, "\u00e4": "\u20ac"})

    def test_missing_and_unknown_fields_are_named_all_at_once(self):
        self.refused({}, ["/capacity", "/rate_per_sec"])
        problem = self.refused({"capcity": 1, "rate_per_sec": 1, "x": 1}, ["/capacity", "/capcity", "/x"])
        self.assertIn('did you mean "capacity"?', problem["errors"][1]["message"])
        self.refused({"capacity": "a", "rate_per_sec": "b", "mode": "c"}, ["/capacity", "/rate_per_sec", "/mode"])

    def test_a_bucket_that_would_not_fill_in_a_lifetime_is_refused(self):
        self.refused({"capacity": 1e9, "rate_per_sec": 0.5}, ["/rate_per_sec"])
        self.assertEqual(self.put(capacity=1e9, rate_per_sec=1).status, 201)
        self.assertProblem(self.admin.call("PATCH", "/clients/user1", json={"rate_per_sec": 0.5}), 400, "invalid_body", ["/rate_per_sec"])
        self.assertEqual(self.put(capacity=1e9, rate_per_sec=0).status, 200)

    def test_the_edges_are_taken(self):
        for capacity, rate in ((1, 0), (1e9, 1e9), (1.5, 0.001), (1, 1e-9)):
            client = self.put(capacity=capacity, rate_per_sec=rate).json()
            self.assertEqual((client["capacity"], client["rate_per_sec"]), (capacity, rate))

    def test_no_json_at_all(self):
        for body in (b"NaN", b'{"capacity":NaN,"rate_per_sec":1}', b'{"capacity":1e400,"rate_per_sec":1}', b'{"capacity":-Infinity,"rate_per_sec":1}',
                     b'{"capacity":1,"capacity":2,"rate_per_sec":1}', b'{"capacity":1,"rate_per_sec":1}x', b"{'capacity':1}", b'{"capacity":01,"rate_per_sec":1}',
                     b'{"capacity":+1}', b'{"capacity":1,}', b'{"capacity":1 /* */}', b'{"\xff":1}', b'{"mode":"\xc3\x28"}', b'{"mode":"\\ud800"}', b"\x00", b"{", b"",
                     b"[" * 65, b"[" * (1 << 20), b'{"a":' * 200_000, b'"' + b"a" * 1000):
            with self.subTest(body[:30]):
                self.assertProblem(self.admin.call("PUT", "/clients/user1", body=body), 400, "invalid_body")
        self.assertEqual(self.admin.get("/clients").json()["clients"], [])

    def test_other_kinds_of_documents(self):
        for body in (b"[]", b"1", b'"x"', b"null", b"true"):
            for method in ("PUT", "PATCH"):
                self.refused(body, [""], method=method)

    def test_bodies_over_a_mebibyte_are_refused(self):
        padded = json.dumps(GOOD).encode()
        self.assertEqual(self.admin.call("PUT", "/clients/user1", body=padded + b" " * ((1 << 20) - len(padded))).status, 201)
        self.assertProblem(self.admin.call("PUT", "/clients/user1", body=padded + b" " * (1 << 20)), 413, "body_too_large")
        with Client(adminAddress(self.running)) as client:
            client.send(b"PUT /clients/user1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send(b"80000\r\n" + b" " * 0x80000 + b"\r\n")
            client.send(b"80001\r\n" + b" " * 0x80001 + b"\r\n")
            self.assertProblem(client.readResponse(), 413, "body_too_large")

    def test_a_truncated_body_changes_nothing(self):
        with Client(adminAddress(self.running)) as client:
            client.send(b'PUT /clients/user1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"capacity":1,').finish()
            client.readAll()
        with Client(adminAddress(self.running)) as client:
            client.send(b"PUT /clients/user1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            self.assertEqual(client.readResponse().status, 400)
        self.assertEqual(self.admin.get("/clients").json()["clients"], [])

    def test_a_body_that_drips_is_taken_and_waits_for_100_continue(self):
        body = json.dumps(GOOD).encode()
        with Client(adminAddress(self.running)) as client:
            client.send(b"PUT /clients/user1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            self.assertEqual(client.readResponse(informational=True).status, 100)
            for byte in body:
                client.send(bytes([byte]))
            self.assertEqual(client.readResponse().status, 201)

    def test_other_types_of_bodies_are_refused(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""):
            response = self.admin.call("PUT", "/clients/user1", body=b"{}", contentType=kind or "x")
            self.assertProblem(response, 415, "unsupported_media_type")
        self.assertProblem(self.admin.call("PUT", "/clients/user1", body=b"{}", fields=["Content-Encoding: gzip"]), 415, "unsupported_media_type")
        self.assertEqual(self.admin.call("PUT", "/clients/user1", body=json.dumps(GOOD).encode(), contentType='Application/JSON; charset="utf-8"').status, 201)
        self.assertProblem(self.admin.call("PUT", "/clients/user1", body=b"{}", contentType="application/merge-patch+json"), 415, "unsupported_media_type")

    def test_merge_patch(self):
        self.put(labels={"a": "1", "b": "2"}, mode="shadow")
        patch = lambda body: self.admin.call("PATCH", "/clients/user1", json=body, contentType="application/merge-patch+json").json()  # noqa: E731
        self.assertEqual(patch({"labels": {"a": None, "c": "3"}})["labels"], {"b": "2", "c": "3"})
        self.assertEqual(patch({"mode": None})["mode"], "enforce")
        self.assertEqual(patch({"labels": None})["labels"], {})
        before = self.get().json()["revision"]
        self.assertEqual(patch({})["revision"], before)
        self.assertEqual(patch({"client_id": "user1"})["revision"], before)
        for field in ("capacity", "rate_per_sec"):
            self.refused({field: None}, [f"/{field}"], method="PATCH")
        self.refused({"client_id": "other"}, ["/client_id"], method="PATCH")
        self.refused({"labels": {"x": 1}}, ["/labels/x"], method="PATCH")


class Batches(ClientsCase):
    def batch(self, lines, query="", **options):
        text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
        return self.admin.call("POST", f"/clients/batch{query}", body=text, contentType="application/x-ndjson", **options)

    def line(self, number, **fields):
        return {"client_id": f"user{number:06}", **GOOD, **fields}

    def test_adds_and_changes_many_and_says_how_many(self):
        self.put("user000001")
        self.put("user000002", capacity=99)
        counts = self.batch([self.line(number) for number in range(1, 6)]).json()
        self.assertEqual(counts, {"dry_run": False, "created": 3, "updated": 1, "unchanged": 1})
        self.assertEqual(self.get("user000002").json()["capacity"], 10)

    def test_a_dry_run_tells_the_difference_and_changes_nothing(self):
        self.put("user000001")
        self.put("user000002", capacity=99)
        result = self.batch([self.line(1), self.line(2), self.line(3)], "?dry_run=1").json()
        self.assertEqual([(change["client_id"], change["action"]) for change in result["changes"]], [("user000002", "update"), ("user000003", "create")])
        self.assertEqual((result["changes"][0]["before"]["capacity"], result["changes"][0]["after"]["capacity"], result["changes"][1]["before"]), (99, 10, None))
        self.assertEqual((result["dry_run"], result["created"], result["updated"], result["unchanged"]), (True, 1, 1, 1))
        self.assertEqual(self.get("user000002").json()["capacity"], 99)
        self.assertEqual(len(self.admin.get("/clients").json()["clients"]), 2)
        self.assertProblem(self.batch([self.line(1)], "?dry_run=maybe"), 400, "invalid_query")

    def test_one_bad_line_of_many_leaves_nothing_and_is_named(self):
        count = 5_000 if environment.slow() else 100_000
        lines = [self.line(number) for number in range(count)]
        lines[count // 2]["capacity"] = 0
        problem = self.assertProblem(self.batch(lines), 400, "invalid_body")
        self.assertEqual([(fault["line"], fault["pointer"]) for fault in problem["errors"]], [(count // 2 + 1, "/capacity")])
        self.assertTrue(problem["message"].startswith(f"nothing was applied; line {count // 2 + 1}: /capacity: "), problem["message"])
        self.assertEqual(self.admin.get("/clients").json()["clients"], [])

    def test_mistakes_of_all_lines_come_at_once(self):
        problem = self.assertProblem(self.batch([self.line(1), b"{", b"", {"client_id": "x"}, self.line(1), {**self.line(2), "mode": "?"}]), 400, "invalid_body")
        self.assertEqual([(fault["line"], fault["pointer"]) for fault in problem["errors"]], [(2, ""), (4, "/capacity"), (4, "/rate_per_sec"), (6, "/mode")])
        problem = self.assertProblem(self.batch([self.line(1), self.line(2), self.line(1)]), 400, "invalid_body")
        self.assertEqual([(fault["line"], fault["pointer"]) for fault in problem["errors"]], [(3, "/client_id")])
        many = self.assertProblem(self.batch([b"x"] * 1000), 400, "invalid_body")
        self.assertEqual(len(many["errors"]), 100)
        self.assertIn("(and 999 more)", many["message"])

    def test_lines_may_end_in_any_way(self):
        text = json.dumps(self.line(1)) + "\r\n\n  \n" + json.dumps(self.line(2))
        response = self.admin.call("POST", "/clients/batch", body=text.encode(), contentType="application/x-ndjson")
        self.assertEqual(response.json()["created"], 2)
        self.assertEqual(self.admin.call("POST", "/clients/batch", body=b"", contentType="application/x-ndjson").json()["created"], 0)

    def test_a_line_has_a_bound(self):
        self.assertProblem(self.batch([self.line(1), b"[" * (1 << 20)]), 413, "body_too_large", [""])
        self.assertProblem(self.batch([b" " * 100 + b'{"labels":"' + b"a" * 70_000 + b'"}']), 413, "body_too_large")
        self.assertEqual(self.admin.get("/clients").json()["clients"], [])

    def test_a_batch_over_its_bound_is_refused_before_it_is_read(self):
        with Client(adminAddress(self.running)) as client:
            client.send(b"POST /clients/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % ((64 << 20) + 1))
            self.assertProblem(client.readResponse(), 413, "body_too_large")

    def test_one_at_a_time(self):
        with Client(adminAddress(self.running)) as first:
            first.send(b"POST /clients/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
            first.readResponse(informational=True)
            busy = self.batch([self.line(1)])
            self.assertProblem(busy, 503, "busy")
            self.assertEqual(busy.get("retry-after"), "1")
        eventually(lambda: self.batch([self.line(1)]).status == 200, "the first one has gone")

    def test_an_export_can_be_imported(self):
        count = 2_000 if environment.slow() else 20_000
        self.assertEqual(self.batch([self.line(number, labels={"n": str(number)}) for number in range(count)]).json()["created"], count)
        exported = self.admin.get("/clients/export")
        self.assertEqual(exported.get("content-type"), "application/x-ndjson")
        lines = exported.body.splitlines()
        self.assertEqual([json.loads(line)["client_id"] for line in lines], [f"user{number:06}" for number in range(count)])
        again = self.admin.call("POST", "/clients/batch", body=exported.body, contentType="application/x-ndjson").json()
        self.assertEqual(again["unchanged"], count)
        few = self.admin.get("/clients/export?prefix=user00000").body.splitlines()
        self.assertEqual(len(few), 10)

    def test_an_export_that_nobody_takes_holds_up_nobody(self):
        self.batch([self.line(number, labels={"padding": "x" * 250}) for number in range(5_000)])
        with Client(adminAddress(self.running), receiveBuffer=4096) as slow:
            slow.send(b"GET /clients/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.readUntil(b"\r\n\r\n")
            memory = self.running.residentBytes()
            for _ in range(20):
                self.assertEqual(self.admin.get("/ready").status, 200)
            # A sanitizer keeps what was freed for a while.
            self.assertLess(self.running.residentBytes() - memory, (64 if environment.slow() else 4) << 20)


class InForce(ClientsCase):
    """A write is answered when every worker decides by it."""

    def parts(self):
        return {"workers": 2, "listener": {"filters": [{"name": "ratelimit"}, {"name": "router"}]}}

    def request(self, id="user1"):
        with Client(self.running.address()) as client:
            return client.get(fields=[f"X-Client-ID: {id}"])

    def test_a_limit_is_in_force_when_its_answer_is_there(self):
        self.put(capacity=3, rate_per_sec=0)
        self.assertEqual([self.request().status for _ in range(5)], [200, 200, 200, 429, 429])
        bucket = self.get().json()["bucket"]
        self.assertEqual((bucket["tokens"], bucket["allowed_total"], bucket["denied_total"], bucket["retry_after_s"]), (0, 3, 2, None))
        self.admin.call("POST", "/clients/user1/reset")
        self.assertEqual([self.request().status for _ in range(4)], [200, 200, 200, 429])
        for mode, status in (("shadow", 200), ("block", 403), ("off", 200), ("enforce", 429)):
            self.admin.call("PATCH", "/clients/user1", json={"mode": mode})
            self.assertEqual([self.request().status for _ in range(4)], [status] * 4, mode)

    def test_a_client_without_a_record_shows_its_bucket(self):
        self.request("stranger")
        client = self.get("stranger").json()
        self.assertEqual((client["source"], client["capacity"], client["bucket"]["allowed_total"]), ("default", 100, 1))
        self.assertNotIn("revision", client)
        self.assertIsNone(self.get("stranger").get("etag"))

    def test_who_is_refused_most(self):
        for id, requests in (("much", 5), ("little", 2)):
            self.put(id, capacity=1, rate_per_sec=0)
            for _ in range(requests):
                self.request(id)
        top = self.admin.get("/limits/top").json()
        self.assertEqual([(client["client_id"], client["bucket"]["denied_total"]) for client in top["clients"]], [("much", 4), ("little", 1)])
        self.assertEqual(len(self.admin.get("/limits/top?by=near_limit&n=1").json()["clients"]), 1)
        self.assertEqual(self.admin.get("/limits/top?by=allowed").json()["by"], "allowed")
