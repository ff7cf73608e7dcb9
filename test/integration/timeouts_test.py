"""The time-outs: who is late is answered or cut off; who is slow but moves is not."""

import select
import threading

from support import environment
from support.backend import answering
from support.case import Case, eventually

LATE = "200ms"  # for those that must come
SPARING = 0.5 * (4 if environment.slow() else 1)  # seconds, for those that must not, though the machine may be busy
SPARING_TEXT = f"{int(SPARING * 1000)}ms"
STEP = SPARING / 10

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


def drip(to, data, step=STEP):
    """Sends `data` to `to` in single bytes, `step` seconds apart, until something comes back."""
    for byte in data:
        to.send(bytes([byte]))
        if select.select([to.socket], [], [], step)[0]:
            return


def silent(exchange):
    exchange.readAll()


class Timeouts(Case):
    def start(self, script=None, route=None, **timeouts):
        self.proxied = self.proxy(script or answering(), listener={"timeouts": timeouts}, route=route or {})
        return self.client(self.proxied)

    def assertError(self, client, status, reason):
        response = client.readResponse()
        self.assertEqual((response.status, response.json()["reason"], response.complete), (status, reason, True))
        return response

    def assertRecord(self, status, details, flags):
        record = self.proxied.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (status, details, flags), record)
        return record

    # ---- headers

    def test_a_head_that_drips_too_long_is_answered_408(self):
        client = self.start(headers=LATE)
        drip(client, b"GET / HTTP/1.1\r\nX-Long: " + bytes(b"x" * 1000))
        self.assertEqual(self.assertError(client, 408, "request_timeout").get("connection"), "close")
        client.endsNow()
        self.assertRecord(408, "request_timeout", ["DT"])

    def test_a_second_head_that_stalls_is_answered_408(self):
        client = self.start(headers=LATE)
        self.assertEqual(client.send(REQUEST).readResponse().status, 200)
        client.send(REQUEST[:-2])
        self.assertError(client, 408, "request_timeout")

    def test_a_head_that_drips_but_comes_in_time_is_served(self):
        client = self.start(headers=SPARING_TEXT)
        drip(client, REQUEST, STEP / len(REQUEST))
        self.assertEqual(client.readResponse().status, 200)

    # ---- body_idle, request

    def test_a_body_that_stops_is_answered_408(self):
        client = self.start(silent, body_idle=LATE)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nsome")
        self.assertEqual(self.assertError(client, 408, "request_timeout").get("connection"), "close")
        client.endsNow()
        self.assertEqual(self.assertRecord(408, "request_timeout", ["DT"])["bytes_received"], 4)

    def test_a_body_that_is_slow_but_moves_is_served(self):
        client = self.start(self.reader, body_idle=SPARING_TEXT)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 14\r\n\r\n")
        drip(client, b"slow but moves")
        self.assertEqual(client.readResponse().body, b"slow but moves")

    def test_a_request_that_is_slow_but_moves_is_cut_by_the_time_of_the_whole(self):
        client = self.start(silent, request=LATE, body_idle="30s")
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n")
        drip(client, bytes(1000))
        self.assertError(client, 408, "request_timeout")
        self.assertRecord(408, "request_timeout", ["DT"])

    def test_a_backend_that_is_slow_does_not_count_against_the_request(self):
        client = self.start(self.waiter, request=LATE, body_idle=LATE, headers=LATE, idle=LATE)
        self.assertEqual(client.send(REQUEST).readResponse().status, 200)
        self.assertRecord(200, "via_upstream", [])

    @staticmethod
    def reader(exchange):
        """Answers a body of 14 bytes with itself."""
        exchange.readHead()
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + exchange.readExactly(14))

    @staticmethod
    def waiter(exchange):
        """Answers after a while."""
        exchange.readHead()
        select.select([exchange.socket], [], [], SPARING)
        exchange.send(OK)

    # ---- idle

    def test_an_idle_connection_is_closed_without_a_word(self):
        client = self.start(idle=LATE)
        self.assertEqual(client.send(REQUEST).readResponse().status, 200)
        client.endsNow()
        self.client(self.proxied).endsNow()  # nor does one need to have asked for something
        self.assertEqual(len(self.proxied.logLines(1)), 1)

    def test_a_connection_that_is_used_now_and_then_is_kept(self):
        client = self.start(idle=SPARING_TEXT)
        for _ in range(4):
            self.assertEqual(client.send(REQUEST).readResponse().status, 200)
            client.quiet(SPARING / 3)

    # ---- stream_idle

    def test_a_stream_where_nothing_moves_is_answered_504(self):
        client = self.start(silent, stream_idle=LATE)
        client.send(REQUEST)
        self.assertError(client, 504, "stream_idle_timeout")
        self.assertRecord(504, "stream_idle_timeout", ["SI"])

    def test_a_stream_where_the_request_does_not_move_is_answered_408(self):
        client = self.start(silent, stream_idle=LATE, body_idle="30s")
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nsome")
        self.assertError(client, 408, "request_timeout")
        self.assertIn("SI", self.proxied.logLines(1)[0]["flags"])

    def test_a_response_that_stops_is_cut_off(self):
        def stops(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            exchange.readAll()

        client = self.start(stops, stream_idle=LATE)
        response = client.send(REQUEST).readResponse()
        self.assertEqual((response.status, response.complete), (200, False))
        record = self.proxied.logLines(1)[0]
        self.assertEqual((record["status"], record["flags"], record["bytes_sent"]), (200, ["SI"], 4))

    def test_a_response_that_is_slow_but_moves_comes_whole(self):
        def drips(exchange):
            exchange.readHead()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n")
            drip(exchange, b"slow but moves")

        client = self.start(drips, {"timeout": SPARING_TEXT}, stream_idle=SPARING_TEXT)
        self.assertEqual(client.send(REQUEST).readResponse().body, b"slow but moves")

    # ---- write_idle

    def floods(self, exchange):
        """Sends more than any buffers on the way hold."""
        exchange.readHead()
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n")
        for _ in range(30):
            exchange.send(bytes(1000000))

    def test_a_client_that_takes_nothing_is_cut_off(self):
        self.start(self.floods, write_idle=LATE)
        client = self.client(self.proxied, receiveBuffer=4096)
        client.send(REQUEST)
        record = self.assertRecord(200, "downstream_write_idle", ["DC"])
        self.assertLess(record["bytes_sent"], 30000000)

    def test_a_client_that_takes_slowly_is_not_cut_off(self):
        self.start(self.floods, write_idle=SPARING_TEXT)
        client = self.client(self.proxied, receiveBuffer=65536)
        client.send(REQUEST).readHead()
        for _ in range(30):  # three times the time-out, and far from all
            client.readExactly(20000)
            threading.Event().wait(STEP)
        client.close()
        self.assertRecord(200, "downstream_reset", ["DC"])

    # ---- of the route

    def test_a_backend_that_does_not_answer_in_time_is_504(self):
        client = self.start(silent, {"timeout": LATE})
        client.send(REQUEST)
        self.assertError(client, 504, "upstream_timeout")
        record = self.assertRecord(504, "upstream_timeout", ["UT"])
        self.assertEqual(record["attempts"], [{"host": self.backend.endpoint(), "outcome": "upstream_timeout"}])

    def test_the_time_of_the_route_spans_all_tries(self):
        client = self.start(silent, {"timeout": "300ms", "retries": {"per_try_timeout": "200ms", "max": 10}})
        client.send(REQUEST)
        self.assertError(client, 504, "upstream_timeout")
        self.assertEqual([attempt["outcome"] for attempt in self.proxied.logLines(1)[0]["attempts"]],
                         ["upstream_per_try_timeout", "upstream_timeout"])

    def test_the_time_of_the_route_begins_when_the_request_is_whole(self):
        client = self.start(self.reader, {"timeout": SPARING_TEXT})
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 14\r\n\r\n")
        drip(client, b"slow but moves")
        self.assertEqual(client.readResponse().status, 200)

    def test_a_try_that_is_not_answered_in_time_is_504_when_it_cannot_be_repeated(self):
        client = self.start(silent, {"retries": {"per_try_timeout": LATE}})
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi")
        self.assertError(client, 504, "upstream_per_try_timeout")
        self.assertRecord(504, "upstream_per_try_timeout", ["UT"])

    def test_the_client_may_go_on_after_a_504(self):
        def silentOnce(exchange):
            silent(exchange) if exchange.number == 0 else answering()(exchange)

        client = self.start(silentOnce, {"timeout": LATE})
        client.send(REQUEST)
        self.assertError(client, 504, "upstream_timeout")
        self.assertEqual(client.send(REQUEST).readResponse().status, 200)
        eventually(lambda: self.backend.connections == 2, "the silent connection was not used again")
