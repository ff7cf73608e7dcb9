"""One key, one backend: ring hash and Maglev."""

import re

from support.backend import serving
from support.case import Case
from support.client import fetch
from support.headgate import config


class Hashing(Case):
    def start(self, policy, key):
        names = ["a", "b", "c", "d"]
        backends = [self.rawBackend(serving(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name.encode())) for name in names]
        self.proxied = self.headgate(config(backends, workers=2, cluster={"lb_policy": policy, "hash_key": key}))

    def ask(self, *fields):
        response = fetch(self.proxied.address(), fields=fields)
        return response.body.decode(), response.get("set-cookie")

    def test_a_header_decides(self):
        for policy in ("ring_hash", "maglev"):
            with self.subTest(policy):
                self.start(policy, {"header": "X-User"})
                hosts = {user: {self.ask(f"x-user: {user}")[0] for _ in range(5)} for user in map(str, range(20))}
                self.assertEqual({len(seen) for seen in hosts.values()}, {1})
                self.assertGreater(len(set.union(*hosts.values())), 2)

    def test_without_the_header_a_request_goes_anywhere(self):
        self.start("maglev", {"header": "x-user"})
        self.assertGreater(len({self.ask()[0] for _ in range(40)}), 1)

    def test_the_address_decides(self):
        self.start("ring_hash", "remote_address")
        self.assertEqual(len({self.ask()[0] for _ in range(10)}), 1)

    def test_a_cookie_is_made_and_then_decides(self):
        self.start("maglev", {"cookie": "sticky"})
        for _ in range(5):
            host, made = self.ask()
            self.assertRegex(made, r"^sticky=[0-9a-f]{16}; Path=/; HttpOnly$")
            value = re.match(r"sticky=(\w+)", made)[1]
            again = {self.ask(f"Cookie: other=1; sticky={value}; last=2") for _ in range(4)}
            self.assertEqual(again, {(host, None)})
