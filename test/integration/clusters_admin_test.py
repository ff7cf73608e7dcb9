"""GET /clusters and what an operator may do to a host."""

from urllib.parse import quote

from support.admin import Admin, tokens
from support.backend import serving
from support.case import Case, eventually
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"


class Clusters(Case):
    def start(self, role=None, **cluster):
        self.backends = [self.rawBackend(serving(OK + name)) for name in (b"a", b"b")]
        parts = {"admin": {"address": "127.0.0.1:0", **({"tokens": tokens()} if role else {})}}
        self.proxied = self.headgate(config(self.backends, cluster=cluster, **parts))
        self.admin = Admin(self.proxied, role)
        return self.admin

    def verb(self, verb, index=1, **options):
        return self.admin.call("POST", f"/clusters/app/hosts/{quote(self.backends[index].endpoint(), safe='')}/{verb}", **options)

    def bodies(self, count=8):
        with self.client(self.proxied) as client:
            return [client.get().body.decode() for _ in range(count)]

    def host(self, index):
        clusters = self.admin.get("/clusters?format=json").json()["clusters"]
        return clusters[0]["hosts"][index]

    def test_text_has_a_fact_a_line_in_the_shape_of_envoy(self):
        self.start()
        self.bodies(4)
        text = self.admin.get("/clusters").body.decode()
        address = self.backends[0].endpoint()
        for line in ("app::default_priority::max_connections::1024", f"app::{address}::health_flags::healthy", f"app::{address}::weight::1",
                     f"app::{address}::rq_success::2", f"app::{address}::rq_total::2", f"app::{address}::cx_total::1", f"app::{address}::state::up"):
            self.assertIn(line + "\n", text)

    def test_json_is_typed(self):
        self.start(health_check={"path": "/", "interval": "100ms"})
        self.bodies(4)
        host = self.host(0)
        self.assertEqual((host["state"], host["health_flags"], host["rq_success"], host["weight"], host["cx_active"]), ("up", [], 2, 1, 1))
        self.assertEqual([transition["what"] for transition in host["transitions"]], ["up"])
        self.assertRegex(host["since"], r"^\d{4}-\d\d-\d\dT")
        self.assertGreater(host["rq_time_us"]["p50"], 0)

    def test_a_drained_host_gets_nothing_until_it_is_put_back(self):
        self.start()
        answer = self.verb("drain").json()
        self.assertEqual((answer["state"], answer["health_flags"], answer["why"]), ("drained", ["drained"], "by an operator"))
        eventually(lambda: set(self.bodies()) == {"a"}, "the drained host gets nothing")
        self.assertEqual(self.verb("undrain").json()["state"], "up")
        eventually(lambda: set(self.bodies()) == {"a", "b"}, "it gets requests again")

    def test_a_weight_changes_the_shares(self):
        self.start()
        self.assertEqual(self.verb("weight", json={"weight": 3}).json()["weight"], 3)
        eventually(lambda: self.bodies(8).count("b") == 6, "three of four go there")

    def test_what_was_done_is_in_the_audit(self):
        self.start()
        self.verb("drain")
        self.verb("drain")
        self.verb("weight", json={"weight": 3})
        entries = self.admin.get("/audit").json()["entries"]
        self.assertEqual([entry["note"] for entry in entries], ["weight 1 -> weight 3", "unchanged", "up -> drained"])

    def test_the_time_that_connecting_took_is_recorded(self):
        self.start()
        nothing = "cluster.app.upstream_cx_connect_us: No recorded values\n"
        eventually(lambda: nothing in self.admin.get("/stats").body.decode(), "the workers have named what they count")
        self.bodies(2)
        eventually(lambda: "cluster.app.upstream_cx_connect_us: P50(" in self.admin.get("/stats").body.decode(), "it is recorded")

    def test_refuses_what_it_does_not_know(self):
        self.start()
        for path in ("/clusters/app/hosts/127.0.0.1%3A1/drain", "/clusters/ap/hosts/x/drain"):
            answer = self.admin.call("POST", path)
            self.assertEqual((answer.status, answer.json()["reason"]), (404, "host_not_found"))
        self.assertEqual(self.verb("weight", json={"weight": 0}).status, 400)
        self.assertEqual(self.verb("weight", json={"wait": 1}).status, 400)
        self.assertEqual(self.admin.get("/clusters?format=xml").status, 400)

    def test_a_viewer_may_look_and_no_more(self):
        self.start(role="viewer")
        self.assertEqual(self.admin.get("/clusters").status, 200)
        self.assertEqual(self.verb("drain").status, 403)
        self.assertEqual(self.verb("drain", role="operator").status, 200)
