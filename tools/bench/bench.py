#!/usr/bin/env python3
"""Compares Headgate with other proxies and with a relay that only copies bytes: CPU time per request, and memory per idle connection.

See README.md in this folder for the method and for what the figures mean.
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import contenders
import proc
import processes
import work
from processes import Failure
from rig import Place

HERE = Path(__file__).resolve().parent
BUILD = contenders.ROOT / "build/bench"
OPEN_FILES = 18000  # a client and an upstream connection for each of the largest step, and some to spare
WORKS = ("small", "large", "growth", "idle")
INSTALL = "tools/install-dependencies.sh bench"
BUSY = 0.5  # load average from which the figures deserve a warning


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {value}")
    return value


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", choices=(*WORKS, "all"), default="small", help="what is measured (default: small)")
    parser.add_argument("--rounds", type=positive, default=5, metavar="N", help="rounds of each contender (default: 5)")
    parser.add_argument("--seconds", type=positive, default=5, metavar="S", help="measured seconds of a round (default: 5)")
    parser.add_argument("--profile", choices=("bare", "full"), default="full", help="full: with an access log in a file (default: full)")
    parser.add_argument("--endpoints", type=positive, default=1, metavar="N", help="growth: one more step with N endpoints, up to 1000")
    parser.add_argument("--only", metavar="NAMES", help="contenders to run, with commas between: relay,headgate,nginx,haproxy,envoy")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    options = parser.parse_args(arguments)
    if options.endpoints > 1000:
        parser.error(f"--endpoints: expected a number up to 1000, got {options.endpoints}")
    if options.only is not None:
        options.only = [name.strip() for name in options.only.split(",")]
        known = [contender.name for contender in contenders.every()]
        for name in options.only:
            if name not in known:
                parser.error(f'--only: there is no contender "{name}"; there are {", ".join(known)}')
    return options


def build():
    """Compiles the relay and the backend if their sources are newer."""
    compiler = shutil.which("cc")
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in ("relay", "backend"):
        source, target = HERE / f"{name}.c", BUILD / name
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        if not compiler:
            raise Failure(f"cc is not installed: {INSTALL}")
        if subprocess.run([compiler, "-O2", "-o", target, source], check=False).returncode != 0:
            raise Failure(f"{source} does not compile, see above")


def installed(only):
    """The contenders to run, and name -> why not for the others that were asked for."""
    present, absent = [], {}
    for contender in contenders.every():
        if only is not None and contender.name not in only:
            continue
        if contender.program:
            present.append(contender)
        elif contender.name == "headgate":
            raise Failure("build/release/headgate is missing: tools/build.sh release")
        else:
            absent[contender.name] = "not installed"
    if not present:
        raise Failure(f"none of {', '.join(absent)} is installed: {INSTALL}")
    missing = [name for name in absent if name in ("nginx", "haproxy")]
    if missing:
        print(f"bench: {', '.join(missing)} not installed: {INSTALL}", file=sys.stderr)
    return present, absent


def two_cpus():
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise Failure("two CPUs are needed, one for the proxy and one for client and origin; this process may use one alone")
    return cpus[0], cpus[1]


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        raise Failure(f"{OPEN_FILES} open files are needed and {hard} allowed: raise the hard limit (ulimit -Hn)")
    # Not higher: some programs reserve memory for as many as they may have.
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))


def facts(present, place, options):
    """What a reader must know to make sense of the figures: (name, value)."""
    os_release = platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    commit = subprocess.run(["git", "-C", contenders.ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    yield "machine", f"{proc.cpu_model()}, {os.cpu_count()} CPUs, {proc.memory_gib():.1f} GiB"
    yield "system", f"{os_release}, Linux {platform.release()}"
    yield "pinned", f"each proxy to CPU {place.proxy_cpu}, client and origin to CPU {place.load_cpu}"
    yield "rounds", f"{options.rounds} of {options.seconds} s, interleaved; profile {options.profile}"
    if commit.returncode == 0:
        yield "commit", commit.stdout.strip()
    for contender in present:
        if contender.version():
            yield contender.name, contender.version()
    client = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    yield "wrk", client.stdout.splitlines()[0].partition(" Copyright")[0]


def run(options):
    if not shutil.which("wrk"):
        raise Failure(f"wrk is not installed: {INSTALL}")
    build()
    present, absent = installed(options.only)
    proxy_cpu, load_cpu = two_cpus()
    raise_file_limit()
    os.sched_setaffinity(0, {load_cpu})
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"bench: the machine is busy (load average {load:.1f}); the figures will be noisy", file=sys.stderr)

    ports = processes.Ports()
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        os.chmod(folder, 0o711)  # workers that give up root reach their files
        place = Place(ports, Path(folder), proxy_cpu, load_cpu, options.profile, OPEN_FILES)
        for name, value in facts(present, place, options):
            print(f"- {name}: {value}" if options.markdown else f"{name + ':':10s} {value}")
        print(flush=True)
        bench = work.Bench(place, present, options)
        bench.notes = absent
        for name in WORKS if options.work == "all" else (options.work,):
            getattr(bench, name)()
    ports.release()
    return 1 if bench.failed else 0


def main():
    options = parse(sys.argv[1:])
    processes.stop_on_signals()
    try:
        return run(options)
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
