"""Listeners of every address family, what refuses them, and their limits."""

import os
import resource
import socket

from support import environment
from support.backend import answering
from support.case import Case
from support.client import fetch
from support.command import headgateWith
from support.headgate import config


def field(head, name):
    """The values of a field in the exact head of a request."""
    lines = [line.split(b":", 1) for line in head.split(b"\r\n")[1:] if line]
    return [value.strip().decode() for key, value in lines if key.lower() == name.lower().encode()]


def noMoreThan(files):
    """Sets the limit of descriptors, for good: the soft limit alone is one that headgate raises."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def greeting(word):
    return answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(word), word))


class Families(Case):
    def test_an_ipv6_listener_serves_and_forwards_the_address_of_its_client(self):
        heads = []
        headgate = self.proxy(answering(heads=heads), listener={"address": "[::1]:0"})
        self.assertEqual(headgate.address()[0], "::1")
        self.assertEqual(fetch(headgate.address()).status, 200)
        self.assertEqual(field(heads[0], "x-forwarded-for"), ["::1"])
        self.assertEqual(headgate.logLines(1)[0]["remote_address"], "::1")

    def test_a_unix_listener_serves_and_adds_no_address_of_its_client(self):
        heads = []
        headgate = self.proxy(answering(heads=heads), listener={"address": f"unix:{self.folder}/main.sock"})
        client = self.client(headgate)
        self.assertEqual(client.get().status, 200)
        self.assertEqual(client.get(fields=["X-Forwarded-For: 192.0.2.7"]).status, 200)
        self.assertEqual(field(heads[0], "x-forwarded-for"), [])
        self.assertEqual(field(heads[1], "x-forwarded-for"), ["192.0.2.7"])
        self.assertEqual([line["remote_address"] for line in headgate.logLines(2)], ["unix", "unix"])

    def test_the_address_of_an_ipv4_client_is_appended_to_those_before_it(self):
        heads = []
        headgate = self.proxy(answering(heads=heads))
        fetch(headgate.address(), fields=["X-Forwarded-For: 192.0.2.7, 192.0.2.8"])
        self.assertEqual(field(heads[0], "x-forwarded-for"), ["192.0.2.7, 192.0.2.8, 127.0.0.1"])

    def test_the_connections_of_a_unix_listener_are_dealt_to_all_workers(self):
        headgate = self.proxy(answering(), workers=3, listener={"address": f"unix:{self.folder}/main.sock"})
        for _ in range(6):
            self.assertEqual(self.client(headgate).get().status, 200)
        # Each worker keeps one connection to the backend, which its second client finds idle.
        self.assertEqual(self.backend.connections, 3)

    def test_backends_on_ipv6_and_unix_sockets_are_reached(self):
        six = self.rawBackend(greeting(b"six"), family=socket.AF_INET6)
        path = self.rawBackend(greeting(b"path"), path=f"{self.folder}/backend.sock")
        headgate = self.headgate(config([six, path]))
        client = self.client(headgate)
        self.assertEqual({client.get().body for _ in range(4)}, {b"six", b"path"})
        self.assertEqual({line["upstream_host"] for line in headgate.logLines(4)}, {six.endpoint(), path.endpoint()})

    def test_listeners_have_their_own_routes(self):
        one, two = self.rawBackend(greeting(b"one")), self.rawBackend(greeting(b"two"))
        headgate = self.headgate({
            "workers": 2,
            "listeners": [
                {"name": "first", "address": "127.0.0.1:0", "routes": [{"cluster": "one"}]},
                {"name": "second", "address": "[::1]:0", "routes": [{"match": {"path": "/one"}, "cluster": "one"}, {"cluster": "two"}]},
                {"name": "third", "address": f"unix:{self.folder}/third.sock", "routes": [{"match": {"host": "two.test"}, "cluster": "two"}]},
            ],
            "clusters": [{"name": "one", "endpoints": [one.endpoint()]}, {"name": "two", "endpoints": [two.endpoint()]}],
        })
        self.assertEqual(fetch(headgate.address("first"), "/").body, b"one")
        self.assertEqual(fetch(headgate.address("second"), "/").body, b"two")
        self.assertEqual(fetch(headgate.address("second"), "/one/more").body, b"one")
        self.assertEqual(fetch(headgate.address("third"), host="two.test").body, b"two")
        self.assertEqual(fetch(headgate.address("third"), host="one.test").status, 404)


class Refused(Case):
    """What keeps a listener from its address ends headgate with exit code 1 and says so."""

    def refused(self, address, cause):
        outcome = headgateWith(self.folder, config(["127.0.0.1:1"], listener={"address": address}))
        self.assertEqual(outcome.code, 1, outcome)
        self.assertRegex(outcome.err, rf"headgate: cannot \w+ (on|to) {address.replace('[', '.').replace(']', '.')}: {cause}\n")

    def test_a_port_in_use(self):
        for family, host, text in ((socket.AF_INET, "127.0.0.1", "127.0.0.1:{}"), (socket.AF_INET6, "::1", "[::1]:{}")):
            with self.subTest(text), socket.socket(family) as other:
                other.bind((host, 0))
                other.listen()
                self.refused(text.format(other.getsockname()[1]), "Address already in use")

    def test_an_address_of_no_interface(self):
        self.refused("192.0.2.1:8080", "Cannot assign requested address")

    def test_a_unix_socket_that_someone_serves(self):
        path = f"{self.folder}/live.sock"
        other = self.rawBackend(path=path)
        self.refused(f"unix:{path}", "Address already in use")
        self.assertEqual(fetch(path).status, 200)
        self.assertGreaterEqual(other.connections, 1)

    def test_a_file_of_another_kind_at_the_path_of_a_unix_socket_which_stays_as_it_is(self):
        path = f"{self.folder}/precious.txt"
        with open(path, "w", encoding="ascii") as file:
            file.write("precious")
        self.refused(f"unix:{path}", "File exists")
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")

    def test_a_unix_socket_in_a_folder_that_does_not_exist(self):
        self.refused(f"unix:{self.folder}/none/main.sock", "No such file or directory")

    def test_a_start_that_fails_leaves_no_unix_socket_behind(self):
        first = f"{self.folder}/first.sock"
        listeners = [{"address": address, "routes": [{"cluster": "app"}]} for address in (f"unix:{first}", "192.0.2.1:8080")]
        outcome = headgateWith(self.folder, {**config(["127.0.0.1:1"]), "listeners": listeners})
        self.assertEqual(outcome.code, 1, outcome)
        self.assertFalse(os.path.lexists(first))


class UnixSocketFiles(Case):
    def setUp(self):
        super().setUp()
        self.path = f"{self.folder}/main.sock"

    def test_a_stale_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path)
        headgate = self.proxy(answering(), listener={"address": f"unix:{self.path}"})
        self.assertEqual(fetch(headgate.address()).status, 200)

    def test_the_socket_of_a_headgate_that_was_killed_is_replaced(self):
        self.proxy(answering(), listener={"address": f"unix:{self.path}"}).kill()
        self.assertTrue(os.path.exists(self.path))
        headgate = self.headgate(config([self.backend], listener={"address": f"unix:{self.path}"}))
        self.assertEqual(fetch(headgate.address()).status, 200)

    def test_the_socket_is_removed_at_the_end(self):
        headgate = self.proxy(answering(), listener={"address": f"unix:{self.path}"})
        self.assertTrue(os.path.exists(self.path))
        self.assertEqual(headgate.terminate(), 0)
        self.assertFalse(os.path.lexists(self.path))


class Limits(Case):
    def staysIdle(self, headgate, watched):
        """Asserts that nothing comes to `watched`, and that waiting costs no processor time."""
        before = headgate.cpuSeconds()
        watched.quiet(0.5)
        self.assertLess(headgate.cpuSeconds() - before, 0.1)

    def test_a_connection_over_the_limit_waits_and_is_served_when_another_ends(self):
        headgate = self.proxy(answering(), listener={"max_connections": 2})
        first, second = self.client(headgate), self.client(headgate)
        self.assertEqual([first.get().status, second.get().status], [200, 200])
        third = self.client(headgate)
        third.send(b"GET /third HTTP/1.1\r\nHost: test\r\n\r\n")
        headgate.waitFor("2 connections are open, the limit")
        self.staysIdle(headgate, third)
        self.assertEqual(first.get().status, 200)
        second.close()
        self.assertEqual(third.readResponse().status, 200)

    def test_the_limit_is_one_over_all_workers(self):
        headgate = self.proxy(answering(), workers=2, listener={"max_connections": 2})
        clients = []
        for _ in range(2):
            clients.append(self.client(headgate))
            self.assertEqual(clients[-1].get().status, 200)
        # Whichever worker has the one that ends, and whichever the one that waits.
        for _ in range(6):
            clients.append(self.client(headgate))
            clients[-1].send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").quiet(0.1)
            clients.pop(0).close()
            self.assertEqual(clients[-1].readResponse().status, 200)

    def test_running_out_of_descriptors_neither_spins_nor_lasts_nor_disturbs_those_who_are_served(self):
        backend = self.rawBackend()
        headgate = self.headgate(config([backend]), limits=noMoreThan(40))
        served = self.client(headgate)
        self.assertEqual(served.get().status, 200)
        crowd = [self.client(headgate) for _ in range(50)]
        headgate.waitFor(r"accept: Too many open files; trying again in \d+ ms")
        self.staysIdle(headgate, crowd[-1])
        self.assertEqual(served.get().status, 200)
        for client in crowd:
            client.close()
        self.assertEqual(fetch(headgate.address()).status, 200)
        self.assertEqual(headgate.terminate(), 0)


if environment.lane == "asan":
    # UndefinedBehaviorSanitizer looks at an object through a pipe of its own: without a descriptor left it takes every object for a broken one.
    del Limits.test_running_out_of_descriptors_neither_spins_nor_lasts_nor_disturbs_those_who_are_served
