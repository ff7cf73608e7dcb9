"""WebSocket of HTTP/2 clients (RFC 8441) to backends of HTTP/1.1."""

import re
import socket
import threading

import h2.config
import h2.connection
import h2.events

from support.backend import serving
from support.case import Case
from support.environment import patience

ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Tunnel:
    """One extended CONNECT on a connection of its own."""

    def __init__(self, address, protocol="websocket"):
        self.socket = socket.create_connection(address, timeout=patience())
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.connection.initiate_connection()
        self.status, self.data, self.ended = None, b"", False
        self._flush()
        self._await(lambda: self.connection.remote_settings.enable_connect_protocol)
        self.connection.send_headers(1, [(":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":path", "/chat"), (":authority", "test")])
        self._flush()

    def _flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def _await(self, condition):
        while not condition():
            data = self.socket.recv(65536)
            if not data:
                raise AssertionError("the connection ended")
            for event in self.connection.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    self.status = dict(event.headers)[":status"]
                elif isinstance(event, h2.events.DataReceived):
                    self.data += event.data
                    self.connection.acknowledge_received_data(event.flow_controlled_length, 1)
                elif isinstance(event, h2.events.StreamEnded):
                    self.ended = True
                elif isinstance(event, h2.events.StreamReset) and event.error_code != 0:  # 0: the rest of the request is not wanted
                    raise AssertionError(f"the stream was reset: {event.error_code}")
            self._flush()

    def answer(self):
        self._await(lambda: self.status is not None)
        return self.status

    def send(self, data, end=False):
        self.connection.send_data(1, data, end_stream=end)
        self._flush()

    def receive(self, count):
        self._await(lambda: len(self.data) >= count)
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def receiveAll(self):
        self._await(lambda: self.ended)
        return self.data


class ExtendedConnect(Case):
    def tunnel(self, script, protocol="websocket", **parts):
        headgate = self.proxy(script, **parts)
        tunnel = Tunnel(headgate.address(), protocol)
        self.addCleanup(tunnel.socket.close)
        return tunnel

    def test_it_is_an_upgrade_of_http_1_with_a_key(self):
        heads = []

        def script(exchange):
            heads.append(exchange.readHead())
            exchange.send(ACCEPT + b"hello")
            exchange.send(b"got " + exchange.readExactly(4))
            exchange.readAll()

        tunnel = self.tunnel(script)
        self.assertEqual((tunnel.answer(), tunnel.receive(5)), ("200", b"hello"))
        tunnel.send(b"ping")
        self.assertEqual(tunnel.receive(8), b"got ping")
        self.assertTrue(heads[0].startswith(b"GET /chat HTTP/1.1\r\nhost: test\r\n"), heads[0])
        self.assertIn(b"\r\nconnection: upgrade\r\nupgrade: websocket\r\n", heads[0])
        self.assertRegex(heads[0], re.compile(rb"\r\nsec-websocket-key: [A-Za-z0-9+/]{22}==\r\n"))
        tunnel.send(b"", end=True)
        self.assertEqual(tunnel.receiveAll(), b"")

    def test_either_side_may_end_first(self):
        def clientFirst(exchange):
            exchange.readHead()
            exchange.send(ACCEPT)
            exchange.send(b"got " + exchange.readAll())

        tunnel = self.tunnel(clientFirst)
        self.assertEqual(tunnel.answer(), "200")
        tunnel.send(b"all", end=True)
        self.assertEqual(tunnel.receiveAll(), b"got all")

        received, done = [], threading.Event()

        def backendFirst(exchange):
            exchange.readHead()
            exchange.send(ACCEPT + b"bye")
            exchange.finish()
            received.append(exchange.readAll())
            done.set()

        tunnel = self.tunnel(backendFirst)
        self.assertEqual((tunnel.answer(), tunnel.receiveAll()), ("200", b"bye"))
        tunnel.send(b"still here", end=True)
        self.assertTrue(done.wait(patience()))
        self.assertEqual(received, [b"still here"])

    def test_a_refused_one_is_an_ordinary_response(self):
        tunnel = self.tunnel(serving(OK.replace(b"200", b"403")))
        self.assertEqual((tunnel.answer(), tunnel.receive(2)), ("403", b"ok"))

    def test_a_success_that_is_no_upgrade_does_not_look_like_a_tunnel(self):
        tunnel = self.tunnel(serving(OK))
        self.assertEqual((tunnel.answer(), tunnel.receive(2)), ("502", b"ok"))

    def test_a_protocol_that_is_not_allowed_is_501(self):
        self.assertEqual(self.tunnel(serving(OK), protocol="tus").answer(), "501")
