"""The contenders: how each is started before the origin. Their configurations are the templates in peers/."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = Path(__file__).resolve().parent / "peers"
# Debian keeps servers where the PATH of an ordinary user does not lead.
SEARCH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin"

# More than the bench opens; HAProxy wants two descriptors for each to be allowed.
CONNECTIONS = 8000

PLACEHOLDER = re.compile(r"@([A-Z_]+)@")


@dataclass
class Setting:
    """What a contender is to do in one piece of work."""

    port: int  # to listen on
    endpoints: list  # of the origin, "address:port"
    profile: str  # bare | full: with an access log in a file
    folder: Path  # for its files; exists
    open_files: int  # that a process may have


@dataclass
class Contender:
    """One program under test."""

    name: str
    program: str  # its path, or None when it is not installed
    command: Callable  # of (program, Setting); writes the configuration
    version_flag: str = ""
    peer: bool = False  # counts for "best peer"
    balances: bool = True  # can have several endpoints

    def version(self):
        """The line in which it says so; empty when it has none to say."""
        if not self.version_flag:
            return ""
        said = subprocess.run([self.program, self.version_flag], capture_output=True, text=True, check=False)
        lines = (said.stdout + said.stderr).strip().splitlines()
        return lines[0].strip() if lines else ""


def fill(template, values):
    """`template` with every @NAME@ replaced by values["NAME"]. KeyError: a name without a value; ValueError: a value without a place."""
    unused = set(values) - set(PLACEHOLDER.findall(template))
    if unused:
        raise ValueError(f"the template has no place for {', '.join(sorted(unused))}")
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), template)


def configure(template, setting, **values):
    """Writes the filled template into the folder of the setting; returns its path."""
    path = setting.folder / template
    path.write_text(fill((TEMPLATES / template).read_text(encoding="utf-8"), {"PORT": setting.port, **values}), encoding="utf-8")
    return str(path)


def headgate(program, setting):
    log = f'{{ "name": "access_log", "path": "{setting.folder}/headgate.log" }},' if setting.profile == "full" else ""
    endpoints = ", ".join(f'"{endpoint}"' for endpoint in setting.endpoints)
    return [program, "-c", configure("headgate.json", setting, ACCESS_LOG=log, ENDPOINTS=endpoints)]


def nginx(program, setting):
    log = f"access_log {setting.folder}/nginx.log line buffer=64k flush=1s;" if setting.profile == "full" else "access_log off;"
    endpoints = " ".join(f"server {endpoint};" for endpoint in setting.endpoints)
    return [program, "-c", configure("nginx.conf", setting, ACCESS_LOG=log, ENDPOINTS=endpoints, FOLDER=setting.folder, KEPT=CONNECTIONS,
                                     OPEN_FILES=setting.open_files)]


def haproxy(program, setting):
    full = setting.profile == "full"  # stdout is its only way into a file; it goes to haproxy.out
    endpoints = "\n  ".join(f"server s{i} {endpoint}" for i, endpoint in enumerate(setting.endpoints))
    return [program, "-f", configure("haproxy.cfg", setting, CONNECTIONS=CONNECTIONS, LOG_TARGET="log stdout format raw local0" if full else "",
                                     ACCESS_LOG="log global\n  option httplog" if full else "", ENDPOINTS=endpoints)]


def envoy(program, setting):
    log = ('{name: envoy.access_loggers.file, typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, '
           f"path: {setting.folder}/envoy.log}}}}") if setting.profile == "full" else ""
    address = "{{endpoint: {{address: {{socket_address: {{address: {}, port_value: {}}}}}}}}}"
    endpoints = ", ".join(address.format(*endpoint.split(":")) for endpoint in setting.endpoints)
    return [program, "--concurrency", "1", "--disable-hot-restart", "-l", "warning", "-c",
            configure("envoy.yaml", setting, ACCESS_LOG=log, ENDPOINTS=endpoints)]


def relay(program, setting):
    return [program, str(setting.port), setting.endpoints[0].split(":")[1]]


def existing(path):
    return str(path) if path.exists() else None


def every():
    """All contenders in the order of the table, installed or not."""
    return [
        Contender("relay", existing(ROOT / "build/bench/relay"), relay, balances=False),
        Contender("headgate", existing(ROOT / "build/release/headgate"), headgate, "--version"),
        Contender("nginx", shutil.which("nginx", path=SEARCH), nginx, "-v", peer=True),
        Contender("haproxy", shutil.which("haproxy", path=SEARCH), haproxy, "-v", peer=True),
        Contender("envoy", shutil.which("envoy", path=SEARCH), envoy, "--version", peer=True),
    ]
