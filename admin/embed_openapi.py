#!/usr/bin/env python3
"""Turns the OpenAPI document into C++ that holds it as JSON.

usage: admin/embed_openapi.py INPUT.yaml OUTPUT.cc
"""

import json
import sys
from pathlib import Path

import yaml

TEMPLATE = """// Made by admin/embed_openapi.py.
#include "admin/openapi_document.h"

namespace headgate::admin {{

std::string_view openapiDocument() {{
  static constexpr char kText[] =
{lines};
  return {{kText, sizeof(kText) - 1}};
}}

}}  // namespace headgate::admin
"""


def main():
    source, target = map(Path, sys.argv[1:3])
    text = json.dumps(yaml.safe_load(source.read_text(encoding="utf-8")), ensure_ascii=True, separators=(",", ":")) + "\n"
    # Lines of bounded length: compilers and people have limits.
    pieces = [text[at:at + 100] for at in range(0, len(text), 100)]
    # json.dumps escapes what C++ would read as an escape too; '?' alone could begin a trigraph.
    lines = "\n".join("      " + json.dumps(piece).replace("?", "\\?") for piece in pieces)
    target.write_text(TEMPLATE.format(lines=lines), encoding="utf-8")


if __name__ == "__main__":
    main()
