"""What reaches the backend, and what reaches the client, byte for byte."""

from support.backend import answering
from support.case import Case


class Forwarding(Case):
    def test_a_request_reaches_the_backend_in_canonical_form_with_the_fields_of_a_proxy(self):
        heads = []
        headgate = self.proxy(answering(heads=heads))
        client = self.client(headgate)
        client.send(b"GET /a/../b?q=1 HTTP/1.1\r\nHost: Example.COM\r\nX-Request-ID: id-1\r\nX-Mixed-Case: V \r\nConnection: x-drop, keep-alive\r\nX-Drop: 1\r\n\r\n")
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(heads[0].split(b"\r\n")[0], b"GET /b?q=1 HTTP/1.1")
        fields = sorted(heads[0].lower().split(b"\r\n")[1:-2])
        self.assertEqual(fields, [b"host: example.com", b"via: 1.1 headgate", b"x-forwarded-for: 127.0.0.1", b"x-forwarded-host: example.com",
                                  b"x-forwarded-proto: http", b"x-mixed-case: v", b"x-request-id: id-1"])
