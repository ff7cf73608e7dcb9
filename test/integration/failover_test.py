"""A backend that is killed under load, and comes back."""

from support import environment
from support.case import Case, eventually
from support.client import fetch
from support.headgate import config
from support.load import Load, wrkCommand, wrkResult

WITHOUT_LOG = {"filters": [{"name": "router"}]}


class Failover(Case):
    def setUp(self):
        super().setUp()
        self.origins = [self.origin(name) for name in ("a", "b", "c")]
        self.proxied = self.headgate(config(self.origins, listener=WITHOUT_LOG, workers=2, cluster={"health_check": {"interval": "200ms"}}))

    def atWork(self, origin):
        eventually(lambda: origin.cpuSeconds() >= 0.05, f"{origin.text} is under load")

    def killAndBringBack(self):
        """While there is load: ends the second host without a word, and starts another in its place."""
        killed = self.origins[1]
        self.atWork(killed)
        killed.kill()
        self.proxied.waitFor(rf"{killed.text}: .* goes on to another try at (?!{killed.text})127\.0\.0\.1:\d+")
        again = self.origin("again", address=killed.text)
        self.atWork(again)

    def test_no_get_fails_when_a_host_is_killed_under_load(self):
        if environment.slow():
            load = Load(self.proxied.address(), 16).start()
            self.killAndBringBack()
            load.stop()
            requests, errors = len(load.responses), load.bad()
        else:
            wrk = self.process(wrkCommand(self.proxied.address(), 64, 3))
            self.killAndBringBack()
            self.assertEqual(wrk.wait(), 0)
            requests, errors = wrkResult(wrk.output)
        self.assertFalse(errors)
        self.assertGreater(requests, 100)

    def test_each_answer_is_whole_when_a_host_is_killed_under_load(self):
        load = Load(self.proxied.address(), 8, path="/bytes/3000").start()
        self.killAndBringBack()
        load.stop()
        self.assertEqual(load.bad(), [])
        self.assertEqual({len(response.body) for response in load.responses}, {3000})

    def test_a_host_that_is_back_takes_its_share_again(self):
        self.origins[1].kill()
        self.assertEqual({fetch(self.proxied.address(), "/ping").get("x-origin") for _ in range(9)}, {"a", "c"})
        self.origin("again", address=self.origins[1].text)
        self.proxied.waitFor(rf"host_up {self.origins[1].text}: \S* ?checks? (in a row )?succeeded")
        with self.client(self.proxied) as client:
            names = [client.get("/ping").get("x-origin") for _ in range(30)]
        self.assertEqual([names.count(name) for name in ("a", "again", "c")], [10, 10, 10])
