"""Whom a request is from, behind other proxies."""

from support.backend import serving
from support.case import Case
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLAIM = "203.0.113.9, 198.51.100.1"


class TrustedHops(Case):
    def forward(self, hops, **fields):
        """Sends a request with `fields`; gives what the backend got and the client's address in the access log."""
        requests = []
        headgate = self.proxy(serving(OK, requests=requests), listener={"trusted_hops": hops})
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        client = self.client(headgate)
        client.send(f"GET / HTTP/1.1\r\nHost: test\r\n{lines}\r\n".encode())
        self.assertEqual(client.readResponse().status, 200)
        return requests[0], headgate.logLines(1)[0]["remote_address"]

    def test_nobody_is_believed_by_default(self):
        request, address = self.forward(0, X_Forwarded_For=CLAIM, X_Forwarded_Proto="https", X_Forwarded_Host="claimed")
        self.assertEqual(address, "127.0.0.1")
        self.assertEqual(request.all("x-forwarded-for"), [CLAIM + ", 127.0.0.1"])
        self.assertEqual((request.all("x-forwarded-proto"), request.all("x-forwarded-host")), (["http"], ["test"]))

    def test_the_client_is_whom_the_outermost_trusted_proxy_saw(self):
        request, address = self.forward(2, X_Forwarded_For=CLAIM)
        self.assertEqual(address, "203.0.113.9")
        self.assertEqual(request.all("x-forwarded-for"), [CLAIM + ", 127.0.0.1"])

    def test_a_request_that_did_not_pass_all_proxies_is_from_its_peer(self):
        request, address = self.forward(3, X_Forwarded_For=CLAIM, X_Forwarded_Proto="https", X_Forwarded_Host="claimed")
        self.assertEqual(address, "127.0.0.1")
        self.assertEqual((request.all("x-forwarded-proto"), request.all("x-forwarded-host")), (["http"], ["test"]))

    def test_scheme_and_host_of_a_trusted_proxy_are_kept(self):
        request, _ = self.forward(1, X_Forwarded_For=CLAIM, X_Forwarded_Proto="https", X_Forwarded_Host="outer.example")
        self.assertEqual((request.all("x-forwarded-proto"), request.all("x-forwarded-host")), (["https"], ["outer.example"]))

    def test_behind_a_proxy_on_a_unix_socket_clients_have_addresses(self):
        self.backend = self.rawBackend(serving(OK))
        path = f"{self.folder}/front.sock"
        headgate = self.headgate(config([self.backend], listener={"address": f"unix:{path}", "trusted_hops": 1}))
        client = self.client(headgate)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 2001:DB8::1\r\n\r\n").readResponse()
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").readResponse()
        self.assertEqual([line["remote_address"] for line in headgate.logLines(2)], ["2001:db8::1", "unix"])
