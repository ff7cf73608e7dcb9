"""SIGTERM under load: no request is lost."""

import signal

from support import environment
from support.case import Case, eventually
from support.headgate import config
from support.load import Load


class DrainUnderLoad(Case):
    def drainUnder(self, keepAlive):
        """A signal in the middle of the load, which goes on until the listener refuses it. Every request must have its whole answer."""
        origins = [self.origin(name) for name in ("a", "b", "c")]
        headgate = self.headgate(config(origins, workers=2))
        load = Load(headgate.address(), 4 if environment.slow() else 12, keepAlive=keepAlive).start()
        eventually(lambda: len(load.responses) > 200, "the load is on")
        headgate.signal(signal.SIGTERM)
        self.assertEqual(headgate.wait(), 0, headgate.output)
        load.join()
        self.assertEqual(load.bad(), [])
        self.assertEqual(load.refused, load.clients)
        self.assertEqual(len(headgate.logLines(len(load.responses))), len(load.responses))
        return load

    def test_every_new_connection_that_was_made_is_answered(self):
        self.drainUnder(keepAlive=False)

    def test_kept_connections_are_told_of_their_end_with_an_answer(self):
        load = self.drainUnder(keepAlive=True)
        # A client that was told may have found another worker's listener still open, so there may be more of them than clients.
        self.assertEqual(sum(response.get("connection") == "close" for response in load.responses), load.connections)
        self.assertGreaterEqual(load.connections, load.clients)
