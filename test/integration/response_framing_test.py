"""Malformed responses: each is 502, or cut off where the client can see it, and no connection that sent one is used again."""

import threading

from support.backend import serving
from support.case import Case
from support.client import fetch
from support.environment import patience

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def head(*lines, first="HTTP/1.1 200 OK"):
    return "".join(line + "\r\n" for line in (first, *lines, "")).encode("latin-1")


# Refused before the client saw a byte of them.
HEADS = [
    ("no status line", b"<html>hello</html>"),
    ("a bad version", head(first="HTTP/2 200 OK")),
    ("another protocol", head(first="ICY 200 OK")),
    ("no status", head(first="HTTP/1.1 OK")),
    ("two spaces", head(first="HTTP/1.1  200 OK")),
    ("a status of two digits", head(first="HTTP/1.1 20 OK")),
    ("a status of four digits", head(first="HTTP/1.1 2000 OK")),
    ("a status under 100", head(first="HTTP/1.1 099 OK")),
    ("a status over 599", head(first="HTTP/1.1 600 OK")),
    ("NUL in the reason phrase", head(first="HTTP/1.1 200 O\0K")),
    ("Content-Length and Transfer-Encoding", head("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
    ("two lengths", head("Content-Length: 2", "Content-Length: 3") + b"abc"),
    ("the same length twice", head("Content-Length: 2", "Content-Length: 2") + b"ab"),
    ("a list of lengths", head("Content-Length: 2, 2") + b"ab"),
    ("a negative length", head("Content-Length: -1")),
    ("an unknown coding", head("Transfer-Encoding: gzip")),
    ("an unknown coding before chunked", head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
    ("Transfer-Encoding in HTTP/1.0", head("Transfer-Encoding: chunked", first="HTTP/1.0 200 OK") + b"0\r\n\r\n"),
    ("a length of 204", head("Content-Length: 2", first="HTTP/1.1 204 No Content") + b"ab"),
    ("chunks of 204", head("Transfer-Encoding: chunked", first="HTTP/1.1 204 No Content") + b"0\r\n\r\n"),
    ("a length of an interim response", head("Content-Length: 2", first="HTTP/1.1 103 Early Hints") + b"ab" + OK),
    ("a folded line", head("X-A: 1", " folded")),
    ("a space before the colon", head("Content-Length : 2") + b"ab"),
    ("a bare LF", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nab"),
    ("a bare CR", head("X-A: a\rb")),
    ("NUL in a value", head("X-A: a\0b")),
    ("a line without a colon", head("X-A")),
    ("a switch of protocols", head("Connection: upgrade", "Upgrade: websocket", first="HTTP/1.1 101 Switching Protocols")),
    ("a head over the limit", head("X-A: " + "a" * 61440)),
    ("a head without an end", b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 61440),
    ("too many lines", head(*("X: 1",) * 101)),
    ("interim responses without end", head(first="HTTP/1.1 103 Early Hints") * 101),
]

# Found when the client has the head already.
BODIES = [
    ("a chunk size that is no number", head("Transfer-Encoding: chunked") + b"2\r\nab\r\nx\r\n"),
    ("an empty chunk size", head("Transfer-Encoding: chunked") + b"2\r\nab\r\n\r\n"),
    ("a chunk size over 63 bits", head("Transfer-Encoding: chunked") + b"8000000000000000\r\n"),
    ("a chunk longer than its size", head("Transfer-Encoding: chunked") + b"2\r\nabc\r\n0\r\n\r\n"),
    ("a bare LF behind a chunk", head("Transfer-Encoding: chunked") + b"2\r\nab\n0\r\n\r\n"),
    ("a bare CR behind a chunk", head("Transfer-Encoding: chunked") + b"2\r\nab\rX0\r\n\r\n"),
    ("an endless extension", head("Transfer-Encoding: chunked") + b"2;" + b"a" * 300),
    ("a trailer that frames", head("Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\nContent-Length: 2\r\n\r\n"),
    ("a trailer with a bare LF", head("Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\nX: 1\n\r\n"),
]

# Ended by the backend too early.
CUT = [
    ("within a length", head("Content-Length: 5") + b"ab"),
    ("before a length", head("Content-Length: 5")),
    ("within a chunk", head("Transfer-Encoding: chunked") + b"5\r\nab"),
    ("behind a chunk", head("Transfer-Encoding: chunked") + b"2\r\nab\r\n"),
    ("within the trailers", head("Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\nX: 1\r\n"),
]

# Whole, and followed by what nobody asked for.
BEHIND = [
    ("a byte behind a length", OK + b"x", "GET"),
    ("a line end behind a length", OK + b"\r\n", "GET"),
    ("a byte behind the last chunk", head("Transfer-Encoding: chunked") + b"2\r\nok\r\n0\r\n\r\nx", "GET"),
    ("a second response", OK + head("Content-Length: 4") + b"evil", "GET"),
    ("a body of a response to HEAD", OK, "HEAD"),
    ("a body of 304", head("Content-Length: 4", first="HTTP/1.1 304 Not Modified") + b"evil", "GET"),
    ("a body of 204", head(first="HTTP/1.1 204 No Content") + b"evil", "GET"),
]


class MalformedResponses(Case):
    def scripted(self, then=None):
        """A headgate before a backend that answers with `self.response`, does `then`, and notes when headgate ended the connection."""
        self.ended = threading.Semaphore(0)

        def script(exchange):
            exchange.readHead()
            exchange.send(self.response)
            if then:
                return then(exchange)
            if exchange.readAll() == b"":
                self.ended.release()

        return self.proxy(script)

    def expectLog(self, headgate, count, details, flags, outcome):
        records = headgate.logLines(count)
        self.assertEqual({(record["details"], tuple(record["flags"]), record["attempt_count"], record["attempts"][0]["outcome"]) for record in records},
                         {(details, flags, 1, outcome)})

    def test_a_malformed_head_is_answered_502_and_its_connection_ends(self):
        headgate = self.scripted()
        client = self.client(headgate)
        for what, self.response in HEADS:
            with self.subTest(what):
                response = client.get()
                self.assertEqual((response.status, response.json()["reason"], response.complete), (502, "upstream_protocol_error", True))
                self.assertTrue(self.ended.acquire(timeout=patience()), "headgate keeps the connection")
        self.assertEqual(self.backend.connections, len(HEADS))
        self.expectLog(headgate, len(HEADS), "upstream_protocol_error", ("UPE",), "upstream_protocol_error")
        headgate.waitFor("upstream_protocol_error")

    def test_a_malformed_body_is_cut_off_and_its_connection_ends(self):
        headgate = self.scripted()
        for what, self.response in BODIES:
            with self.subTest(what):
                client = self.client(headgate)
                response = client.get()
                self.assertEqual((response.status, response.complete), (200, False))
                self.assertTrue(self.ended.acquire(timeout=patience()), "headgate keeps the connection")
        self.assertEqual(self.backend.connections, len(BODIES))
        self.expectLog(headgate, len(BODIES), "upstream_protocol_error", ("UPE",), "upstream_protocol_error")
        headgate.waitFor("upstream_protocol_error")

    def test_a_body_that_ends_too_early_is_cut_off(self):
        for how in (lambda exchange: exchange.finish(), lambda exchange: exchange.reset()):
            headgate = self.scripted(how)
            for what, self.response in CUT:
                with self.subTest(what):
                    response = fetch(headgate.address())
                    self.assertEqual((response.status, response.complete), (200, False))
            self.expectLog(headgate, len(CUT), "upstream_truncated_response", ("UC",), "upstream_truncated_response")
            headgate.terminate()
            headgate.logPath.unlink()

    def test_a_client_of_1_0_sees_a_reset_where_a_body_is_cut_off(self):
        headgate = self.scripted(lambda exchange: exchange.finish())
        self.response = head("Transfer-Encoding: chunked") + b"5\r\nab"
        client = self.client(headgate)
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        with self.assertRaises(ConnectionResetError):
            client.readAll()

    def test_a_head_that_ends_too_early_is_answered_502(self):
        headgate = self.scripted(lambda exchange: exchange.finish())
        client = self.client(headgate)
        for self.response in (b"H", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"):
            with self.subTest(self.response):
                response = client.get()
                self.assertEqual((response.status, response.json()["reason"]), (502, "upstream_protocol_error"))

    def test_what_stands_behind_a_response_is_nobodys_and_its_connection_ends(self):
        headgate = self.scripted()
        client = self.client(headgate)
        for what, self.response, method in BEHIND:
            with self.subTest(what):
                response = client.get(method=method)
                self.assertIn((response.status, response.body), ((200, b"" if method == "HEAD" else b"ok"), (304, b""), (204, b"")))
                self.assertTrue(self.ended.acquire(timeout=patience()), "headgate keeps the connection")
        client.quiet(0.05)
        self.assertEqual(self.backend.connections, len(BEHIND))

    def test_what_a_backend_says_unasked_is_never_the_answer_to_the_next_request(self):
        ended = threading.Event()

        def script(exchange):
            if exchange.number > 0:
                return serving(OK)(exchange)
            exchange.readHead()
            exchange.send(OK)
            answered.wait(patience())
            exchange.send(head("Content-Length: 4") + b"evil")
            exchange.readAll()
            ended.set()

        answered = threading.Event()
        client = self.client(self.proxy(script))
        self.assertEqual(client.get().body, b"ok")
        answered.set()
        self.assertTrue(ended.wait(patience()), "headgate keeps the connection")
        self.assertEqual(client.get().body, b"ok")
        self.assertEqual(self.backend.connections, 2)
