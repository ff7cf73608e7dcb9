"""The admin listener: who may ask it what, and what it says of the process."""

import re
import signal
import threading

from support.admin import TOKENS, Admin, adminAddress, tokens
from support.backend import answering
from support.case import Case, eventually
from support.client import Client
from support.command import headgateWith
from support.headgate import config


class AdminCase(Case):
    def admin(self, role=None, **parts):
        """The admin listener of a headgate before one backend."""
        self.running = self.proxy(answering(), **parts)
        return Admin(self.running, role)

    def assertProblem(self, response, status, reason):
        self.assertEqual((response.status, response.get("content-type")), (status, "application/json"), response.body)
        problem = response.json()
        self.assertEqual((problem["code"], problem["reason"]), (status, reason))
        self.assertTrue(problem["message"])
        return problem


class AdminListener(AdminCase):
    def test_tells_that_it_lives_and_is_ready(self):
        admin = self.admin()
        self.assertEqual(admin.get("/live").json(), {"status": "live"})
        self.assertEqual(admin.get("/ready").json(), {"status": "ready"})

    def test_tells_what_runs(self):
        info = self.admin(node="edge-1").get("/server_info").json()
        self.assertEqual((info["state"], info["node"], info["workers"], info["pid"]), ("LIVE", "edge-1", 1, self.running.pid))
        self.assertEqual([listener["name"] for listener in info["listeners"]], ["main"])
        self.assertEqual(info["listeners"][0]["address"], "%s:%d" % self.running.address())

    def test_counts_requests(self):
        admin = self.admin()
        self.client(self.running).get()
        eventually(lambda: b"http.main.downstream_rq_2xx: 1\n" in admin.get("/stats").body, "one request is counted")

    def test_lists_every_operation(self):
        text = self.admin().get("/help").body.decode()
        self.assertRegex(text, r"(?m)^GET +/ready +public ")
        self.assertEqual(text, self.get_root())

    def get_root(self):
        return Admin(self.running).get("/").body.decode()

    def test_is_not_ready_while_it_drains_and_says_so(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def script(exchange):
            exchange.readHead()
            release.wait(30)
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        headgate = self.proxy(script)
        admin = Admin(headgate)
        client = self.client(headgate).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(lambda: self.backend.connections, "the request is at the backend")
        headgate.signal(signal.SIGTERM)
        headgate.waitFor("draining")
        self.assertProblem(admin.get("/ready"), 503, "draining")
        self.assertEqual(admin.get("/live").status, 200)
        self.assertEqual(admin.get("/server_info").json()["state"], "DRAINING")
        release.set()
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(headgate.wait(), 0)

    def test_unknown_paths_and_verbs(self):
        admin = self.admin()
        self.assertProblem(admin.get("/nothing"), 404, "not_found")
        self.assertProblem(admin.get("/live/"), 404, "not_found")
        self.assertProblem(admin.get("/live/more"), 404, "not_found")
        wrong = admin.call("DELETE", "/live")
        self.assertProblem(wrong, 405, "method_not_allowed")
        self.assertEqual(wrong.get("allow"), "GET, HEAD")
        self.assertProblem(admin.call("OPTIONS", "/live"), 405, "method_not_allowed")
        self.assertProblem(admin.call("BREW", "/live"), 405, "method_not_allowed")

    def test_head_is_get_without_its_body(self):
        admin = self.admin()
        head, get = admin.call("HEAD", "/live"), admin.get("/live")
        self.assertEqual((head.status, head.body, head.get("content-length")), (200, b"", get.get("content-length")))

    def test_unknown_query_parameters_are_refused_by_name(self):
        problem = self.assertProblem(self.admin().get("/live?verbose=1"), 400, "invalid_query")
        self.assertIn('"verbose"', problem["message"])

    def test_takes_no_body_where_none_is_expected(self):
        self.assertProblem(self.admin().call("GET", "/live", body=b"{}"), 400, "invalid_body")

    def test_malformed_requests_are_answered_as_json(self):
        with Client(adminAddress(self.admin() and self.running)) as client:
            self.assertProblem(client.send(b"GET /live HTTP/1.1\r\n\r\n").readResponse(), 400, "bad_request")

    def test_a_path_is_taken_apart_before_it_is_decoded(self):
        admin = self.admin()
        self.assertEqual(admin.get("/%6Cive").status, 200)
        self.assertProblem(admin.get("/live%2F"), 404, "not_found")
        self.assertProblem(admin.get("/%2Flive"), 404, "not_found")
        self.assertProblem(admin.get("/x/../live"), 404, "not_found")
        self.assertProblem(admin.get("/%2e%2e/live"), 400, "bad_request")
        self.assertProblem(admin.get("/live?a=%zz"), 400, "bad_request")
        self.assertProblem(admin.get("/" + "x" * 50000), 404, "not_found")
        self.assertProblem(admin.get("/" + "x" * 70000), 414, "uri_too_long")

    def test_answers_many_requests_on_one_connection(self):
        with Client(adminAddress(self.admin() and self.running)) as client:
            client.send(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
            self.assertEqual([client.readResponse().status for _ in range(50)], [200] * 50)

    def test_listens_on_a_unix_socket(self):
        path = f"{self.folder}/admin.sock"
        admin = self.admin(admin={"address": f"unix:{path}"})
        self.assertEqual(admin.address, path)
        self.assertEqual(admin.get("/ready", host="whatever").status, 200)

    def test_can_be_turned_off(self):
        headgate = self.proxy(answering(), admin={"address": "off"})
        self.assertNotIn("admin listens", headgate.output)
        self.assertEqual(self.client(headgate).get().status, 200)

    def test_a_second_process_does_not_share_its_address(self):
        self.admin()
        taken = "%s:%d" % adminAddress(self.running)
        outcome = headgateWith(self.folder, {**config(["127.0.0.1:1"]), "admin": {"address": taken}}, environ={"HEADGATE_ADMIN": ""})
        self.assertEqual(outcome.code, 1)
        self.assertRegex(outcome.err, r"the admin listener cannot bind to .*: Address already in use")

    def test_an_address_that_others_reach_needs_tokens(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            with self.subTest(address):
                outcome = headgateWith(self.folder, {**config(["127.0.0.1:1"]), "admin": {"address": address}})
                self.assertEqual(outcome.code, 1)
                self.assertIn("there is no token", outcome.err)
        outcome = headgateWith(self.folder, config(["127.0.0.1:1"]), "--admin", "0.0.0.0:0")
        self.assertEqual(outcome.code, 2)
        self.assertIn("--admin: others than this machine can reach", outcome.err)


class Access(AdminCase):
    def guarded(self, role=None, **admin):
        return self.admin(role, admin={"address": "127.0.0.1:0", "tokens": tokens(), **admin})

    def test_probes_need_no_token_and_everything_else_does(self):
        admin = self.guarded()
        self.assertEqual((admin.get("/live").status, admin.get("/ready").status), (200, 200))
        for path in ("/stats", "/server_info", "/help", "/", "/audit", "/nothing"):
            with self.subTest(path):
                response = admin.get(path)
                self.assertProblem(response, 401, "unauthorized")
                self.assertEqual(response.get("www-authenticate"), 'Bearer realm="headgate"')
        self.assertProblem(admin.call("POST", "/live"), 401, "unauthorized")

    def test_every_role_may_read(self):
        admin = self.guarded()
        for role in TOKENS:
            self.assertEqual(admin.get("/stats", role=role).status, 200, role)

    def test_other_schemes_and_two_credentials_are_no_token(self):
        admin = self.guarded()
        good = f"Bearer {TOKENS['admin']}"
        for fields in (["Authorization: Basic YWRtaW46YWRtaW4="], [f"Authorization: {TOKENS['admin']}"], ["Authorization: Bearer"],
                       [f"Authorization: {good}", f"Authorization: {good}"], [f"X-Authorization: {good}"]):
            self.assertProblem(admin.get("/stats", fields=fields), 401, "unauthorized")
        self.assertEqual(admin.get("/stats", fields=[f"authorization: bEARER   {TOKENS['admin']} "]).status, 200)

    def test_wrong_tokens_lead_to_a_back_off(self):
        admin = self.guarded()
        for _ in range(5):
            self.assertIn('error="invalid_token"', admin.get("/stats", role="not-a-token-of-anybody").get("www-authenticate"))
        refused = admin.get("/stats", role="admin")
        self.assertProblem(refused, 429, "too_many_bad_tokens")
        self.assertGreaterEqual(int(refused.get("retry-after")), 1)
        self.assertEqual(admin.get("/ready").status, 200)
        self.running.waitFor("admin_bad_tokens 127.0.0.1")
        self.assertNotIn("not-a-token-of-anybody", self.running.output)
        eventually(lambda: admin.get("/stats", role="admin").status == 200, "the back-off ends")

    def test_the_token_that_is_printed_in_place_of_one_opens_nothing(self):
        admin = self.guarded(tokens=[{"name": "printed", "token": "[redacted]", "role": "admin"}])
        self.assertProblem(admin.get("/stats", role="[redacted]"), 401, "unauthorized")

    def test_names_that_may_point_here_by_rebinding_are_refused_without_tokens(self):
        admin = self.admin()
        for host in ("localhost", "LOCALHOST:9901", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:9901", "app.localhost"):
            self.assertEqual(admin.get("/stats", host=host).status, 200, host)
        for host in ("evil.example", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example"):
            self.assertProblem(admin.get("/ready", host=host), 403, "host_not_allowed")
        self.assertEqual(self.guarded().get("/stats", role="viewer", host="admin.example").status, 200)

    def test_pages_of_other_sites_are_refused(self):
        admin = self.admin()
        own = "Origin: http://localhost:9901"
        self.assertEqual(admin.get("/stats", fields=[own], host="localhost:9901").status, 200)
        for fields in (["Origin: http://evil.example"], ["Origin: null"], ["Origin: http://localhost"], ["Origin: "],
                       ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"]):
            response = admin.get("/stats", fields=fields, host="localhost:9901")
            self.assertProblem(response, 403, "origin_not_allowed")
        self.assertEqual(admin.get("/", fields=["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"]).status, 200)

    def test_says_nothing_to_other_origins(self):
        response = self.admin().get("/stats", fields=["Origin: http://localhost"], host="localhost")
        self.assertEqual(response.status, 200)
        self.assertFalse([name for name, _ in response.fields if name.lower().startswith("access-control-")])
        self.assertEqual((response.get("cache-control"), response.get("x-content-type-options")), ("no-store", "nosniff"))

    def test_prints_no_secret(self):
        literal = headgateWith(self.folder, {**config(["127.0.0.1:1"]), "admin": {"tokens": tokens()}}, "--print-config")
        self.assertEqual(literal.code, 0, literal.err)
        self.assertFalse([token for token in TOKENS.values() if token in literal.out])
        self.assertEqual(len(re.findall(r"\[redacted\]", literal.out)), len(TOKENS))
        named = headgateWith(self.folder, {**config(["127.0.0.1:1"]), "admin": {"tokens": [{"name": "ops", "token": "${OPS_TOKEN}", "role": "admin"}]}},
                             "--print-config", environ={"OPS_TOKEN": TOKENS["admin"]})
        self.assertIn('"token": "${OPS_TOKEN}"', named.out)
