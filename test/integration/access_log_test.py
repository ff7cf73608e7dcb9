"""What the access log says of an exchange, in text and in JSON, and what nobody can make it say."""

import json
import re
from datetime import datetime, timedelta, timezone

from support.backend import answering, refusedAddress
from support.case import Case, eventually
from support.client import fetch
from support.headgate import config

LINE = re.compile(
    rb'\[(?P<start>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] "(?P<method>[^" ]+) (?P<path>[^" ]+) (?P<protocol>[^" ]+)" (?P<status>\d+) (?P<flags>\S+) '
    rb'(?P<received>\d+) (?P<sent>\d+) (?P<duration>\d+) (?P<service>\d+|-) '
    rb'"(?P<forwarded>[^"]*)" "(?P<agent>[^"]*)" "(?P<id>[^"]*)" "(?P<authority>[^"]*)" "(?P<host>[^"]*)"')
KEYS = ["start_time", "request_id", "connection_id", "remote_address", "forwarded_for", "client_id", "method", "scheme", "authority", "path", "protocol", "user_agent",
        "status", "flags", "details", "rate_limit", "bytes_received", "bytes_sent", "duration_ms", "request_duration_ms", "response_duration_ms",
        "upstream_service_ms", "cluster", "upstream_host", "attempt_count", "attempts"]


def echoing(exchange):
    """Answers each request with the body that it had, of a known length."""
    while head := exchange.readHead():
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        exchange.send(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (length, exchange.readExactly(length)))


def textLog(folder):
    """The filters that write the default line to a file."""
    return {"filters": [{"name": "access_log", "path": f"{folder}/text.log"}, {"name": "router"}]}


