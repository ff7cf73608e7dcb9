"""WebSocket, and whatever else is upgraded to, through headgate: with a real client and server, and byte by byte."""

import asyncio
import signal
import threading

from backpressure_test import Checksum, large, receive, sendRest, sendUntilStopped
from websockets.client import connect
from websockets.server import serve

from support.backend import serving
from support.case import Case, eventually
from support.environment import patience, slow
from support.headgate import config

UPGRADE = b"GET /chat HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIB = 1 << 20


class EchoServer:
    """A WebSocket server of the library `websockets` that sends every message back, in a thread of its own."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(self._start())
        self.port = self._server.sockets[0].getsockname()[1]

    async def _start(self):
        async def echo(connection):
            async for message in connection:
                await connection.send(message)

        return await serve(echo, "127.0.0.1", 0, max_size=None)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(patience(30))

    def endpoint(self):
        return f"127.0.0.1:{self.port}"

    async def _stop(self):
        self._server.close()
        await self._server.wait_closed()

    def close(self):
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience())
        self._loop.close()


class WebSocket(Case):
    def start(self, **parts):
        server = EchoServer()
        self.addCleanup(server.close)
        headgate = self.headgate(config([server], **parts))
        host, port = headgate.address()
        self.url = f"ws://{host}:{port}/chat"
        return headgate

    def run_(self, coroutine):
        async def bounded():
            return await asyncio.wait_for(coroutine, patience(60))

        return asyncio.run(bounded())

    def test_messages_of_a_real_client_come_back_from_a_real_server(self):
        headgate = self.start()

        async def talk():
            async with connect(self.url, max_size=None, compression=None) as socket:
                for message in ("hello", "", "\u00e9" * 70, b"\x00\xff" * 40_000, "x" * (3 * MIB)):
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)
                await (await socket.ping())

        self.run_(talk())
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["method"], record["details"], record["flags"]), (101, "GET", "via_upstream", []))
        self.assertGreater(record["bytes_received"], 3 * MIB)
        self.assertGreater(record["bytes_sent"], 3 * MIB)

    def test_many_clients_under_load_lose_no_message(self):
        clients, messages = (20, 50) if slow() else (100, 200)
        headgate = self.start(workers=2)

        async def talk(number):
            async with connect(self.url, open_timeout=patience(60)) as socket:
                async def send():
                    for index in range(messages):
                        await socket.send(f"{number}:{index}:" + "x" * (index * 7 % 3000))

                sender = asyncio.ensure_future(send())
                for index in range(messages):
                    answer = await socket.recv()
                    self.assertEqual(answer, f"{number}:{index}:" + "x" * (index * 7 % 3000))
                await sender
            return messages

        async def everybody():
            return sum(await asyncio.gather(*(talk(number) for number in range(clients))))

        self.assertEqual(self.run_(everybody()), clients * messages)
        records = headgate.logLines(clients)
        self.assertEqual({(record["status"], tuple(record["flags"])) for record in records}, {(101, ())})
        self.assertEqual(len(records), clients)

    def test_a_drain_leaves_tunnels_their_time(self):
        headgate = self.start(listener={"timeouts": {"drain": "2s"}})

        async def talk():
            async with connect(self.url) as socket:
                await socket.send("before")
                self.assertEqual(await socket.recv(), "before")
                headgate.signal(signal.SIGTERM)
                headgate.waitFor("draining")
                await socket.send("while it drains")
                self.assertEqual(await socket.recv(), "while it drains")

        self.run_(talk())
        self.assertEqual(headgate.wait(), 0)


class Tunnels(Case):
    def tunnel(self, script, request=UPGRADE, **parts):
        """A headgate before a backend that accepts the upgrade and then runs `script`, and a client in the tunnel."""

        def accepting(exchange):
            self.head = exchange.readHead()
            exchange.send(ACCEPT)
            script(exchange)

        headgate = self.proxy(accepting, **parts)
        client = self.client(headgate)
        client.send(request)
        self.assertEqual(client.readHead().status, 101)
        return headgate, client

    def test_the_request_and_the_answer_are_passed_on_in_canonical_form(self):
        headgate, client = self.tunnel(lambda exchange: exchange.readAll())
        lines = self.head.split(b"\r\n")
        self.assertEqual(lines[0], b"GET /chat HTTP/1.1")
        self.assertEqual([line for line in lines if b"upgrade" in line], [b"connection: upgrade", b"upgrade: websocket"])
        client.finish()
        client.endsNow()

    def test_the_client_may_end_first_and_still_receive(self):
        def script(exchange):
            exchange.send(b"got " + exchange.readAll())

        headgate, client = self.tunnel(script)
        client.send(b"all of it").finish()
        self.assertEqual(client.readAll(), b"got all of it")
        record = headgate.logLines(1)[0]
        self.assertEqual((record["bytes_received"], record["bytes_sent"], record["flags"]), (9, 13, []))

    def test_the_backend_may_end_first_and_still_receive(self):
        received, done = [], threading.Event()

        def script(exchange):
            exchange.send(b"bye")
            exchange.finish()
            received.append(exchange.readAll())
            done.set()

        _, client = self.tunnel(script)
        self.assertEqual(client.readAll(), b"bye")
        client.send(b"still here").finish()
        self.assertTrue(done.wait(patience()))
        self.assertEqual(received, [b"still here"])

    def test_what_comes_with_the_request_and_with_the_answer_is_in_the_tunnel(self):
        def script(exchange):
            exchange.send(b"and " + exchange.readExactly(5))

        self.proxy(lambda exchange: (exchange.readHead(), exchange.send(ACCEPT + b"at once "), script(exchange)))
        headgate = self.headgate(config([self.backend]))
        client = self.client(headgate)
        client.send(UPGRADE + b"early")
        self.assertEqual(client.readHead().status, 101)
        self.assertEqual(client.readAll(), b"at once and early")

    def test_a_slow_reader_stops_the_sender_in_either_direction(self):
        blocks = large()
        go, received, stopped = threading.Event(), [], []

        def script(exchange):
            go.wait(patience(30))
            received.append(receive(exchange.socket, blocks * MIB))
            stopped.append(sendUntilStopped(exchange.socket, blocks))
            go.clear()
            sendRest(exchange.socket, blocks, stopped[0])

        headgate, client = self.tunnel(script)
        before = headgate.residentBytes()

        def isBounded(sent):
            self.assertLess(sent, blocks * MIB, "the sender is never stopped")
            if not slow():
                self.assertLess(headgate.residentBytes() - before, 16 * MIB)

        sent = sendUntilStopped(client.socket, blocks)
        isBounded(sent)
        go.set()
        sendRest(client.socket, blocks, sent)
        eventually(lambda: stopped, "the backend is stopped too", patience(30))
        isBounded(stopped[0])
        whole = Checksum(blocks)
        self.assertEqual(receive(client.socket, blocks * MIB), whole)
        self.assertEqual(received, [whole])

    def test_a_tunnel_in_which_nothing_moves_is_ended(self):
        headgate, client = self.tunnel(lambda exchange: exchange.readAll(), listener={"timeouts": {"stream_idle": "300ms"}})
        client.endsNow()
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (101, "stream_idle_timeout", ["SI"]))

    def test_traffic_in_one_direction_keeps_a_tunnel_open_beyond_the_other_timeouts(self):
        def script(exchange):
            exchange.readExactly(19)
            for _ in range(10):
                threading.Event().wait(0.1)
                exchange.send(b"x")

        _, client = self.tunnel(script, route={"timeout": "300ms"},
                                listener={"timeouts": {"stream_idle": "5s", "body_idle": "300ms", "request": "300ms", "headers": "300ms", "idle": "300ms"},
                                          "max_request_body": 10})
        client.send(b"more than ten bytes")
        self.assertEqual(client.readAll(), b"x" * 10)

    def test_a_backend_that_breaks_off_is_seen_by_the_client(self):
        headgate, client = self.tunnel(lambda exchange: (exchange.readExactly(2), exchange.reset()))
        client.send(b"go")
        with self.assertRaises(ConnectionResetError):
            client.readAll()
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (101, "upstream_truncated_response", ["UC"]))

    def test_a_client_that_breaks_off_is_seen_by_the_backend(self):
        how = []

        def script(exchange):
            try:
                how.append(exchange.socket.recv(100))
            except ConnectionResetError:
                how.append("reset")

        headgate, client = self.tunnel(script)
        client.reset()
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (101, "downstream_reset", ["DC"]))
        self.backend.close()
        self.assertEqual(how, ["reset"])

    def test_a_tunnel_that_outlives_the_drain_is_cut(self):
        headgate, client = self.tunnel(lambda exchange: exchange.readAll(), listener={"timeouts": {"drain": "500ms"}})
        headgate.signal(signal.SIGTERM)
        client.endsNow()
        self.assertEqual(headgate.wait(), 0)
        record = headgate.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (101, "draining", ["OM"]))


class Refused(Case):
    def test_an_answer_other_than_101_is_an_ordinary_response_and_both_connections_stay(self):
        client = self.client(self.proxy(serving(OK)))
        for _ in range(2):
            client.send(UPGRADE)
            response = client.readResponse()
            self.assertEqual((response.status, response.body, response.all("upgrade"), response.all("connection")), (200, b"ok", [], []))
        self.assertEqual(client.get().status, 200)
        self.assertEqual(self.backend.connections, 1)

    def test_a_protocol_that_is_not_allowed_is_not_passed_on(self):
        requests = []
        client = self.client(self.proxy(serving(OK, requests=requests)))
        for protocol in ("tus/1.0", "h2c", "websocket, tus", "web socket", ""):
            with self.subTest(protocol):
                client.send(UPGRADE.replace(b"websocket", protocol.encode()))
                self.assertEqual(client.readResponse().status, 200)
                self.assertEqual((requests[-1].all("upgrade"), requests[-1].all("connection")), ([], []))

    def test_an_upgrade_that_is_no_get_without_a_body_is_not_passed_on(self):
        requests = []
        client = self.client(self.proxy(serving(OK, requests=requests)))
        fields = b"Host: test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        for request in (b"POST / HTTP/1.1\r\n" + fields + b"\r\n", b"GET / HTTP/1.1\r\n" + fields + b"Content-Length: 1\r\n\r\nx",
                        b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n\r\n"):
            with self.subTest(request):
                client.send(request)
                self.assertEqual(client.readResponse().status, 200)
                self.assertEqual((requests[-1].all("upgrade"), requests[-1].all("connection")), ([], []))

    def test_none_are_passed_on_when_none_are_allowed(self):
        requests = []
        client = self.client(self.proxy(serving(OK, requests=requests), listener={"upgrades": []}))
        client.send(UPGRADE)
        self.assertEqual(client.readResponse().status, 200)
        self.assertEqual(requests[0].all("upgrade"), [])

    def test_another_protocol_is_passed_on_when_it_is_allowed(self):
        def script(exchange):
            exchange.readHead()
            exchange.send(ACCEPT.replace(b"websocket", b"Tus/1.0") + b"tus")

        client = self.client(self.proxy(script, listener={"upgrades": ["tus/1.0"]}))
        client.send(UPGRADE.replace(b"websocket", b"TUS/1.0"))
        self.assertEqual((client.readHead().get("upgrade"), client.readAll()), ("tus/1.0", b"tus"))

    def test_a_switch_that_nobody_asked_for_is_a_bad_gateway(self):
        for request, answer in ((b"GET / HTTP/1.1\r\nHost: test\r\n\r\n", ACCEPT), (UPGRADE, ACCEPT.replace(b"websocket", b"tus"))):
            with self.subTest(request):
                def script(exchange):
                    exchange.readHead()
                    exchange.send(answer)
                    exchange.readAll()

                client = self.client(self.proxy(script))
                client.send(request)
                self.assertEqual(client.readResponse().json()["reason"], "upstream_protocol_error")

    def test_a_local_answer_keeps_the_connection(self):
        client = self.client(self.proxy(serving(OK), route={"match": {"path": "/other"}}))
        client.send(UPGRADE)
        response = client.readResponse()
        self.assertEqual((response.status, response.get("connection")), (404, None))
        self.assertEqual(client.get("/other").status, 200)

    def test_a_backend_that_does_not_answer_is_given_up_after_the_timeout_of_the_route(self):
        client = self.client(self.proxy(lambda exchange: exchange.readAll(), route={"timeout": "200ms"}))
        client.send(UPGRADE)
        self.assertEqual(client.readResponse().json()["reason"], "upstream_timeout")
