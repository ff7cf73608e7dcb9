#!/usr/bin/env python3
"""Tests of check_layers.py, and the check of this tree."""

import tempfile
import unittest
from pathlib import Path

import check_layers

ROOT = Path(__file__).resolve().parent.parent


def messages(path, *includes):
    return [violation.message for violation in check_layers.check_file(path, "".join(f"#include {i}\n" for i in includes))]


class Layers(unittest.TestCase):
    def allow(self, path, *includes):
        self.assertEqual(messages(path, *includes), [])

    def refuse(self, path, include, expected):
        found = messages(path, include)
        self.assertEqual(len(found), 1, f"{path} includes {include}")
        self.assertIn(expected, found[0])

    def test_a_folder_may_include_itself_and_all_below(self):
        self.allow("source/net/socket.cc", '"source/net/socket.h"', '"source/event/loop.h"', '"source/base/error.h"')
        self.allow("source/net/socket.cc", '"source/log/event_log.h"')
        self.allow("source/routing/route_config.h", '"source/format/header_rules.h"', '"api/stream_info.h"')
        self.allow("source/proxy/listener_config.h", '"api/filter_factory.h"', '"source/config/node.h"')
        self.allow("source/main.cc", '"source/server/configure.h"', '"admin/listener.h"')

    def test_a_folder_may_not_include_what_is_above(self):
        self.refuse("source/base/error.h", '"source/config/node.h"', "source/base may not include source/config")
        self.refuse("source/event/loop.h", '"source/log/event_log.h"', "source/event may not include source/log")
        self.refuse("source/http/stream.h", '"source/proxy/stream.h"', "source/http may not include source/proxy")
        self.refuse("api/filter.h", '"source/proxy/stream.h"', "api may not include source/proxy")
        self.refuse("source/format/facts.h", '"api/filter.h"', "source/format may not include api")
        self.refuse("source/http/message.h", '"api/stream_info.h"', "source/http may not include api/stream_info.h")
        self.refuse("source/server/server.h", '"admin/listener.h"', "source/server may not include admin")

    def test_siblings_do_not_know_each_other(self):
        self.refuse("source/stats/shard.h", '"source/config/node.h"', "source/stats may not include source/config")
        self.refuse("source/routing/route.h", '"source/upstream/host.h"', "source/routing may not include source/upstream")

    def test_nobody_includes_a_filter(self):
        for path in ("source/main.cc", "source/proxy/stream.cc", "filters/router/filter.cc"):
            self.refuse(path, '"filters/access_log/filter.h"', "may not include filters/access_log")

    def test_a_filter_includes_itself_the_contract_and_what_is_below_it(self):
        self.allow("filters/router/filter.cc", '"filters/router/filter.h"', '"api/filter.h"', '"source/upstream/host.h"')
        self.refuse("filters/router/filter.cc", '"source/proxy/stream.h"', "filters/router may not include source/proxy")

    def test_only_the_codecs_of_a_protocol_are_seen_by_sessions_and_by_nobody_else(self):
        self.allow("source/http/h1/server_codec.cc", '"source/http/h1/head_parser.h"')
        self.allow("source/http/server_session.cc", '"source/http/h1/server_codec.h"')
        self.refuse("source/http/server_session.cc", '"source/http/h1/head_parser.h"', "only the codecs")
        self.refuse("source/http/h2/session.cc", '"source/http/h1/head_parser.h"', "only the codecs")
        self.refuse("source/upstream/conn_pool.cc", '"source/http/h1/client_codec.h"', "only source/http knows")

    def test_libraries_stay_where_they_belong(self):
        self.allow("source/log/log_writer.cc", "<glog/logging.h>")
        self.allow("source/main.cc", "<glog/logging.h>")
        self.allow("source/http/h2/session.cc", "<nghttp2/nghttp2.h>")
        self.refuse("source/http/h1/writer.cc", "<nghttp2/nghttp2.h>", "belongs to source/http/h2")
        self.refuse("source/http/message.cc", "<openssl/ssl.h>", "belongs to source/net")
        self.refuse("source/upstream/conn_pool.cc", "<glog/logging.h>", "belongs to source/log")
        self.refuse("source/upstream/conn_pool.cc", '"glog/logging.h"', "belongs to source/log")
        self.refuse("source/net/socket.cc", "<event2/event.h>", "belongs to source/event")

    def test_iostream_is_refused_everywhere(self):
        self.refuse("source/main.cc", "<iostream>", "iostream")
        self.allow("source/main.cc", "<istream>")

    def test_includes_are_relative_to_the_root(self):
        self.refuse("source/http/stream.cc", '"stream.h"', "not relative to the root")
        self.refuse("source/http/stream.cc", '"../base/error.h"', "not relative to the root")

    def test_a_file_outside_of_every_layer_is_reported(self):
        self.assertIn("in no layer", messages("source/newcomer/thing.cc")[0])
        self.refuse("source/http/stream.cc", '"source/newcomer/thing.h"', "in no layer")

    def test_comments_and_odd_spacing(self):
        self.allow("source/base/error.h", '"source/base/strings.h"  // "source/http/stream.h"')
        text = '// #include "source/http/stream.h"\n  #  include  "source/http/stream.h"\n'
        self.assertEqual([v.line for v in check_layers.check_file("source/base/error.h", text)], [2])

    def test_a_tree_without_code_reads_nothing(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(check_layers.check(Path(empty)), ([], 0))


class Tree(unittest.TestCase):
    def test_this_tree_keeps_its_layers(self):
        violations, count = check_layers.check(ROOT)
        self.assertEqual("\n".join(map(str, violations)), "")
        self.assertGreater(count, 0)


if __name__ == "__main__":
    unittest.main()
