"""How headgate stops."""

import signal
import threading

from support import environment
from support.backend import answering
from support.case import Case, eventually
from support.client import Client
from support.headgate import config

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Drain(Case):
    def held(self, **parts):
        """A headgate whose backend answers when `self.letGo` is set; `self.arrived` counts the requests that wait."""
        self.letGo = threading.Event()
        self.arrived = threading.Semaphore(0)

        def script(exchange):
            while exchange.readHead():
                self.arrived.release()
                self.letGo.wait(environment.patience())
                exchange.send(ANSWER)

        return self.proxy(script, **parts)

    def awaitArrival(self):
        self.assertTrue(self.arrived.acquire(timeout=environment.patience()), "the request did not reach the backend")

    def signalAndAwaitDrain(self, headgate, number=signal.SIGTERM):
        headgate.signal(number)
        headgate.waitFor("draining")

    def refused(self, address):
        try:
            Client(address).close()
        except ConnectionRefusedError:
            return True
        return False

    def test_a_request_in_flight_gets_its_answer_and_the_word_that_the_connection_closes(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                headgate = self.held()
                client = self.client(headgate).send(REQUEST)
                self.awaitArrival()
                self.signalAndAwaitDrain(headgate, number)
                eventually(lambda: self.refused(headgate.address()), "new connections are refused")
                self.letGo.set()
                response = client.readResponse()
                self.assertEqual((response.status, response.body, response.get("connection")), (200, b"ok", "close"))
                client.endsNow()
                self.assertEqual(headgate.wait(), 0)
                self.assertEqual(headgate.logLines(1)[0]["status"], 200)
                headgate.logPath.unlink()

    def test_requests_that_wait_behind_it_in_the_pipeline_are_answered_or_told_by_the_close_that_they_were_not(self):
        headgate = self.held()
        client = self.client(headgate).send(REQUEST * 3)
        self.awaitArrival()
        self.signalAndAwaitDrain(headgate)
        self.letGo.set()
        statuses = []
        while True:
            response = client.readResponse()
            statuses.append(response.status)
            if response.get("connection") == "close":
                break
        client.endsNow()
        self.assertEqual(set(statuses), {200})
        self.assertEqual(headgate.wait(), 0)

    def test_an_idle_connection_may_send_one_more_request_and_then_closes(self):
        headgate = self.proxy(answering())
        client = self.client(headgate)
        self.assertEqual(client.get().status, 200)
        self.signalAndAwaitDrain(headgate)
        response = client.get()
        self.assertEqual((response.status, response.get("connection")), (200, "close"))
        client.endsNow()
        self.assertEqual(headgate.wait(), 0)

    def test_an_idle_connection_that_sends_nothing_is_closed(self):
        headgate = self.proxy(answering())
        client = self.client(headgate)
        self.assertEqual(client.get().status, 200)
        self.signalAndAwaitDrain(headgate)
        client.endsNow()
        self.assertEqual(headgate.wait(), 0)

    def test_what_hangs_is_cut_off_when_the_drain_time_is_over(self):
        headgate = self.held(listener={"timeouts": {"drain": "300ms"}})
        client = self.client(headgate).send(REQUEST)
        self.awaitArrival()
        self.signalAndAwaitDrain(headgate)
        headgate.waitFor("the drain time is over")
        client.endsNow()
        self.assertEqual(headgate.wait(), 0)
        self.letGo.set()
        self.assertEqual(headgate.logLines(1)[0]["status"], 0)

    def test_a_second_signal_ends_it_at_once(self):
        headgate = self.held()
        self.client(headgate).send(REQUEST)
        self.awaitArrival()
        self.signalAndAwaitDrain(headgate)
        headgate.signal(signal.SIGTERM)
        self.assertEqual(headgate.wait(), 1)
        self.letGo.set()

    def test_no_request_is_lost_when_the_signal_comes_under_load(self):
        """Each client asks over one connection, and over a new one when told that it closes, until it is refused."""
        origin = self.origin("a")
        headgate = self.headgate(config([origin], workers=2))
        address = headgate.address()
        answered = []
        lost = []

        def ask():
            while True:
                try:
                    client = Client(address)
                except (ConnectionRefusedError, ConnectionResetError):
                    return
                with client:
                    last = None
                    while last != "close":
                        try:
                            response = client.get("/ping")
                        except (AssertionError, OSError) as error:
                            # Nothing was promised to a connection that was only just idle, nor to one that was still in the kernel's queue.
                            lost.append(f"after {len(answered)} answers: {error!r}")
                            return
                        if response.status != 200 or not response.complete:
                            lost.append(f"status {response.status}")
                        answered.append(response.status)
                        last = response.get("connection")

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(answered) > 500, "there is load")
        headgate.signal(signal.SIGTERM)
        for thread in threads:
            thread.join(environment.patience(30))
        self.assertEqual(headgate.wait(), 0)
        self.assertEqual(lost, [])
        self.assertEqual(len(headgate.logLines(len(answered))), len(answered))
