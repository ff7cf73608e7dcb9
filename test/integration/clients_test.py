"""Real clients before headgate, and a Python application behind it."""

import http.client
import http.server
import os
import re
import threading
import urllib.error
import urllib.request

from support import environment
from support.case import Case
from support.command import execute
from support.headgate import config


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends back what it got; redirects /old to /new."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/old":
            return self.answer(302, b"", Location="/new")
        return self.answer(200, f"{self.command} {self.path}".encode())

    def do_POST(self):
        self.answer(200, self.body(), **{"X-Length": str(self.headers["Content-Length"]), "X-Type": str(self.headers["Content-Type"])})

    do_PUT = do_POST

    def body(self):
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if self.protocol_version == "HTTP/1.1":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


class OldHandler(Handler):
    """Answers in HTTP/1.0, a connection a request, to its end."""

    protocol_version = "HTTP/1.0"


class ClientsCase(Case):
    handler = Handler

    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.headgate_ = self.headgate(config(["127.0.0.1:%d" % server.server_port]))
        self.host, self.port = self.headgate_.address()
        self.base = f"http://{self.host}:{self.port}"

    def curl(self, *arguments, stdin=None):
        outcome = execute(["curl", "--silent", "--show-error", "--noproxy", "*", *arguments], stdin=stdin)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out


class Curl(ClientsCase):
    def test_several_urls_go_over_one_connection(self):
        out = self.curl("-w", "\n%{num_connects}\n", *(f"{self.base}/{number}" for number in range(4)))
        self.assertEqual(out.split(), "GET /0 1 GET /1 0 GET /2 0 GET /3 0".split())
        self.assertEqual({line["connection_id"] for line in self.headgate_.logLines(4)}, {1})

    def test_an_upload_of_unknown_length_goes_in_chunks(self):
        data = b"0123456789" * 20_000
        self.assertEqual(self.curl("-T", "-", f"{self.base}/upload", stdin=data).encode(), data)
        line = self.headgate_.logLines(1)[0]
        self.assertEqual((line["method"], line["bytes_received"], line["bytes_sent"]), ("PUT", len(data), len(data)))

    def test_a_form_with_a_file_arrives_whole(self):
        path = f"{self.folder}/file.txt"
        with open(path, "wb") as file:
            file.write(b"contents of the file\n" * 1000)
        out = self.curl("-D", f"{self.folder}/head", "-F", "field=value", "-F", f"file=@{path}", f"{self.base}/form")
        with open(f"{self.folder}/head", encoding="ascii", newline="") as file:
            head = file.read().lower()
        boundary = re.search(r"x-type: multipart/form-data; boundary=(\S+)", head)[1]
        self.assertIn(f"x-length: {len(out)}\r\n", head)
        self.assertEqual(out.lower().count(boundary), 3)
        self.assertEqual(out.count("contents of the file\n"), 1000)

    def test_a_client_that_expects_to_be_told_to_go_on_is_told(self):
        limit = int(environment.patience(60))  # longer than the test: without the 100 it would fail
        out = self.curl("-v", "--stderr", f"{self.folder}/trace", "--expect100-timeout", str(limit), "-H", "Expect: 100-continue", "-d", "hello", f"{self.base}/")
        self.assertEqual(out, "hello")
        with open(f"{self.folder}/trace", encoding="utf-8") as file:
            self.assertIn("< HTTP/1.1 100 Continue", file.read())

    def test_an_upload_and_a_download_at_once_by_http_1_0(self):
        self.assertEqual(self.curl("--http1.0", "-d", "hello", f"{self.base}/"), "hello")


class Load(ClientsCase):
    """ab and wrk, before the demo origin."""

    def setUp(self):
        super().setUp()
        origins = [self.origin("one"), self.origin("two")]
        self.headgate_ = self.headgate(config(origins, workers=2))
        self.base = "http://%s:%d" % self.headgate_.address()

    def ab(self, *arguments):
        count = 300 if environment.slow() else 2000
        outcome = execute(["ab", "-q", "-n", str(count), "-c", "50", *arguments, f"{self.base}/bytes/1000"])
        self.assertEqual(outcome.code, 0, outcome)
        self.assertRegex(outcome.out, rf"Complete requests: +{count}\n")
        self.assertRegex(outcome.out, r"Failed requests: +0\n")
        self.assertRegex(outcome.out, rf"HTML transferred: +{count * 1000} bytes\n")
        self.assertNotIn("Non-2xx", outcome.out)
        return count, outcome

    def test_ab_with_a_connection_a_request(self):
        self.ab()

    def test_ab_with_connections_kept_alive(self):
        count, outcome = self.ab("-k")
        self.assertRegex(outcome.out, rf"Keep-Alive requests: +{count}\n")

    def test_ab_with_a_body(self):
        with open(f"{self.folder}/body", "wb") as file:
            file.write(bytes(5000))
        self.ab("-k", "-p", f"{self.folder}/body", "-T", "application/octet-stream")

    def test_wrk(self):
        outcome = execute(["wrk", "-t", "1", "-c", "30", "-d", "1s", "--timeout", "20s", f"{self.base}/ping"])
        self.assertEqual(outcome.code, 0, outcome)
        self.assertGreater(int(re.search(r"(\d+) requests in", outcome.out)[1]), 100)
        self.assertNotRegex(outcome.out, "Socket errors|Non-2xx")


class Python(ClientsCase):
    def test_http_client_reuses_its_connection(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=environment.patience())
        self.addCleanup(connection.close)
        for method, path, body in (("GET", "/a?b=c", None), ("HEAD", "/", None), ("POST", "/", b"hello"), ("GET", "/d", None)):
            connection.request(method, path, body)
            socket = connection.sock
            response = connection.getresponse()
            expected = b"" if method == "HEAD" else body or f"{method} {path}".encode()
            self.assertEqual(response.read(), expected)
            self.assertIs(connection.sock, socket)
        self.assertEqual({line["connection_id"] for line in self.headgate_.logLines(4)}, {1})

    def test_http_client_sends_a_body_in_chunks(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=environment.patience())
        self.addCleanup(connection.close)
        pieces = [os.urandom(size) for size in (1, 1000, 70_000)]
        connection.request("POST", "/", iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(connection.getresponse().read(), b"".join(pieces))

    def test_urllib_follows_redirects_and_sees_errors(self):
        open_ = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        with open_(f"{self.base}/old", timeout=environment.patience()) as response:
            self.assertEqual((response.url, response.read()), (f"{self.base}/new", b"GET /new"))
        with open_(urllib.request.Request(f"{self.base}/", data=b"a=b"), timeout=environment.patience()) as response:
            self.assertEqual((response.headers["X-Type"], response.read()), ("application/x-www-form-urlencoded", b"a=b"))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            open_(urllib.request.Request(f"{self.base}/", method="DELETE"), timeout=environment.patience())
        self.assertEqual(caught.exception.code, 501)
        caught.exception.close()


class PythonBeforeHttp10(Python):
    """The same clients before an application that speaks HTTP/1.0 and closes after each answer."""

    handler = OldHandler
