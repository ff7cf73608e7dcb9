"""The ends of connections: a client's FIN and RST, and what a backend's mean for the request that meets them."""

import signal
import socket
import threading

from support.backend import serving
from support.case import Case, eventually
from support.environment import patience
from support.headgate import config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n"


class Clients(Case):
    def holding(self, **parts):
        """A headgate before a backend that reads heads and answers nothing. `self.heads` counts what came, `self.ended` the connections that headgate ended."""
        self.heads = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)

        def script(exchange):
            if exchange.readHead():
                self.heads.release()
            exchange.readAll()
            self.ended.release()

        return self.proxy(script, **parts)

    def arrives(self):
        self.assertTrue(self.heads.acquire(timeout=patience()), "the backend gets no request")

    def isCancelled(self, headgate, bytesReceived):
        """Asserts that the request of the backend was ended for the sake of the client."""
        self.assertTrue(self.ended.acquire(timeout=patience()), "the backend keeps a request that nobody waits for")
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"], record["bytes_received"]), (0, "downstream_reset", ["DC"], bytesReceived))

    def test_a_fin_after_a_complete_request_is_answered(self):
        for request, method in ((GET, "GET"), (POST + b"hello", "POST"), (b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", "HEAD")):
            with self.subTest(method):
                go = threading.Event()

                def script(exchange):
                    while exchange.readRequest():
                        go.wait(patience())
                        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (0 if method == "HEAD" else 300_000) + b"x" * (0 if method == "HEAD" else 300_000))

                client = self.client(self.proxy(script))
                client.send(request).finish()
                client.quiet(0.05)
                go.set()
                response = client.readResponse(method)
                self.assertEqual((response.status, response.get("connection"), response.complete), (200, "close", True))
                client.endsNow()

    def test_a_fin_after_pipelined_requests_is_answered_by_all_responses(self):
        client = self.client(self.proxy(serving(OK)))
        client.send(GET * 5).finish()
        self.assertEqual([client.readResponse().status for _ in range(5)], [200] * 5)
        client.endsNow()

    def test_a_fin_while_the_first_of_pipelined_requests_is_under_way_is_answered_by_all_responses(self):
        arrived, answer = threading.Event(), threading.Event()
        self.addCleanup(answer.set)

        def script(exchange):
            while exchange.readHead():
                arrived.set()
                answer.wait(patience())
                exchange.send(OK)

        client = self.client(self.proxy(script))
        client.send(GET * 3).finish()
        self.assertTrue(arrived.wait(patience()))
        client.quiet(0.05)  # the FIN has been read
        answer.set()
        self.assertEqual([client.readResponse().status for _ in range(3)], [200] * 3)
        client.endsNow()

    def test_a_fin_between_requests_ends_the_connection(self):
        headgate = self.proxy(serving(OK))
        client = self.client(headgate)
        client.get()
        client.finish().endsNow()
        self.client(headgate).finish().endsNow()

    def test_a_fin_within_a_head_ends_the_connection_without_a_request(self):
        client = self.client(self.proxy(serving(OK)))
        client.send(GET + GET[:-2]).finish()
        self.assertEqual(client.readResponse().status, 200)
        client.endsNow()
        self.assertEqual(self.backend.connections, 1)

    def test_a_fin_within_a_body_cancels_the_request(self):
        for body in (b"Content-Length: 5\r\n\r\nhell", b"Transfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n", b"Transfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n0\r\n"):
            with self.subTest(body):
                headgate = self.holding()
                client = self.client(headgate)
                client.send(b"POST / HTTP/1.1\r\nHost: test\r\n" + body)
                self.arrives()
                client.finish().endsNow()
                self.isCancelled(headgate, 4)
                headgate.terminate()
                headgate.logPath.unlink()

    def test_a_reset_within_a_body_cancels_the_request(self):
        headgate = self.holding()
        client = self.client(headgate)
        client.send(POST + b"hell")
        self.arrives()
        client.reset()
        self.isCancelled(headgate, 4)

    def test_a_reset_within_a_body_that_the_backend_does_not_take_cancels_the_request(self):
        """Headgate reads nothing more of the client then, and must still notice."""
        cancelled = threading.Event()

        def script(exchange):
            exchange.readHead()
            stopped.wait(patience(30))
            while exchange.socket.recv(1 << 20):
                pass
            cancelled.set()

        stopped = threading.Event()
        headgate = self.proxy(script)
        client = self.client(headgate)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000000\r\n\r\n")
        client.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            while True:
                client.send(bytes(1 << 20))
        client.reset()
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (0, "downstream_reset", ["DC"]))
        stopped.set()
        self.assertTrue(cancelled.wait(patience()), "the backend keeps a request that nobody waits for")

    def test_a_reset_while_the_response_is_due_cancels_the_request(self):
        headgate = self.holding()
        client = self.client(headgate)
        client.send(GET)
        self.arrives()
        client.reset()
        self.isCancelled(headgate, 0)

    def test_a_reset_cancels_a_request_behind_which_others_wait(self):
        headgate = self.holding()
        client = self.client(headgate)
        client.send(GET * 3)
        self.arrives()
        client.reset()
        self.isCancelled(headgate, 0)
        headgate.terminate()
        self.assertEqual((self.backend.connections, len(headgate.logLines(1))), (1, 1))

    def test_a_reset_within_the_response_ends_the_response_of_the_backend(self):
        stopped = threading.Event()

        def script(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                while True:
                    exchange.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            except OSError:
                stopped.set()

        headgate = self.proxy(script)
        client = self.client(headgate)
        client.send(GET)
        client.readHead()
        client.readUntil(b"xxx")
        client.reset()
        self.assertTrue(stopped.wait(patience()), "the backend sends for ever")
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (200, "downstream_reset", ["DC"]))


