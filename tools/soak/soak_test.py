#!/usr/bin/env python3
"""Tests of how the soak judges what it finds; nothing here runs a proxy."""

import json
import tempfile
import unittest
from pathlib import Path

import judgement
from judgement import Fault, Kill, Mishap

START = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def line(status=200, details="via_upstream", hosts=("127.0.0.1:1",), **changes):
    attempts = [{"host": host, "outcome": "200"} for host in hosts]
    return json.dumps({"start_time": "2023-11-14T22:13:20.250Z", "status": status, "details": details, "method": "POST", "duration_ms": 500.0, "attempts": attempts,
                       **changes}, separators=(",", ":")) + "\n"


def failed(begin, end, *hosts):
    return Fault(begin, end, 502, "upstream_reset_before_response", hosts, "")


class Faults(unittest.TestCase):
    def test_an_answer_of_the_origin_is_good(self):
        self.assertIsNone(judgement.fault(line(200)))
        self.assertIsNone(judgement.fault(line(404)))

    def test_a_client_that_left_is_no_fault(self):
        self.assertIsNone(judgement.fault(line(0, "downstream_reset")))

    def test_every_5xx_is_one_even_from_the_origin(self):
        self.assertEqual(judgement.fault(line(503)).status, 503)

    def test_a_response_that_was_cut_is_one_whatever_its_status(self):
        self.assertEqual(judgement.fault(line(200, "upstream_truncated_response")).details, "upstream_truncated_response")

    def test_has_the_time_and_the_hosts_of_the_exchange(self):
        it = judgement.fault(line(502, "upstream_connect_failed", ("a:1", "b:2")))
        self.assertEqual((it.begin, it.end, it.hosts), (START + 0.25, START + 0.75, ("a:1", "b:2")))

    def test_the_log_is_counted_and_its_faults_found_among_the_good_lines(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "access.log"
            log.write_text(line() + line(502, "upstream_protocol_error") + line(0, "downstream_reset") + line(200, "stream_idle_timeout"))
            lines, faults = judgement.read_log(log)
        self.assertEqual(lines, 4)
        self.assertEqual([fault.details for fault in faults], ["upstream_protocol_error", "stream_idle_timeout"])

    def test_a_word_that_only_begins_like_a_good_one_is_found(self):
        self.assertTrue(judgement.SUSPECT.search(b'"details":"via_upstream_x"'))
        self.assertFalse(judgement.SUSPECT.search(b'"status":200,"details":"via_upstream"'))


class Explanations(unittest.TestCase):
    kills = [Kill("a:1", 100.0, 102.0)]

    def test_a_kill_explains_what_met_that_origin_while_it_was_down(self):
        self.assertTrue(failed(99.0, 100.5, "a:1").explained(self.kills))
        self.assertTrue(failed(101.0, 101.1, "b:2", "a:1").explained(self.kills))

    def test_nothing_explains_a_get_that_another_origin_could_have_answered(self):
        fault = judgement.fault(line(502, "upstream_reset_before_response", ("a:1",), method="GET"))
        self.assertTrue(fault.repeatable)
        self.assertFalse(fault.explained([Kill("a:1", fault.begin)]))
        self.assertTrue(judgement.fault(line(502, "upstream_reset_before_response", ("a:1",), method="POST")).explained([Kill("a:1", fault.begin)]))

    def test_it_does_not_explain_what_failed_at_another_origin(self):
        self.assertFalse(failed(99.0, 100.5, "b:2").explained(self.kills))

    def test_it_does_not_explain_what_was_over_before_or_began_long_after(self):
        self.assertFalse(failed(90.0, 98.9, "a:1").explained(self.kills))
        self.assertFalse(failed(103.1, 104.0, "a:1").explained(self.kills))

    def test_an_origin_that_is_not_back_explains_all_that_follows(self):
        self.assertTrue(failed(500.0, 501.0, "a:1").explained([Kill("a:1", 100.0)]))

    def test_clients_need_not_know_which_origin_it_was(self):
        self.assertTrue(Mishap("drip", 99.5, 100.5, "").explained(self.kills))
        self.assertFalse(Mishap("drip", 104.0, 105.0, "").explained(self.kills))


class Summary(unittest.TestCase):
    def test_is_read_from_the_last_words_of_the_proxy(self):
        self.assertEqual(judgement.summary("I0101 server.cc:170] stopped after 12345 requests, 67 of them answered with 5xx\n"), (12345, 67))

    def test_is_none_when_it_was_not_said(self):
        self.assertIsNone(judgement.summary("signal received: draining\n"))


if __name__ == "__main__":
    unittest.main()
