"""Real HTTP/2 clients in clear, by prior knowledge, on the port that speaks HTTP/1.1."""

import os
import re
import socket

import h2.config
import h2.connection

from support.case import Case
from support.command import execute
from support.environment import patience
from support.headgate import config


class Http2Clients(Case):
    def setUp(self):
        super().setUp()
        self.origin_ = self.origin("a")
        self.main = self.headgate(config([self.origin_]))
        host, port = self.main.address()
        self.base = f"http://{host}:{port}"

    def curl(self, *arguments):
        outcome = execute(["curl", "--silent", "--show-error", "--noproxy", "*", *arguments])
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out

    def test_curl_speaks_both_protocols_on_one_port(self):
        for option, version in [("--http2-prior-knowledge", "2"), ("--http1.1", "1.1")]:
            with self.subTest(version):
                out = self.curl(option, "-w", "%{http_version} %{response_code}", f"{self.base}/ping")
                self.assertEqual(out, f"pong\n{version} 200")

    def test_a_body_larger_than_every_window_goes_there_and_back_unchanged(self):
        body = os.urandom(3_000_000)
        path = os.path.join(self.folder, "body")
        with open(path, "wb") as file:
            file.write(body)
        back = os.path.join(self.folder, "back")
        self.curl("--http2-prior-knowledge", "--data-binary", f"@{path}", "-o", back, f"{self.base}/echo")
        with open(back, "rb") as file:
            self.assertEqual(file.read(), body)

    def test_head_has_the_length_and_no_body(self):
        out = self.curl("--http2-prior-knowledge", "--head", f"{self.base}/bytes/1234")
        self.assertRegex(out, r"(?s)^HTTP/2 200 \r\n.*content-length: 1234\r\n.*\r\n$")

    def test_h2load_gets_every_answer_over_multiplexed_connections(self):
        out = execute(["h2load", "-n", "2000", "-c", "4", "-m", "32", f"{self.base}/ping"]).out
        self.assertRegex(out, r"2000 done, 2000 succeeded, 0 failed, 0 errored")
        versions = {record["protocol"] for record in self.main.logLines(2000)}
        self.assertEqual(versions, {"HTTP/2"})

    def test_nghttp_sees_what_the_server_allows_it(self):
        out = execute(["nghttp", "-nv", f"{self.base}/ping"]).out
        for setting in ["MAX_CONCURRENT_STREAMS(0x03):128", "INITIAL_WINDOW_SIZE(0x04):65536", "ENABLE_CONNECT_PROTOCOL(0x08):1"]:
            self.assertIn(setting, out)
        self.assertTrue(re.search(r"recv WINDOW_UPDATE frame <length=4, flags=0x00, stream_id=0>\s+\(window_size_increment=983041\)", out), out)

    def test_data_behind_the_end_of_a_request_ends_the_connection_alone(self):
        silent = self.rawBackend(lambda exchange: exchange.readAll())
        proxied = self.headgate(config([silent]))
        with socket.create_connection(proxied.address(), timeout=patience()) as client:
            connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
            connection.initiate_connection()
            head = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test")]
            for stream in (1, 3):
                connection.send_headers(stream, head, end_stream=True)
            client.sendall(connection.data_to_send())
            client.sendall(b"\x00\x00\x05\x00\x00\x00\x00\x00\x01again")
            while client.recv(65536):
                pass
        self.assertEqual({record["status"] for record in proxied.logLines(2)}, {0})
