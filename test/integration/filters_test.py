"""The filters between real clients and backends: headers, cors, ip_access, compress, error bodies, and the log's own formats."""

import gzip
import json
import re
import subprocess
import zlib

from support.backend import answering
from support.case import Case, eventually

TEXT = b"All work and no play makes a gate a dull gate. " * 200
ENCODINGS = ("gzip", "br", "zstd")


def chain(*filters, **listener):
    return {"filters": [*filters, {"name": "router"}], **listener}


def page(head=b"", body=TEXT, contentType=b"text/html"):
    """A backend that answers with `body` and further header lines."""
    return answering(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s" % (contentType, len(body), head, body))


def get(path="/", *lines):
    return (f"GET {path} HTTP/1.1\r\nHost: a\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()


class Headers(Case):
    def test_change_what_the_backend_and_the_client_see(self):
        seen = []

        def script(exchange):
            while head := exchange.readHead():
                seen.append(head)
                exchange.send(b"HTTP/1.1 200 OK\r\nX-Powered-By: magic\r\nContent-Length: 0\r\n\r\n")

        headgate = self.proxy(script, listener=chain({
            "name": "headers",
            "request": {"remove": ["x-secret"], "set": {"x-path": "%REQ(:PATH)% of %REQ(HOST)%"}, "add": {"x-list": ["1", "2"]}},
            "response": {"remove": ["x-powered-by"], "set": {"x-status": "%RESPONSE_CODE% from %UPSTREAM_HOST%"}}}))
        response = self.client(headgate).send(get("/b?c", "X-Secret: 1", "X-Path: forged")).readResponse()
        head = seen[0].lower()
        self.assertNotIn(b"x-secret", head)
        self.assertEqual(re.findall(rb"x-path: (.*)\r\n", head), [b"/b?c of a"])
        self.assertEqual(re.findall(rb"x-list: (.*)\r\n", head), [b"1", b"2"])
        self.assertIsNone(response.get("x-powered-by"))
        self.assertEqual(response.get("x-status"), f"200 from {self.backend.endpoint()}")

    def test_change_answers_of_the_proxy_too(self):
        headgate = self.proxy(answering(), listener=chain({"name": "headers", "response": {"set": {"x-why": "%RESPONSE_CODE_DETAILS%"}}}),
                              route={"match": {"host": "other"}})
        self.assertEqual(self.client(headgate).get("/").get("x-why"), "route_not_found")


class Cors(Case):
    OPTIONS = {"name": "cors", "allow_origins": ["https://app.example", "https://*.app.example"], "allow_methods": ["PUT"], "allow_headers": ["x-a"],
               "allow_credentials": True, "max_age": "10m"}

    def test_a_preflight_never_reaches_the_backend(self):
        def script(exchange):
            raise AssertionError("the backend was asked")

        headgate = self.proxy(script, listener=chain(self.OPTIONS))
        preflight = b"OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: %s\r\nAccess-Control-Request-Method: PUT\r\n\r\n"
        client = self.client(headgate)
        allowed = client.send(preflight % b"https://x.app.example").readResponse()
        self.assertEqual(allowed.status, 204)
        self.assertEqual(allowed.get("access-control-allow-origin"), "https://x.app.example")
        self.assertEqual(allowed.get("access-control-allow-methods"), "PUT")
        self.assertEqual(allowed.get("access-control-allow-credentials"), "true")
        self.assertEqual(allowed.get("access-control-max-age"), "600")
        denied = client.send(preflight % b"https://evil.example").readResponse()
        self.assertEqual((denied.status, denied.json()["reason"]), (403, "cors_origin_denied"))
        self.assertIsNone(denied.get("access-control-allow-origin"))

    def test_listed_origins_may_read_answers(self):
        headgate = self.proxy(page(b"Access-Control-Allow-Origin: *\r\n"), listener=chain(self.OPTIONS))
        client = self.client(headgate)
        self.assertEqual(client.send(get("/", "Origin: https://app.example")).readResponse().get("access-control-allow-origin"), "https://app.example")
        for lines in ([], ["Origin: https://evil.example"]):
            other = client.send(get("/", *lines)).readResponse()
            self.assertEqual((other.status, other.all("access-control-allow-origin"), other.get("vary")), (200, [], "origin"))


class IpAccess(Case):
    def test_refuses_by_address_and_route(self):
        headgate = self.proxy(answering(), listener={**chain({"name": "ip_access", "deny": ["127.0.0.0/8"]}), "trusted_hops": 1})
        client = self.client(headgate)
        refused = client.get("/")
        self.assertEqual((refused.status, refused.json()["code"], refused.json()["reason"]), (403, 403, "ip_denied"))
        self.assertEqual(client.send(get("/", "X-Forwarded-For: 192.0.2.1")).readResponse().status, 200)

    def test_is_off_for_a_route(self):
        headgate = self.proxy(answering(), listener=chain({"name": "ip_access", "allow": ["192.0.2.0/24"]}), route={"filters": {"ip_access": "off"}})
        self.assertEqual(self.client(headgate).get("/").status, 200)


class Compress(Case):
    FILTER = {"name": "compress", "levels": {"gzip": 6}}

    def curl(self, headgate, *arguments):
        """The body that curl reads, and the head that came with it."""
        host, port = headgate.address("main")
        done = subprocess.run(["curl", "-s", "--max-time", "60", "-D", "-", *arguments, f"http://{host}:{port}/"], capture_output=True, check=True)
        head, body = done.stdout.split(b"\r\n\r\n", 1)
        return head.lower(), body

    def test_curl_reads_every_coding(self):
        headgate = self.proxy(page(b'ETag: "v1"\r\nAccept-Ranges: bytes\r\n'), listener=chain(self.FILTER))
        for encoding in ENCODINGS:
            head, body = self.curl(headgate, "--compressed", "-H", f"Accept-Encoding: {encoding}")
            self.assertEqual(body, TEXT, encoding)
            self.assertIn(f"content-encoding: {encoding}".encode(), head)
            self.assertIn(b'etag: w/"v1"', head)
            self.assertIn(b"vary: accept-encoding", head)
            self.assertNotIn(b"accept-ranges", head)
            self.assertNotIn(b"content-length", head)
        head, body = self.curl(headgate)
        self.assertEqual(body, TEXT)
        self.assertNotIn(b"content-encoding", head)
        self.assertIn(b"vary: accept-encoding", head)

    def test_the_codings_are_what_their_libraries_read(self):
        headgate = self.proxy(page(), listener=chain(self.FILTER))
        response = self.client(headgate).send(get("/", "Accept-Encoding: gzip")).readResponse()
        self.assertLess(len(response.body), len(TEXT) // 10)
        self.assertEqual(gzip.decompress(response.body), TEXT)
        response = self.client(headgate).send(get("/", "Accept-Encoding: br")).readResponse()
        done = subprocess.run([*"/usr/bin/python3 -c".split(), "import brotli,sys; sys.stdout.buffer.write(brotli.decompress(sys.stdin.buffer.read()))"],
                              input=response.body, capture_output=True, check=True)
        self.assertEqual(done.stdout, TEXT)

    def test_leaves_alone_what_it_must(self):
        cases = {"encoded": b"Content-Encoding: br\r\n", "forbidden": b"Cache-Control: no-transform\r\n"}
        for name, head in cases.items():
            with self.subTest(name):
                headgate = self.proxy(page(head), listener=chain(self.FILTER))
                response = self.client(headgate).send(get("/", "Accept-Encoding: gzip")).readResponse()
                self.assertEqual((response.body, response.get("content-length")), (TEXT, str(len(TEXT))))
        headgate = self.proxy(page(contentType=b"image/png"), listener=chain(self.FILTER))
        self.assertEqual(self.client(headgate).send(get("/", "Accept-Encoding: gzip")).readResponse().body, TEXT)

    def test_head_has_the_head_of_get_and_the_connection_lives_on(self):
        def script(exchange):
            while head := exchange.readHead():
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(TEXT))
                if head.startswith(b"GET"):
                    exchange.send(TEXT)

        headgate = self.proxy(script, listener=chain(self.FILTER))
        client = self.client(headgate)
        head = client.send(get("/", "Accept-Encoding: gzip").replace(b"GET", b"HEAD", 1)).readResponse("HEAD")
        self.assertEqual((head.get("content-encoding"), head.get("content-length")), ("gzip", None))
        self.assertEqual(gzip.decompress(client.send(get("/", "Accept-Encoding: gzip")).readResponse().body), TEXT)

    def test_an_event_is_read_when_it_is_sent(self):
        def script(exchange):
            while exchange.readHead():
                exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n")
                exchange.readHead()  # the client asks for the rest only after it has read the first

        headgate = self.proxy(script, listener=chain(self.FILTER))
        client = self.client(headgate).send(get("/", "Accept-Encoding: gzip"))
        client.readHead()
        inflate, text = zlib.decompressobj(16 + zlib.MAX_WBITS), b""
        while b"data: " not in text:
            size = int(client.readUntil(b"\r\n")[:-2], 16)
            text += inflate.decompress(client.readExactly(size))
            client.readExactly(2)
        client.reset()

    def test_trailers_follow_the_end_of_the_body(self):
        chunk = b"%x\r\n%s\r\n" % (len(TEXT), TEXT)
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\nX-Sum: 5\r\n\r\n"
        headgate = self.proxy(answering(answer), listener=chain(self.FILTER))
        response = self.client(headgate).send(get("/", "Accept-Encoding: gzip", "TE: trailers", "Connection: TE")).readResponse()
        self.assertEqual(gzip.decompress(response.body), TEXT)
        self.assertTrue(response.complete)

    def test_a_large_answer_for_a_slow_client_is_whole(self):
        large = b"".join(b"%d %s\n" % (i * 7919 % 100003, TEXT[:50]) for i in range(60_000))
        headgate = self.proxy(page(body=large), listener=chain(self.FILTER))
        client = self.client(headgate, receiveBuffer=4096).send(get("/", "Accept-Encoding: gzip"))
        self.assertEqual(gzip.decompress(client.readResponse().body), large)


class ErrorBodies(Case):
    def test_are_json_of_another_shape(self):
        headgate = self.proxy(answering(), listener={"error_body": {"json": {"error": {"status": "%RESPONSE_CODE%", "reason": "%RESPONSE_CODE_DETAILS%",
                                                                                        "message": "%LOCAL_REPLY_BODY%", "path": "%REQ(:PATH)%"}}}},
                              route={"match": {"host": "other"}})
        response = self.client(headgate).get('/a"b')
        self.assertEqual((response.status, response.get("content-type")), (404, "application/json"))
        error = response.json()["error"]
        self.assertEqual((error["status"], error["reason"]), (404, "route_not_found"))
        self.assertNotEqual(error["message"], "")

    def test_are_a_page_in_which_nobody_can_write_markup(self):
        headgate = self.proxy(answering(), listener={"error_body": {"text": "<h1>%RESPONSE_CODE%</h1><p>%REQ(:PATH)%</p>", "content_type": "text/html"}},
                              route={"match": {"host": "other"}})
        response = self.client(headgate).get("/?<script>")
        self.assertEqual((response.get("content-type"), response.body), ("text/html", b"<h1>404</h1><p>/?&lt;script&gt;</p>"))

    def test_are_the_structured_error_by_default(self):
        headgate = self.proxy(answering(), route={"match": {"host": "other"}})
        self.assertEqual(set(self.client(headgate).get("/").json()), {"code", "message", "reason"})


class LogFormats(Case):
    def lines(self, name, count):
        def read():
            with open(f"{self.folder}/{name}", "rb") as file:
                lines = file.read().split(b"\n")[:-1]
            return lines if len(lines) >= count else None
        return eventually(read, f"{count} lines in {name}")

    def test_are_ones_own_in_several_sinks_with_conditions(self):
        logs = [{"name": "access_log", "path": f"{self.folder}/all.log", "format": "%REQ(:METHOD)% %REQ(X-NONE?:PATH):6% %RESPONSE_CODE% %UPSTREAM_PROTOCOL%"},
                {"name": "access_log", "path": f"{self.folder}/errors.log", "when": {"status": {"min": 400}},
                 "format": {"status": "%RESPONSE_CODE%", "missing": "%REQ(X-NONE)%", "request": {"path": "at %REQ(:PATH)%"}, "version": 2}}]
        headgate = self.proxy(answering(), listener=chain(*logs), route={"match": {"path": "/good"}})
        client = self.client(headgate)
        self.assertEqual(client.get("/good/long").status, 200)
        self.assertEqual(client.get("/bad").status, 404)
        self.assertEqual(self.lines("all.log", 2), [b"GET /good/ 200 HTTP/1.1", b"GET /bad 404 -"])
        errors = [json.loads(line) for line in self.lines("errors.log", 1)]
        self.assertEqual(errors, [{"status": 404, "missing": None, "request": {"path": "at /bad"}, "version": 2}])
