#!/usr/bin/env python3
"""Tests of what the bench computes; nothing here measures."""

import tempfile
import unittest
from pathlib import Path

import contenders
import rig
import table
import wrk
from figures import Figure, Sample, best, figure, ratio

CLEAN = """Running 2s test @ http://127.0.0.1:8080/ping
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.06ms    1.66ms  22.93ms   93.03%
    Req/Sec    21.45k     2.03k   23.52k    85.00%
  Latency Distribution
     50%    2.71ms
     75%    2.99ms
     90%    3.94ms
     99%   11.85ms
  42718 requests in 2.00s, 4.60MB read
Requests/sec:  21337.55
Transfer/sec:      2.30MB
"""
BROKEN = CLEAN.replace("Requests/sec:", "  Socket errors: connect 1, read 20, write 3, timeout 4\n  Non-2xx or 3xx responses: 500\nRequests/sec:")


class Wrk(unittest.TestCase):
    def test_reads_requests_and_the_99th_percentile(self):
        report = wrk.parse(CLEAN)
        self.assertEqual(report.requests, 42718)
        self.assertAlmostEqual(report.p99_seconds, 0.01185)
        self.assertEqual(report.errors, 0)

    def test_counts_every_kind_of_error(self):
        report = wrk.parse(BROKEN)
        self.assertEqual((report.non_2xx, report.connect, report.read, report.write, report.timeout), (500, 1, 20, 3, 4))
        self.assertEqual(report.errors, 528)

    def test_output_without_a_result_is_an_error_that_shows_it(self):
        with self.assertRaisesRegex(ValueError, "unable to connect"):
            wrk.parse("unable to connect to 127.0.0.1:1 Connection refused\n")

    def test_times_have_units(self):
        for text, expected in (("512.00us", 512e-6), ("1.25ms", 1.25e-3), ("2.00s", 2.0), ("1.50m", 90.0), ("1.00h", 3600.0)):
            self.assertAlmostEqual(wrk.seconds(text), expected)
        for text in ("12", "1.2.3 ms", "", "4ns"):
            with self.assertRaises(ValueError):
                wrk.seconds(text)


class Figures(unittest.TestCase):
    def test_the_median_stands_between_least_and_most(self):
        it = figure([Sample(20.0, rate=100), Sample(90.0, rate=300), Sample(30.0, rate=200)])
        self.assertEqual((it.median, it.least, it.most, it.rate), (30.0, 20.0, 90.0, 200))

    def test_an_even_number_of_rounds_has_the_mean_of_the_middle_two(self):
        self.assertEqual(figure([Sample(1.0), Sample(2.0), Sample(4.0), Sample(9.0)]).median, 3.0)

    def test_a_round_with_errors_is_reported_and_does_not_count(self):
        it = figure([Sample(10.0), Sample(1.0, errors=7), Sample(20.0)])
        self.assertEqual((it.rounds, it.counted, it.errors, it.median, it.least), (3, 2, 7, 15.0, 10.0))

    def test_without_a_good_round_there_is_no_figure(self):
        self.assertEqual(figure([Sample(1.0, errors=1), Sample(None)]), Figure(rounds=2, counted=0, errors=1))

    def test_a_ratio_needs_both_sides(self):
        self.assertEqual(ratio(30.0, 20.0), 1.5)
        self.assertEqual(ratio(0.0, 20.0), 0.0)
        self.assertIsNone(ratio(None, 20.0))
        self.assertIsNone(ratio(30.0, None))
        self.assertIsNone(ratio(30.0, 0.0))

    def test_the_best_peer_is_the_cheapest_that_has_a_figure(self):
        figures = {"headgate": figure([Sample(1.0)]), "nginx": figure([Sample(30.0)]), "haproxy": figure([Sample(25.0)]), "envoy": figure([])}
        self.assertEqual(best(figures, ["nginx", "haproxy", "envoy", "absent"]), 25.0)
        self.assertIsNone(best(figures, ["envoy"]))


