"""The admin listener while the store of the clients comes and goes."""

from support.admin import Admin
from support.backend import answering
from support.case import Case, eventually
from support.client import Client
from support.postgres import Postgres


class StoreDown(Case):
    def test_reads_go_on_and_writes_are_refused_until_it_is_back(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.start()
        running = self.proxy(answering(), storage={"postgres": {"dsn": postgres.dsn(), "local_copy": f"{self.folder}/copy.db"}},
                             listener={"filters": [{"name": "ratelimit"}, {"name": "router"}]})
        admin = Admin(running)
        self.assertEqual(admin.call("PUT", "/clients/user1", json={"capacity": 2, "rate_per_sec": 0}).status, 201)
        self.assertEqual(admin.get("/ready").json(), {"status": "ready"})
        postgres.kill()

        ready = eventually(lambda: (lambda answer: answer if answer.json()["status"] == "degraded" else None)(admin.get("/ready")), "it says degraded", 60)
        self.assertEqual(ready.status, 200)
        self.assertIn("postgres", ready.json()["message"])
        for method, path, body in (("PUT", "/clients/user1", {"capacity": 9, "rate_per_sec": 0}), ("POST", "/clients", {"capacity": 9, "rate_per_sec": 0}),
                                   ("PATCH", "/clients/user1", {"capacity": 9}), ("DELETE", "/clients/user1", None)):
            refused = admin.call(method, path, json=body)
            self.assertEqual((refused.status, refused.json()["reason"]), (503, "store_unavailable"), method)
            self.assertGreaterEqual(int(refused.get("retry-after")), 1)
        batch = admin.call("POST", "/clients/batch", body=b'{"client_id":"x","capacity":1,"rate_per_sec":1}\n', contentType="application/x-ndjson")
        self.assertEqual((batch.status, batch.json()["reason"]), (503, "store_unavailable"))
        self.assertEqual(admin.get("/clients/user1").json()["capacity"], 2)
        self.assertEqual(len(admin.get("/clients").json()["clients"]), 1)
        store = admin.get("/limits").json()["store"]
        self.assertEqual((store["kind"], store["connected"], store["degraded"]), ("postgres", False, True))
        self.assertNotEqual(store["last_error"], "")
        with Client(running.address()) as client:
            self.assertEqual([client.get(fields=["X-Client-ID: user1"]).status for _ in range(3)], [200, 200, 429])

        postgres.start()
        eventually(lambda: admin.call("PATCH", "/clients/user1", json={"capacity": 3}).status == 200, "writes are taken again", 60)
        self.assertEqual(admin.get("/ready").json(), {"status": "ready"})
        self.assertEqual(postgres.sql("SELECT capacity FROM headgate_clients WHERE id = 'user1'"), "3")
