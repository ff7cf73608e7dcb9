"""A client that sends its requests and then FIN, and reads on."""

import threading

from support import environment
from support.case import Case

REQUEST = b"GET /%d HTTP/1.1\r\nHost: test\r\n\r\n"


class HalfClose(Case):
    def test_requests_that_were_pipelined_before_a_fin_are_all_answered(self):
        arrived, answer = threading.Event(), threading.Event()
        self.addCleanup(answer.set)

        def script(exchange):
            while exchange.readHead():
                arrived.set()
                answer.wait(environment.patience())
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        client = self.client(self.proxy(script))
        client.send(b"".join(REQUEST % number for number in range(3))).finish()
        self.assertTrue(arrived.wait(environment.patience()))
        client.quiet(0.05)  # the FIN has been read while the first request is under way
        answer.set()
        self.assertEqual([client.readResponse().status for _ in range(3)], [200] * 3)
        client.endsNow()