class Tables(unittest.TestCase):
    def lines(self, markdown=False):
        figures = {"relay": figure([Sample(20.0)]), "headgate": figure([Sample(22.0), Sample(1.0, errors=3)]), "nginx": figure([Sample(40.0)])}
        return list(table.comparison(figures, {"envoy": "not installed"}, "CPU us/req", ["nginx"], markdown))

    def test_compares_with_the_relay_and_the_best_peer(self):
        headgate = self.lines()[2].split()
        self.assertEqual(headgate[:2], ["headgate", "22.00"])
        self.assertEqual(headgate[5:7], ["1.10x", "0.55x"])

    def test_marks_a_contender_that_had_rounds_with_errors(self):
        self.assertIn("1/2 !       3", self.lines()[2])
        self.assertNotIn("!", self.lines()[1])

    def test_says_who_is_not_installed(self):
        self.assertRegex(self.lines()[-1], r"^envoy +not installed")

    def test_all_rows_of_markdown_have_as_many_cells_as_the_header(self):
        self.assertEqual({line.count("|") for line in self.lines(markdown=True)}, {10})

    def test_growth_compares_each_with_its_own_first_step(self):
        steps = [("64", {"relay": figure([Sample(20.0)]), "headgate": figure([Sample(10.0)])}), ("5000", {"headgate": figure([Sample(15.0)])})]
        _, relay, headgate = (line.split() for line in table.growth(steps, False))
        self.assertEqual(relay, ["relay", "1.00x", "-"])
        self.assertEqual(headgate, ["headgate", "1.00x", "1.50x"])

    def test_durations_have_the_unit_that_fits(self):
        self.assertEqual([table.duration(it) for it in (0.0, 0.000512, 0.01185, 2.5)], ["-", "512 us", "11.8 ms", "2.50 s"])


class Configurations(unittest.TestCase):
    def test_a_template_is_filled_where_names_stand_between_at_signs(self):
        self.assertEqual(contenders.fill('port @PORT@; "@type": x', {"PORT": 1}), 'port 1; "@type": x')

    def test_a_name_without_value_and_a_value_without_place_are_errors(self):
        with self.assertRaises(KeyError):
            contenders.fill("@PORT@", {})
        with self.assertRaisesRegex(ValueError, "PROT"):
            contenders.fill("@PORT@", {"PORT": 1, "PROT": 2})

    def test_each_contender_listens_and_has_the_endpoints(self):
        for contender in contenders.every():
            for profile in ("bare", "full"):
                with self.subTest(contender.name, profile=profile), tempfile.TemporaryDirectory() as folder:
                    setting = contenders.Setting(18080, ["127.0.0.1:18081"], profile, Path(folder), 1000)
                    said = " ".join(contender.command("program", setting)) + " ".join(path.read_text() for path in Path(folder).iterdir())
                    self.assertIn("18080", said)
                    self.assertIn("18081", said)

    def test_only_the_full_profile_has_an_access_log(self):
        words = {"headgate": "access_log", "nginx": "nginx.log", "haproxy": "option httplog", "envoy": "FileAccessLog"}
        for contender in contenders.every():
            for profile in ("bare", "full") if contender.name in words else ():
                with self.subTest(contender.name, profile=profile), tempfile.TemporaryDirectory() as folder:
                    contender.command("program", contenders.Setting(18080, ["127.0.0.1:18081"], profile, Path(folder), 1000))
                    said = " ".join(path.read_text() for path in Path(folder).iterdir())
                    self.assertEqual(words[contender.name] in said, profile == "full")

    def test_endpoints_are_addresses_of_the_loopback_network(self):
        self.assertEqual([rig.loopback(i) for i in (0, 254, 255, 999)], ["127.0.0.1", "127.0.0.255", "127.0.1.0", "127.0.3.232"])


if __name__ == "__main__":
    unittest.main()
