#!/usr/bin/env python3
"""Checks what the code includes against the layers of docs/architecture.md.

usage: tools/check_layers.py [ROOT]

Prints a line `file:line: what is wrong` for each wrong include and exits with 1 if there is any. Reads the #include
lines alone: no compiler, no build folder, no network.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# A folder, and the folders directly below it. A folder may include itself and everything that can be reached from it.
BELOW = {
    "source/base": [],
    "source/config": ["source/base"],
    "source/stats": ["source/base"],
    "source/event": ["source/stats", "source/config"],
    "source/log": ["source/event"],
    "source/net": ["source/log"],
    "source/http": ["source/net"],
    "source/upstream": ["source/http"],
    "source/routing": ["source/format"],
    "source/limits": ["source/http"],
    "api/stream_info.h": ["source/http"],  # the facts of an exchange: plain data, which formats read
    "source/format": ["api/stream_info.h"],
    "api": ["source/upstream", "source/routing", "source/limits"],
    "source/proxy": ["api"],
    "source/server": ["source/proxy"],
    "admin": ["source/server"],
    "source/main.cc": ["admin"],
    "tools/store": ["source/limits"],  # figures of the stores
    "tools/origin": ["source/http"],  # the demo origin: a server without a proxy
}
FILTER_BELOW = ["api"]  # of every folder in filters/

# A library's headers, and the only places that may include them.
THIRD_PARTY = {
    "ares.h": ["source/net"],
    "event2/": ["source/event"],
    "glog/": ["source/log", "source/server", "source/main.cc", "admin"],
    "libpq-fe.h": ["source/limits"],
    "nghttp2/": ["source/http/h2"],
    "openssl/": ["source/net"],
    "rapidjson/": ["source/config"],
    "zlib.h": ["filters/compress"],
    "brotli/": ["filters/compress"],
    "zstd.h": ["filters/compress"],
    "sqlite3.h": ["source/limits"],
}

# Protocol folders, and the headers in them that source/http may include: the codecs that sessions pick from.
PROTOCOLS = {
    "source/http/h1": ["source/http/h1/server_codec.h", "source/http/h1/client_codec.h"],
    "source/http/h2": ["source/http/h2/server_codec.h", "source/http/h2/client_codec.h"],
}

CHECKED = ["source", "api", "filters", "admin", "tools/origin", "tools/store"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@dataclass(frozen=True)
class Violation:
    """A wrong include."""

    file: str
    line: int
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.message}"


def inside(path, folder):
    """Whether `path` is `folder` or in it."""
    return path == folder or path.startswith(folder + "/")


def layer_of(path):
    """The layer that a file belongs to, such as "source/http" or "filters/router"; None if it has none."""
    parts = path.split("/")
    if parts[0] == "filters" and len(parts) > 2:
        return "/".join(parts[:2])
    return next((layer for layer in BELOW if inside(path, layer)), None)


def may_include(layer):
    """The layers that `layer` may include: itself, and what is reached by going down."""
    found, todo = set(), [layer]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo += BELOW.get(current, FILTER_BELOW)
    return found


def check_own(path, target):
    """What is wrong with `#include "target"` in `path`; None if nothing is."""
    if target.split("/")[0] not in ("source", "api", "filters", "admin", "tools"):
        return f'"{target}" is not relative to the root of the tree'
    layer, wanted = layer_of(path), layer_of(target)
    if wanted is None:
        return f'"{target}" is in no layer (the table is in tools/check_layers.py)'
    if wanted not in may_include(layer):
        return f'{layer} may not include {wanted} ("{target}")'
    for folder, entries in PROTOCOLS.items():
        if inside(target, folder) and not inside(path, folder):
            if layer != "source/http":
                return f'only source/http knows a protocol ("{target}")'
            if target not in entries:
                return f'of {folder}, source/http may include only the codecs, not "{target}"'
    return None


def check_foreign(path, target):
    """What is wrong with an include of a library's header; None if nothing is."""
    if target == "iostream":
        return "<iostream> is not used: report through source/log, print with fmt"
    for library, places in THIRD_PARTY.items():
        if target.startswith(library) and not any(inside(path, place) for place in places):
            return f"<{target}> belongs to {', '.join(places)}"
    return None


def check_file(path, text):
    """The violations of one file; `path` is relative to the root."""
    if layer_of(path) is None:
        return [Violation(path, 1, "the file is in no layer (the table is in tools/check_layers.py)")]
    violations = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            quote, target = match.groups()
            foreign = quote == "<" or any(target.startswith(library) for library in THIRD_PARTY)
            message = check_foreign(path, target) if foreign else check_own(path, target)
            if message:
                violations.append(Violation(path, number, message))
    return violations


def check(root):
    """The violations of the tree at `root`, and how many files were read."""
    files = sorted(file for folder in CHECKED for ending in ("*.h", "*.cc") for file in (root / folder).rglob(ending))
    violations = []
    for file in files:
        violations += check_file(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    return violations, len(files)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    violations, count = check(root)
    for violation in violations:
        print(violation)
    if count == 0:
        print(f"check_layers: no code in {root}", file=sys.stderr)
        return 1
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