class Fields(Case):
    REQUEST = (b"POST /a/../b%7e?q=1 HTTP/1.1\r\nHost: Shop.Test:8080\r\nUser-Agent: agent/1\r\nX-Request-ID: id-1\r\nX-Forwarded-For: 192.0.2.7\r\n"
               b"Content-Length: 5\r\n\r\nhello")

    def textLines(self, count):
        def read():
            with open(f"{self.folder}/text.log", "rb") as file:
                lines = file.read().split(b"\n")[:-1]
            return lines if len(lines) >= count else None
        return eventually(read, f"{count} lines in the access log")

    def test_the_default_line_says_what_happened(self):
        headgate = self.proxy(echoing, listener=textLog(self.folder))
        self.assertEqual(self.client(headgate).send(self.REQUEST).readResponse().body, b"hello")
        fields = LINE.fullmatch(self.textLines(1)[0]).groupdict()
        self.assertLess(int(fields.pop("duration")), 60_000)
        self.assertLess(int(fields.pop("service")), 60_000)
        begun = datetime.strptime(fields.pop("start").decode(), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        self.assertLess(abs(datetime.now(timezone.utc) - begun), timedelta(minutes=5))
        self.assertEqual(fields, {"method": b"POST", "path": b"/b~?q=1", "protocol": b"HTTP/1.1", "status": b"201", "flags": b"-", "received": b"5", "sent": b"5",
                                  "forwarded": b"192.0.2.7, 127.0.0.1", "agent": b"agent/1", "id": b"id-1", "authority": b"shop.test:8080",
                                  "host": self.backend.endpoint().encode()})

    def test_what_is_unset_in_the_default_line_is_a_dash(self):
        headgate = self.proxy(answering(), listener=textLog(self.folder), route={"match": {"host": "other"}})
        self.assertEqual(self.client(headgate).get("/none").status, 404)
        fields = LINE.fullmatch(self.textLines(1)[0]).groupdict()
        self.assertEqual([fields[name] for name in ("flags", "service", "forwarded", "agent", "id", "host")], [b"NR", b"-", b"-", b"-", b"-", b"-"])

    def test_without_filters_in_the_configuration_the_default_line_goes_to_stdout(self):
        headgate = self.proxy(answering(), listener={"filters": None})
        self.client(headgate).get("/seen", fields=["User-Agent: agent/2"])
        line = headgate.waitFor(r'^\[2\d{3}-.* "GET /seen .*$')[0]
        self.assertEqual(LINE.fullmatch(line.encode())["agent"], b"agent/2")

    def test_a_json_line_has_every_field_and_each_is_true(self):
        headgate = self.proxy(echoing)
        client = self.client(headgate)
        client.send(self.REQUEST).readResponse()
        client.send(b"PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").readResponse()
        first, second = headgate.logLines(2)
        self.assertEqual(list(first), KEYS)
        self.assertEqual(list(second), KEYS)
        times = {key: first.pop(key) for key in ("duration_ms", "request_duration_ms", "response_duration_ms", "upstream_service_ms")}
        self.assertLessEqual(0, times["request_duration_ms"])
        self.assertLessEqual(times["request_duration_ms"], times["response_duration_ms"])
        self.assertLessEqual(times["upstream_service_ms"], times["response_duration_ms"])
        self.assertLessEqual(times["response_duration_ms"], times["duration_ms"])
        self.assertRegex(first.pop("start_time"), r"^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        backend = self.backend.endpoint()
        self.assertEqual(first, {
            "request_id": "id-1", "connection_id": 1, "remote_address": "127.0.0.1", "forwarded_for": "192.0.2.7, 127.0.0.1", "client_id": None, "method": "POST", "scheme": "http",
            "authority": "shop.test:8080", "path": "/b~?q=1", "protocol": "HTTP/1.1", "user_agent": "agent/1", "status": 201, "flags": [],
            "details": "via_upstream", "rate_limit": None, "bytes_received": 5, "bytes_sent": 5, "cluster": "app", "upstream_host": backend, "attempt_count": 1,
            "attempts": [{"host": backend, "outcome": "201"}]})
        self.assertEqual((second["method"], second["bytes_received"], second["bytes_sent"], second["user_agent"]), ("PUT", 0, 0, None))
        self.assertEqual(second["connection_id"], first["connection_id"])

    def test_the_id_that_headgate_made_is_the_one_in_the_log(self):
        heads = []
        headgate = self.proxy(answering(heads=heads))
        fetch(headgate.address())
        self.assertIn(f"x-request-id: {headgate.logLines(1)[0]['request_id']}\r\n".encode(), heads[0].lower())

    def test_exchanges_of_different_connections_have_different_connection_ids(self):
        headgate = self.proxy(answering(), workers=2)
        for _ in range(4):
            fetch(headgate.address())
        self.assertEqual(len({line["connection_id"] for line in headgate.logLines(4)}), 4)

    def test_a_body_in_chunks_counts_without_its_framing(self):
        headgate = self.proxy(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"))
        self.client(headgate).get()
        self.assertEqual(headgate.logLines(1)[0]["bytes_sent"], 7)

    def test_the_protocol_is_the_one_of_the_client(self):
        headgate = self.proxy(answering())
        self.client(headgate).send(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n").readResponse()
        self.assertEqual(headgate.logLines(1)[0]["protocol"], "HTTP/1.0")


class Failures(Case):
    """Flags and details of exchanges that did not go well."""

    def outcome(self, headgate):
        line = headgate.logLines(1)[0]
        return line["status"], line["flags"], line["details"], [attempt["outcome"] for attempt in line["attempts"]]

    def test_a_client_that_leaves_before_the_response(self):
        headgate = self.proxy(lambda exchange: (exchange.readHead(), client.reset(), exchange.readAll()))
        client = self.client(headgate)
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(self.outcome(headgate)[:3], (0, ["DC"], "downstream_reset"))

    def test_a_client_that_leaves_within_the_response(self):
        headgate = self.proxy(lambda exchange: (exchange.readHead(), exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour"), exchange.readAll()))
        client = self.client(headgate)
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").readUntil(b"four")
        client.reset()
        self.assertEqual(self.outcome(headgate), (200, ["DC"], "downstream_reset", ["200"]))
        self.assertEqual(headgate.logLines(1)[0]["bytes_sent"], 4)

    def test_no_route(self):
        headgate = self.proxy(answering(), route={"match": {"path": "/there"}})
        self.client(headgate).get("/here")
        self.assertEqual(self.outcome(headgate), (404, ["NR"], "route_not_found", []))
        line = headgate.logLines(1)[0]
        self.assertEqual((line["cluster"], line["upstream_host"], line["attempt_count"], line["upstream_service_ms"]), (None, None, 0, None))

    def test_a_backend_that_refuses(self):
        address, holder = refusedAddress()
        with holder:
            headgate = self.headgate(config([address], route={"retries": {"on": []}}))
            self.client(headgate).get()
            self.assertEqual(self.outcome(headgate), (503, ["UF"], "upstream_connect_failed", ["upstream_connect_failed"]))
            self.assertEqual(headgate.logLines(1)[0]["upstream_host"], address)

    def test_retries_that_are_used_up(self):
        refused = [refusedAddress() for _ in range(3)]
        addresses = [address for address, _ in refused]
        headgate = self.headgate(config(addresses, route={"retries": {"max": 2}}))
        self.client(headgate).get()
        self.assertEqual(self.outcome(headgate), (503, ["UF", "URX"], "upstream_connect_failed", ["upstream_connect_failed"] * 3))
        line = headgate.logLines(1)[0]
        self.assertEqual(sorted(attempt["host"] for attempt in line["attempts"]), sorted(addresses))
        for _, holder in refused:
            holder.close()

    def test_a_retry_that_helped(self):
        address, holder = refusedAddress()
        with holder:
            backend = self.rawBackend()
            headgate = self.headgate(config([address, backend]))
            client = self.client(headgate)
            self.assertEqual([client.get().status, client.get().status], [200, 200])
            line = next(line for line in headgate.logLines(2) if line["attempt_count"] == 2)
            self.assertEqual((line["status"], line["flags"], line["details"], line["upstream_host"]), (200, [], "via_upstream", backend.endpoint()))
            self.assertEqual(line["attempts"], [{"host": address, "outcome": "upstream_connect_failed"}, {"host": backend.endpoint(), "outcome": "200"}])

    def test_a_backend_that_closes_breaks_the_protocol_cuts_its_response_or_is_late(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour"
        cases = {
            (502, "UC", "upstream_reset_before_response"): lambda exchange: exchange.readHead(),
            (502, "UPE", "upstream_protocol_error"): lambda exchange: (exchange.readHead(), exchange.send(b"nonsense\r\n\r\n")),
            (200, "UC", "upstream_truncated_response"): lambda exchange: (exchange.readHead(), exchange.send(head)),
            (504, "UT", "upstream_timeout"): lambda exchange: (exchange.readHead(), exchange.readAll()),
        }
        for (status, flag, details), script in cases.items():
            with self.subTest(details):
                headgate = self.proxy(script, route={"timeout": "300ms", "retries": {"on": []}})
                with self.client(headgate) as client:
                    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").readHead()
                self.assertEqual(self.outcome(headgate)[:3], (status, [flag], details))
                headgate.terminate()
                headgate.logPath.unlink()

    def test_requests_that_are_refused_are_in_the_log(self):
        headgate = self.proxy(answering())
        self.client(headgate).send(b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").readResponse()
        self.assertEqual(self.outcome(headgate), (400, ["DPE"], "bad_request", []))


class Forgery(Case):
    """A client chooses bytes of a line, and never where the line or a value in it ends."""

    # Quotes, backslashes, a tab, what looks like the rest of a line, C1 controls as bytes and as UTF-8, line separators, bytes that are no UTF-8.
    AGENT = b'x" 200 - 1 2 3 4 "\\"\t\\x22 \x80\x85\x9b\xff \xc2\x85 \xe2\x80\xa8 \xc3\xa4'
    HEADS = [
        b"GET /%0a%22 HTTP/1.1\r\nHost: h\r\nUser-Agent: " + AGENT + b"\r\n\r\n",
        b'GET /"\\ HTTP/1.1\r\nHost: h\r\n\r\n',
        b"GET /\x80\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: a\nb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: a\0b\x1b[2J\r\n\r\n",
        b'GET / HTTP/1.1\r\nHost: h"\r\nX-Request-ID: a"b\r\n\r\n',
        b'G"T / HTTP/1.1\r\nHost: h\r\n\r\n',
        b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1\" \x85\r\n\r\n",
    ]

    def lines(self, path, headgate):
        for head in self.HEADS:
            with self.client(headgate) as client:
                client.send(head).readResponse()
        self.assertEqual(headgate.terminate(), 0)
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
        self.assertEqual(lines.pop(), b"")
        self.assertEqual(len(lines), len(self.HEADS))
        return lines

    def test_the_bytes_of_headers_cannot_forge_a_line_of_text(self):
        lines = self.lines(f"{self.folder}/text.log", self.proxy(answering(), listener=textLog(self.folder)))
        for line in lines:
            self.assertRegex(line, rb"^[ -~]*$")
            self.assertIsNotNone(LINE.fullmatch(line), line)
        self.assertEqual(LINE.fullmatch(lines[0])["agent"],
                         rb"x\x22 200 - 1 2 3 4 \x22\x5C\x22\x09\x5Cx22 \x80\x85\x9B\xFF \xC2\x85 \xE2\x80\xA8 \xC3\xA4")

    def test_the_bytes_of_headers_cannot_forge_a_line_of_json(self):
        headgate = self.proxy(answering())
        lines = self.lines(headgate.logPath, headgate)
        records = [json.loads(line.decode("utf-8")) for line in lines]
        self.assertEqual([list(record) for record in records], [KEYS] * len(lines))
        self.assertEqual(records[0]["user_agent"], 'x" 200 - 1 2 3 4 "\\"\t\\x22 \ufffd\ufffd\ufffd\ufffd \x85 \u2028 \xe4')
        for line in lines:
            self.assertNotRegex(line, rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]")
