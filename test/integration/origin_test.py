"""headgate-origin, the backend of the quickstart and of other tests."""

import os
import signal

from support import environment
from support.case import Case
from support.client import Client
from support.command import execute

SIZE = 100_000


class OriginTest(Case):
    def setUp(self):
        super().setUp()
        self.backend = self.origin("blue")
        self.connection = Client(self.backend.address())
        self.addCleanup(self.connection.close)

    def get(self, path, **options):
        response = self.connection.get(path, **options)
        self.assertEqual(response.get("X-Origin"), "blue")
        return response

    def test_ping_answers_pong(self):
        response = self.get("/ping")
        self.assertEqual((response.status, response.body, response.get("Content-Type")), (200, b"pong\n", "text/plain"))

    def test_fail_toggles_ping(self):
        self.assertEqual(self.get("/fail").body, b"failing\n")
        self.assertEqual((self.get("/ping").status, self.get("/ping").body), (503, b"failing\n"))
        self.assertEqual(self.get("/bytes/1").status, 200)
        self.assertEqual(self.get("/fail").body, b"well\n")
        self.assertEqual(self.get("/ping").status, 200)

    def test_headers_shows_the_request_as_json(self):
        response = self.get("/headers?q=1", host="h.test", fields=["X-One: 1", 'X-Two: "\\\xe4', "X-One: 2"])
        shown = response.json()
        fields = shown.pop("headers")
        self.assertEqual(shown, {"method": "GET", "path": "/headers?q=1", "host": "h.test", "origin": "blue"})
        self.assertEqual([field for field in fields if field[0].startswith("x-")], [["x-one", "1"], ["x-two", '"\\\xe4'], ["x-one", "2"]])

    def test_echo_answers_the_body_with_its_type(self):
        body = os.urandom(SIZE)
        self.connection.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Length: %d\r\n\r\n%s" % (SIZE, body))
        response = self.connection.readResponse()
        self.assertEqual((response.status, response.get("Content-Type"), response.get("Content-Length")), (200, "a/b", str(SIZE)))
        self.assertEqual(response.body, body)

    def test_echo_answers_a_body_in_chunks(self):
        self.connection.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        response = self.connection.readResponse()
        self.assertEqual((response.get("Transfer-Encoding"), response.body), ("chunked", b"abcde"))

    def test_echo_of_no_body_is_empty(self):
        self.assertEqual((self.get("/echo").status, self.get("/echo").body), (200, b""))

    def test_echo_tells_a_client_that_asks_to_go_on(self):
        self.connection.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        self.assertEqual(self.connection.readResponse(informational=True).status, 100)
        self.assertEqual(self.connection.send(b"hi").readResponse().body, b"hi")

    def test_status_answers_any_status(self):
        for status in (200, 204, 301, 304, 404, 418, 500, 599):
            response = self.get(f"/status/{status}")
            self.assertEqual((response.status, response.body), (status, b"" if status in (204, 304) else b"%d\n" % status))
        for wrong in ("199", "600", "x", "-1", ""):
            self.assertEqual(self.get(f"/status/{wrong}").status, 404)

    def test_delay_answers_later(self):
        self.assertEqual((self.get("/delay/0").body, self.get("/delay/20").body), (b"here at last\n", b"here at last\n"))
        self.connection.send(b"GET /delay/60000 HTTP/1.1\r\nHost: h\r\n\r\n").quiet(0.1)
        self.assertEqual(Client(self.backend.address()).get("/delay/60001").status, 404)

    def test_bytes_answers_as_many(self):
        for count in (0, 1, SIZE, 1_000_000):
            response = self.get(f"/bytes/{count}")
            self.assertEqual((response.status, response.get("Content-Length"), response.body), (200, str(count), b"x" * count))
        self.assertEqual(self.get("/bytes/99999999999999").status, 404)

    def test_drip_answers_ten_bytes_one_at_a_time(self):
        self.connection.send(b"GET /drip HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(self.connection.readHead().get("Content-Length"), "10")
        pieces = []
        while sum(map(len, pieces)) < 10:
            pieces.append(self.connection.socket.recv(10))
            self.assertNotEqual(pieces[-1], b"")
        self.assertEqual(b"".join(pieces), b"." * 10)
        self.assertGreater(len(pieces), 1)

    def test_close_ends_the_connection_without_an_answer(self):
        self.connection.send(b"GET /close HTTP/1.1\r\nHost: h\r\n\r\n").endsNow()

    def test_any_other_path_says_what_there_is(self):
        response = self.get("/none")
        self.assertEqual(response.status, 404)
        for path in (b"/ping", b"/headers", b"/echo", b"/status/", b"/delay/", b"/bytes/", b"/drip", b"/close", b"/fail"):
            self.assertIn(path, response.body)

    def test_head_has_the_length_and_no_body(self):
        for path, length in (("/ping", "5"), ("/bytes/1000", "1000"), ("/drip", "10")):
            response = self.get(path, method="HEAD")
            self.assertEqual((response.status, response.get("Content-Length"), response.body), (200, length, b""), path)

    def test_requests_may_be_pipelined(self):
        self.connection.send(b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\nGET /delay/20 HTTP/1.1\r\nHost: h\r\n\r\nGET /bytes/3 HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual([self.connection.readResponse().body for _ in range(3)], [b"pong\n", b"here at last\n", b"xxx"])

    def test_a_malformed_request_is_refused(self):
        self.connection.send(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(self.connection.readResponse().status, 400)
        self.connection.endsNow()

    def test_sigterm_finishes_what_is_under_way_and_exits_with_0(self):
        self.connection.send(b"GET /drip HTTP/1.1\r\nHost: h\r\n\r\n").readHead()
        self.backend.signal(signal.SIGTERM)
        self.assertEqual(self.connection.readExactly(10), b"." * 10)
        self.assertEqual(self.backend.wait(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        self.connection.send(b"GET /delay/60000 HTTP/1.1\r\nHost: h\r\n\r\n").quiet(0.05)
        self.backend.signal(signal.SIGTERM)
        with self.assertRaises(OSError):
            while True:  # until the first signal has closed the listener
                Client(self.backend.address()).close()
        self.backend.signal(signal.SIGINT)
        self.assertEqual(self.backend.wait(), 0)


class CommandLine(Case):
    def test_it_listens_on_a_unix_socket_and_its_name_is_the_address_unless_given(self):
        path = f"{self.folder}/origin.sock"
        process = self.process([environment.origin, "--listen", f"unix:{path}"])
        process.waitFor(f'origin "unix:{path}" listens on unix:{path}')
        with Client(path) as client:
            self.assertEqual(client.get("/ping").get("X-Origin"), f"unix:{path}")
        self.assertEqual(process.terminate(), 0)

    def test_what_is_wrong_is_said_with_an_exit_code(self):
        taken = self.origin("taken")
        for arguments, code, message in ((["--listen", "nowhere"], 2, "--listen"), (["--nonsense"], None, "--nonsense"),
                                         (["--listen", taken.endpoint()], 1, "Address already in use")):
            outcome = execute([environment.origin, *arguments])
            self.assertIn(message, outcome.err)
            self.assertNotEqual(outcome.code, 0)
            if code:
                self.assertEqual(outcome.code, code, outcome)
