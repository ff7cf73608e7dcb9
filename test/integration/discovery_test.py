"""Members that come and go: names in DNS, and a file of endpoints."""

import json
import os
import socket
from pathlib import Path

from support.backend import serving
from support.case import Case, eventually
from support.client import fetch
from support.dns_server import NXDOMAIN, SERVFAIL, DnsServer
from support.headgate import config


class Named(Case):
    """Backends that share a port on addresses of their own, so that a name can stand for each."""

    def servers(self, *hosts):
        """A backend at each of the hosts, all on one port; each answers with its address."""
        while True:
            port = self.freePort()
            try:
                self.listeners = {host: self.serve(host, port) for host in hosts}
                return port
            except OSError:
                continue

    def freePort(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def serve(self, host, port):
        import threading
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
        self.addCleanup(listener.close)
        self.open = getattr(self, "open", {})
        self.open[host] = 0

        def answer(connection):
            with connection:
                data = b""
                while part := connection.recv(65536):
                    data += part
                    while b"\r\n\r\n" in data:
                        data = data.split(b"\r\n\r\n", 1)[1]
                        name = connection.getsockname()[0].encode()
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))
            self.open[host] -= 1

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                self.open[host] += 1
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        self.addCleanup(lambda: listener.shutdown(socket.SHUT_RDWR))
        return listener

    def answering(self, headgate, count=12):
        return sorted({fetch(headgate.address()).body.decode() for _ in range(count)})


class Dns(Named):
    def setUp(self):
        super().setUp()
        self.dns = DnsServer()
        self.addCleanup(self.dns.close)

    def start(self, port, **parts):
        self.proxied = self.headgate(config([f"app.internal:{port}"], dns={"servers": [self.dns.address()], "timeout": "300ms"}, **parts))
        return self.proxied

    def test_a_name_stands_for_all_its_addresses_of_both_families(self):
        port = self.servers("127.0.0.1", "127.0.0.2", "::1")
        self.dns.records["app.internal"] = ["127.0.0.2", "127.0.0.1", "::1"]
        self.assertEqual(self.answering(self.start(port)), ["127.0.0.1", "127.0.0.2", "::1"])

    def test_changed_addresses_are_followed_and_the_old_connections_close(self):
        port = self.servers("127.0.0.1", "127.0.0.2")
        self.dns.records["app.internal"] = ["127.0.0.1"]
        self.assertEqual(self.answering(self.start(port)), ["127.0.0.1"])
        self.assertGreater(self.open["127.0.0.1"], 0)
        self.dns.records["app.internal"] = ["127.0.0.2"]
        eventually(lambda: self.answering(self.proxied, 1) == ["127.0.0.2"], "the new address is used")
        eventually(lambda: self.open["127.0.0.1"] == 0, "the old connections are closed")

    def test_the_last_good_answer_stays_whatever_goes_wrong(self):
        port = self.servers("127.0.0.1")
        self.dns.records["app.internal"] = ["127.0.0.1"]
        self.start(port)
        for wrong in ({"rcode": NXDOMAIN}, {"rcode": SERVFAIL}, {"silent": True, "rcode": None}):
            for name, value in wrong.items():
                setattr(self.dns, name, value)
            asked = len(self.dns.questions)
            eventually(lambda: len(self.dns.questions) > asked + 3, "it is asked again")
            self.assertEqual(self.answering(self.proxied, 3), ["127.0.0.1"])
        self.proxied.waitFor(r"dns_failed app\.internal.*; its last addresses stay")

    def test_a_name_that_does_not_exist_yet_is_found_when_it_does(self):
        port = self.servers("127.0.0.1")
        self.start(port)
        response = fetch(self.proxied.address())
        self.assertEqual((response.status, response.json()["reason"]), (503, "no_healthy_upstream"))
        self.dns.records["app.internal"] = ["127.0.0.1"]
        eventually(lambda: fetch(self.proxied.address()).status == 200, "the name is found")

    def test_a_silent_server_does_not_hold_up_the_start_for_ever(self):
        self.dns.silent = True
        self.assertEqual(fetch(self.start(1).address()).status, 503)

    def test_a_name_with_a_hundred_addresses(self):
        port = self.servers("0.0.0.0")
        addresses = [f"127.0.1.{i}" for i in range(1, 101)]
        self.dns.records["app.internal"] = addresses
        self.start(port)
        self.assertGreater(self.dns.overTcp, 0)
        self.assertEqual(self.answering(self.proxied, 100), sorted(addresses))


class EndpointsFile(Named):
    def write(self, text):
        """As a careful writer does: beside it, then over it."""
        path = Path(self.folder, "endpoints.json")
        beside = path.with_suffix(".new")
        beside.write_text(text if isinstance(text, str) else json.dumps({"endpoints": text}), encoding="utf-8")
        os.replace(beside, path)
        return str(path)

    def start(self, path):
        configuration = config([], cluster={"endpoints_file": path})
        del configuration["clusters"][0]["endpoints"]
        self.proxied = self.headgate(configuration)
        return self.proxied

    def test_the_file_is_followed(self):
        port = self.servers("127.0.0.1", "127.0.0.2", "127.0.0.3")
        path = self.write([f"127.0.0.1:{port}"])
        self.assertEqual(self.answering(self.start(path)), ["127.0.0.1"])
        self.write([f"127.0.0.2:{port}", {"address": f"127.0.0.3:{port}", "weight": 3}])
        eventually(lambda: self.answering(self.proxied) == ["127.0.0.2", "127.0.0.3"], "the new endpoints are used")
        eventually(lambda: self.open["127.0.0.1"] == 0, "the old connections are closed")

    def test_a_bad_file_is_told_of_and_changes_nothing(self):
        port = self.servers("127.0.0.1", "127.0.0.2")
        path = self.write([f"127.0.0.1:{port}"])
        self.start(path)
        self.write('{"endpoints": [')
        self.proxied.waitFor(r"endpoints_file_refused .*endpoints\.json:1:")
        self.write([f"127.0.0.1:{port}", 5])
        self.proxied.waitFor(r"endpoints_file_refused .*/endpoints/1: expected an address")
        self.assertEqual(self.answering(self.proxied), ["127.0.0.1"])
        os.unlink(path)
        self.proxied.waitFor(r"endpoints_file_refused .*cannot be read")
        self.assertEqual(self.answering(self.proxied), ["127.0.0.1"])
        self.write([f"127.0.0.2:{port}"])
        eventually(lambda: self.answering(self.proxied) == ["127.0.0.2"], "a good file is used again")

    def test_an_empty_list_is_a_cluster_without_hosts(self):
        port = self.servers("127.0.0.1")
        path = self.write([f"127.0.0.1:{port}"])
        self.start(path)
        self.write([])
        eventually(lambda: fetch(self.proxied.address()).status == 503, "no host is left")
