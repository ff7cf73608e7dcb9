"""A real nginx behind headgate, with curl as the client."""

import gzip
import hashlib
import os
import re
import socket

from support import environment
from support.case import Case, eventually
from support.command import execute
from support.headgate import config

# One process that ends with the test; every file is in the folder of the test.
CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  types {{ text/plain txt; }}
  server {{
    listen 127.0.0.1:{port};
    absolute_redirect off;
    root files;
    location /few/ {{ alias files/; keepalive_requests 5; }}
    location /zipped/ {{ alias files/; gzip on; gzip_min_length 1; gzip_types text/plain; gzip_proxied any; }}
    location /moved {{ return 302 /elsewhere; }}
  }}
}}
"""
TEXT = b"one line of many, which a compressor likes\n" * 200


class Nginx(Case):
    def setUp(self):
        super().setUp()
        self.write("files/text.txt", TEXT)
        self.write("files/folder/index.html", b"index")
        # Holds the port, without listening on it, while nginx does.
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        self.write("nginx.conf", CONFIGURATION.format(port=port).encode())
        nginx = self.process(["/usr/sbin/nginx", "-p", self.folder, "-e", "stderr", "-c", f"{self.folder}/nginx.conf"])

        def accepts():
            if not nginx.running():
                raise AssertionError(f"nginx ended:\n{nginx.output}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        eventually(accepts, "nginx listens")
        self.headgate_ = self.headgate(config([f"127.0.0.1:{port}"]))
        host, port = self.headgate_.address()
        self.base = f"http://{host}:{port}"

    def write(self, name, data):
        path = f"{self.folder}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def get(self, path, *fields, method="GET"):
        return self.client(self.headgate_).get(path, fields=fields, method=method)

    def curl(self, *arguments):
        """stdout of curl, which must have gone well."""
        outcome = execute(["curl", "--silent", "--show-error", "--noproxy", "*", *arguments])
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out

    def test_a_static_file_has_its_length(self):
        response = self.get("/text.txt")
        self.assertEqual((response.status, response.get("Content-Length"), response.get("Content-Type")), (200, str(len(TEXT)), "text/plain"))
        self.assertEqual(response.body, TEXT)
        self.assertRegex(response.get("Server"), "^nginx")

    def test_a_compressed_response_comes_in_chunks(self):
        response = self.get("/zipped/text.txt", "Accept-Encoding: gzip")
        self.assertEqual((response.status, response.get("Content-Encoding"), response.get("Transfer-Encoding")), (200, "gzip", "chunked"))
        self.assertEqual(gzip.decompress(response.body), TEXT)
        self.assertEqual(self.get("/zipped/text.txt").body, TEXT)

    def test_a_range_is_partial_content(self):
        response = self.get("/text.txt", "Range: bytes=10-19")
        self.assertEqual((response.status, response.get("Content-Range"), response.body), (206, f"bytes 10-19/{len(TEXT)}", TEXT[10:20]))
        self.assertEqual(self.get("/text.txt", f"Range: bytes={len(TEXT)}-").status, 416)

    def test_several_ranges_come_in_parts(self):
        response = self.get("/text.txt", "Range: bytes=0-3,10-13")
        self.assertEqual(response.status, 206)
        self.assertRegex(response.get("Content-Type"), "^multipart/byteranges; boundary=")
        self.assertIn(TEXT[10:14], response.body)

    def test_not_modified_has_no_body_and_the_connection_goes_on(self):
        client = self.client(self.headgate_)
        first = client.get("/text.txt")
        for field in (f"If-Modified-Since: {first.get('Last-Modified')}", f"If-None-Match: {first.get('ETag')}"):
            self.assertEqual(client.get("/text.txt", fields=[field]).status, 304)
        self.assertEqual(client.get("/text.txt").body, TEXT)

    def test_head_has_the_length_of_get_and_the_connection_goes_on(self):
        client = self.client(self.headgate_)
        response = client.get("/text.txt", method="HEAD")
        self.assertEqual((response.status, response.get("Content-Length"), response.body), (200, str(len(TEXT)), b""))
        self.assertEqual(client.get("/text.txt").body, TEXT)

    def test_errors_and_redirects_pass_as_they_are(self):
        self.assertEqual(self.get("/none").status, 404)
        self.assertEqual((self.get("/folder").status, self.get("/folder").get("Location")), (301, "/folder/"))
        self.assertEqual(self.get("/moved").get("Location"), "/elsewhere")
        self.assertEqual(self.get("/folder/").body, b"index")

    def test_a_post_to_a_file_is_not_allowed_and_the_body_is_not_the_next_request(self):
        client = self.client(self.headgate_)
        client.send(b"POST /text.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 19\r\n\r\nGET /x HTTP/1.1\r\n\r\n")
        self.assertEqual(client.readResponse().status, 405)
        self.assertEqual(client.get("/text.txt").status, 200)

    def test_connections_that_nginx_closes_after_five_requests_fail_no_request(self):
        client = self.client(self.headgate_)
        for _ in range(100):
            response = client.get("/few/text.txt")
            self.assertEqual((response.status, response.body), (200, TEXT))
        self.assertEqual({line["attempt_count"] for line in self.headgate_.logLines(100)}, {1})

    def test_a_large_file_comes_as_it_is(self):
        data = os.urandom(1 << 20) * (4 if environment.slow() else 20)
        self.write("files/large", data)
        for options in ((), ("--http1.0",), ("--limit-rate", "100M")):
            self.curl(f"{self.base}/large", "-o", f"{self.folder}/copy", *options)
            with open(f"{self.folder}/copy", "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).digest(), hashlib.sha256(data).digest())

    def test_curl_in_http_1_0(self):
        out = self.curl("--http1.0", "-i", f"{self.base}/zipped/text.txt", "-H", "Accept-Encoding: gzip;q=0")
        head, body = out.split("\r\n\r\n", 1)
        self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"), head)
        self.assertNotIn("transfer-encoding", head.lower())
        self.assertEqual(body.encode(), TEXT)

    def test_curl_decodes_follows_and_resumes(self):
        self.assertEqual(self.curl("--compressed", f"{self.base}/zipped/text.txt").encode(), TEXT)
        self.assertEqual(self.curl("-L", f"{self.base}/folder"), "index")
        self.write("part", TEXT[:100])
        self.curl("-C", "-", "-o", f"{self.folder}/part", f"{self.base}/text.txt")
        with open(f"{self.folder}/part", "rb") as file:
            self.assertEqual(file.read(), TEXT)

    def test_curl_head_and_conditional(self):
        self.assertRegex(self.curl("-I", f"{self.base}/text.txt"), rf"(?i)\r\ncontent-length: {len(TEXT)}\r\n")
        code = self.curl("-z", f"{self.folder}/files/text.txt", "-o", os.devnull, "-w", "%{http_code}", f"{self.base}/text.txt")
        self.assertTrue(re.fullmatch("304", code), code)