class Backends(Case):
    """`self.turns` scripts the connections of a backend in their order; the last one serves all that follow."""

    def before(self, *turns, **parts):
        turns = [*turns, serving(OK)]
        return self.proxy(lambda exchange: turns[min(exchange.number, len(turns) - 1)](exchange), **parts)

    def onceAndThen(self, end):
        """Answers one request, ends the connection by `end` when told to by `self.go`, and says so."""
        self.go, self.gone = threading.Event(), threading.Event()

        def turn(exchange):
            exchange.readRequest()
            exchange.send(OK)
            self.go.wait(patience())
            end(exchange)
            self.gone.set()
            exchange.readAll()

        return turn

    def test_an_idle_connection_that_the_backend_ended_is_not_used(self):
        for end in (lambda exchange: exchange.finish(), lambda exchange: exchange.reset()):
            headgate = self.before(self.onceAndThen(end))
            client = self.client(headgate)
            client.get()
            before = headgate.openFiles()
            self.go.set()
            eventually(lambda: headgate.openFiles() < before, "headgate closes the connection")
            self.assertEqual(client.send(POST + b"hello").readResponse().status, 200)
            self.assertEqual(headgate.logLines(2)[1]["attempt_count"], 1)
            headgate.kill()
            headgate.logPath.unlink()

    def test_no_request_is_lost_when_it_meets_the_end_of_an_idle_connection(self):
        """Both are in the kernel when headgate wakes up: whichever it sees first, nothing of the request was sent."""
        for end in (lambda exchange: exchange.finish(), lambda exchange: exchange.reset()):
            for request in (GET, POST + b"hello"):
                with self.subTest(request):
                    headgate = self.before(self.onceAndThen(end))
                    client = self.client(headgate)
                    client.get()
                    headgate.pause()
                    client.send(request)
                    self.go.set()
                    self.assertTrue(self.gone.wait(patience()))
                    headgate.signal(signal.SIGCONT)
                    self.assertEqual(client.readResponse().body, b"ok")
                    self.assertEqual(self.backend.connections, 2)

    def dropping(self, exchange):
        """Takes a request on a kept connection and ends it without an answer."""
        exchange.readRequest()
        exchange.send(OK)
        exchange.readRequest()

    def test_a_request_that_may_be_repeated_is_when_a_kept_connection_ends_without_an_answer(self):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            with self.subTest(method):
                client = self.client(self.before(self.dropping))
                client.get()
                client.send(f"{method} / HTTP/1.1\r\nHost: test\r\n\r\n".encode())
                self.assertEqual(client.readResponse("HEAD").status, 200)
                self.assertEqual(self.backend.connections, 2)

    def test_the_body_of_a_repeated_request_is_sent_again(self):
        requests = []
        client = self.client(self.before(self.dropping, serving(OK, requests=requests)))
        client.get()
        client.send(b"PUT / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\nX-T: 1\r\n\r\n")
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual([(request.method, request.body, request.trailers) for request in requests], [("PUT", b"abcde", [("x-t", "1")])])

    def test_a_request_that_may_have_been_done_is_502_when_a_kept_connection_ends_without_an_answer(self):
        for method in ("POST", "PATCH", "PROPPATCH"):
            with self.subTest(method):
                headgate = self.before(self.dropping)
                client = self.client(headgate)
                client.get()
                client.send(POST.replace(b"POST", method.encode()) + b"hello")
                response = client.readResponse()
                self.assertEqual((response.status, response.json()["reason"]), (502, "upstream_reset_before_response"))
                self.assertEqual(self.backend.connections, 1)
                record = headgate.logLines(2)[1]
                self.assertEqual((record["flags"], record["attempt_count"]), (["UC"], 1))
                headgate.kill()
                headgate.logPath.unlink()

    def test_a_connection_that_ends_right_behind_its_response_is_not_used(self):
        came, go, gone = threading.Event(), threading.Event(), threading.Event()

        def turn(exchange):
            exchange.readHead()
            came.set()
            go.wait(patience())
            exchange.send(OK)
            exchange.finish()
            gone.set()
            self.assertEqual(exchange.readAll(), b"")

        headgate = self.before(turn)
        client = self.client(headgate)
        client.send(GET)
        self.assertTrue(came.wait(patience()))
        headgate.pause()
        go.set()
        self.assertTrue(gone.wait(patience()))
        headgate.signal(signal.SIGCONT)
        self.assertEqual(client.readResponse().body, b"ok")
        self.assertEqual(client.send(POST + b"hello").readResponse().body, b"ok")
        self.assertEqual(self.backend.connections, 2)

    def test_a_storm_of_connections_that_end_after_each_response_loses_no_request(self):
        def script(exchange):
            for _ in range(3):
                if not exchange.readRequest():
                    return
                exchange.send(OK)
            exchange.socket.shutdown(socket.SHUT_RDWR)  # without having said so

        headgate = self.headgate(config([self.rawBackend(script)], route={"retries": {"max": 10, "budget_percent": 100}}))
        client = self.client(headgate)
        self.assertEqual({client.get().status for _ in range(300)}, {200})
