"""Which header fields pass a proxy, which it removes, and which it adds."""

from support.backend import serving
from support.case import Case

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UUID4 = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


class Fields(Case):
    def forward(self, *fields, response=OK, **parts):
        """(the request that the backend got, the response that the client got)."""
        requests = []
        client = self.client(self.proxy(serving(response, requests=requests), **parts))
        answer = client.get("/x", fields=fields)
        return requests[0] if requests else None, answer

    def test_repeated_fields_keep_their_number_and_order(self):
        request, _ = self.forward("X-A: 1", "Accept: a", "x-a: 2", "Accept: b, c", "X-A:3", "Cookie: c=1")
        self.assertEqual([field for field in request.fields if field[0] in ("x-a", "accept", "cookie")],
                         [("x-a", "1"), ("accept", "a"), ("x-a", "2"), ("accept", "b, c"), ("x-a", "3"), ("cookie", "c=1")])

    def test_repeated_set_cookie_lines_are_never_joined(self):
        _, answer = self.forward(response=b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nX-B: b\r\nset-cookie: b=2, c\r\nSet-Cookie: a=1; Path=/\r\n"
                                          b"Content-Length: 0\r\n\r\n")
        self.assertEqual(answer.all("set-cookie"), ["a=1; Path=/", "b=2, c", "a=1; Path=/"])

    def test_values_pass_as_they_are_but_for_the_white_space_around_them(self):
        value = "\x80\xff \"quoted, text\";\t;=()  end"
        request, answer = self.forward(f"X-V:\t {value}  \t", "X-Empty:", response=f"HTTP/1.1 200 OK\r\nX-V:{value}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))
        self.assertEqual((request.all("x-v"), request.all("x-empty")), ([value], [""]))
        self.assertEqual(answer.all("x-v"), [value])

    def test_hop_by_hop_fields_end_here_in_a_request(self):
        request, _ = self.forward("Connection: x-drop , Keep-Alive", "X-Drop: 1", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers",
                                  "Upgrade: websocket", "Proxy-Authorization: basic x", "X-Stay: 1")
        self.assertEqual(sorted({name for name, _ in request.fields}), ["host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
                                                                      "x-request-id", "x-stay"])

    def test_hop_by_hop_fields_end_here_in_a_response(self):
        _, answer = self.forward(response=b"HTTP/1.1 200 OK\r\nConnection: x-drop\r\nX-Drop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n"
                                          b"Proxy-Authenticate: basic\r\nX-Stay: 1\r\nContent-Length: 2\r\n\r\nok")
        self.assertEqual([name for name, _ in answer.fields], ["x-stay", "via", "date", "content-length"])

    def test_connection_cannot_remove_what_belongs_to_the_message(self):
        request, _ = self.forward("Connection: host, x-forwarded-for, x-request-id, authorization, cookie, via", "Authorization: a", "Cookie: c",
                                  "X-Request-ID: kept", "X-Forwarded-For: 192.0.2.1")
        names = dict(request.fields)
        self.assertEqual((names["host"], names["authorization"], names["cookie"], names["x-request-id"]), ("test", "a", "c", "kept"))
        self.assertEqual(names["x-forwarded-for"], "192.0.2.1, 127.0.0.1")

    def test_what_the_backend_says_of_its_connection_does_not_close_the_clients(self):
        requests = []
        client = self.client(self.proxy(serving(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", requests=requests)))
        for _ in range(3):
            answer = client.get()
            self.assertEqual((answer.body, answer.all("connection")), (b"ok", []))
        self.assertEqual((self.backend.connections, len(requests)), (3, 3))

    def test_a_client_that_says_close_gets_close(self):
        client = self.client(self.proxy(serving(OK)))
        self.assertEqual(client.get(fields=["Connection: Close"]).get("connection"), "close")
        client.endsNow()

    def test_the_chain_of_forwarders_grows_at_its_end(self):
        request, answer = self.forward("X-Forwarded-For: 192.0.2.1, 192.0.2.2", "X-Forwarded-For: 192.0.2.3", "Via: 1.0 first", "X-Forwarded-Proto: https",
                                       "X-Forwarded-Host: evil", response=b"HTTP/1.1 200 OK\r\nVia: 1.1 inner\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(", ".join(request.all("x-forwarded-for")), "192.0.2.1, 192.0.2.2, 192.0.2.3, 127.0.0.1")
        self.assertEqual(request.all("via"), ["1.0 first, 1.1 headgate"])
        self.assertEqual((request.all("x-forwarded-proto"), request.all("x-forwarded-host")), (["http"], ["test"]))
        self.assertEqual(answer.all("via"), ["1.1 inner, 1.1 headgate"])

    def test_a_request_id_is_made_once_for_each_request(self):
        requests = []
        client = self.client(self.proxy(serving(OK, requests=requests)))
        for _ in range(3):
            client.get()
        made = [request.all("x-request-id") for request in requests]
        for ids in made:
            self.assertEqual(len(ids), 1)
            self.assertRegex(ids[0], UUID4)
        self.assertEqual(len({ids[0] for ids in made}), 3)

    def test_a_request_id_of_the_client_is_kept_if_it_is_sane(self):
        for sent, kept in (("abc-123", True), ("a" * 128, True), ("a" * 129, False), ("a b", False), ("", False), ("\xe9", False)):
            with self.subTest(sent):
                request, _ = self.forward(f"X-Request-ID: {sent}")
                if kept:
                    self.assertEqual(request.all("x-request-id"), [sent])
                else:
                    self.assertRegex(request.all("x-request-id")[0], UUID4)

    def test_the_most_header_lines_that_are_allowed_pass(self):
        request, _ = self.forward(*(f"X-{i}: {i}" for i in range(99)))
        self.assertEqual([value for name, value in request.fields if name.removeprefix("x-").isdigit()], [str(i) for i in range(99)])

    def test_a_large_field_passes_whole_in_both_directions(self):
        value = "v" * 50_000
        request, answer = self.forward(f"X-Large: {value}", response=f"HTTP/1.1 200 OK\r\nX-Large: {value}\r\nContent-Length: 0\r\n\r\n".encode())
        self.assertEqual((request.all("x-large"), answer.all("x-large")), ([value], [value]))
