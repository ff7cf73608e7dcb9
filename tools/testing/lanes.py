"""The lanes: what is built with which preset, and what of it runs."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import suites

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = "/usr/bin/python3"
MINUTE = 60

# halt_on_error: a report is a failure, not a remark. The exit codes are none that a test expects of a program.
SANITIZER = {
    "asan": {
        "ASAN_OPTIONS": "halt_on_error=1:exitcode=99:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
        "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
    },
    "tsan": {"TSAN_OPTIONS": f"halt_on_error=1:exitcode=66:second_deadlock_stack=1:suppressions={ROOT}/test/sanitizers/tsan.supp"},
    "fuzz": {"ASAN_SYMBOLIZER_PATH": "/usr/lib/llvm-14/bin/llvm-symbolizer"},
}


class Lane:
    """One preset and its suites. Prints a line for each suite as it ends."""

    def __init__(self, preset):
        self.preset = preset
        self.folder = ROOT / "build" / preset
        self.logs = self.folder / "test-logs"
        self.results = []
        self.environment = SANITIZER.get(preset, {})
        self.prefix = fixed_addresses() if preset == "tsan" else []

    def add(self, result):
        """Prints and keeps the result of a suite."""
        self.results.append(result)
        skipped = f", {result.skipped} skipped" if result.skipped else ""
        print(f"{self.preset:7s} {result.name:34s} {result.passed:5d} passed, {result.failed:d} failed{skipped}  ({result.seconds:.1f} s)")
        for note in result.notes:
            print(f"        FAILED {note}")
        if result.failed:
            log = self.logs / f"{result.name}.log"
            if log.exists():
                print_tail(log)
        sys.stdout.flush()

    def log(self, name):
        return self.logs / f"{name}.log"

    def build(self):
        """Configures and builds everything of the preset. False, with a failed result, if that does not succeed."""
        begin = time.monotonic()
        shutil.rmtree(self.logs, ignore_errors=True)
        jobs = os.environ.get("JOBS") or str(len(os.sched_getaffinity(0)))
        steps = [["cmake", "--preset", self.preset, "-Wno-dev"], ["cmake", "--build", self.folder, "--parallel", jobs]]
        for step in steps:
            finished = suites.execute(step, self.log("build"), 60 * MINUTE, cwd=ROOT)
            if finished.code != 0:
                result = suites.Result("build", seconds=time.monotonic() - begin)
                self.add(result.fail(f"{' '.join(map(str, step))}: {finished.end()}"))
                return False
        print(f"{self.preset:7s} {'built':34s}{'':22s}  ({time.monotonic() - begin:.1f} s)", flush=True)
        return True

    def programs(self, prefix):
        """The names of the executables that the build makes, by the prefix of their names; files of earlier builds do not count."""
        listing = subprocess.run(["ninja", "-C", str(self.folder), "-t", "targets", "all"], capture_output=True, text=True, check=True).stdout
        targets = (line.split(": ") for line in listing.splitlines() if "EXECUTABLE_LINKER" in line)
        return sorted(name for name, *_ in targets if name.startswith(prefix))

    def unit_tests(self):
        """The GoogleTest programs that CTest knows, each in its own environment."""
        listing = subprocess.run(["ctest", "--test-dir", str(self.folder), "--show-only=json-v1"], capture_output=True, text=True, check=True)
        for test in json.loads(listing.stdout)["tests"]:
            command = test.get("command", [])
            if not command or not Path(command[0]).name.startswith("test_"):
                continue  # the Python suites are run below
            properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
            environment = dict(entry.split("=", 1) for entry in properties.get("ENVIRONMENT", []))
            self.add(suites.gtest(f"unit {test['name']}", [*self.prefix, *command], self.log(f"unit {test['name']}"), 10 * MINUTE,
                                  {**self.environment, **environment}, properties.get("WORKING_DIRECTORY")))

    def schema(self):
        """The corpus of configurations against the schema and the program."""
        script = ROOT / "test/config/schema_test.py"
        if script.exists():
            self.add(suites.unittests("config schema", [PYTHON, script, "--headgate", self.folder / "headgate"], self.log("config schema"),
                                      15 * MINUTE, {**self.environment, "HEADGATE_BIN": str(self.folder / "headgate")}))

    def integration(self):
        """The real program between real clients and origins. Sanitizers report to files, so that no process goes unseen."""
        script = ROOT / "test/integration/run.py"
        if not script.exists():
            return
        reports = self.logs / "sanitizer-report"
        environment = {key: f"{value}:log_path={reports}" for key, value in self.environment.items()}
        command = [*self.prefix, PYTHON, script, "--headgate", self.folder / "headgate", "--origin", self.folder / "headgate-origin", "--lane", self.preset]
        result = suites.unittests("integration", command, self.log("integration"), 15 * MINUTE, environment)
        suites.collect_reports(result, reports)
        self.add(result)

    def benchmarks(self):
        """Each benchmark once, for what the sanitizer says of it."""
        for name in self.programs("bench_"):
            self.add(suites.benchmarks(name, [*self.prefix, self.folder / name], self.log(name), 10 * MINUTE, self.environment))

    def fuzzers(self, seconds):
        """Each fuzzer for `seconds`."""
        names = self.programs("fuzz_")
        if not names:
            self.add(suites.Result("fuzzers").fail("the build has none"))
        for name in names:
            corpus = ROOT / "test/fuzz/corpus" / name.removeprefix("fuzz_")
            self.add(suites.fuzzer(name, [self.folder / name], corpus, self.folder / "fuzzing" / name, self.log(name), seconds, self.environment))


def fixed_addresses():
    """The command prefix with which ThreadSanitizer finds its address ranges free on kernels that randomise more bits than it knows."""
    try:
        bits = int(Path("/proc/sys/vm/mmap_rnd_bits").read_text(encoding="ascii"))
    except OSError:  # not to be seen in some containers
        bits = 32
    prefix = ["setarch", os.uname().machine, "-R"]
    if bits <= 28 or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        return []
    return prefix


def print_tail(log, lines=60):
    """The end of a log, for who sees no files of this machine."""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in text[-lines:]:
        print(f"        | {line}")


def checks():
    """What needs no compiler: the layers, and the tests of the tools."""
    lane = Lane("checks")
    shutil.rmtree(lane.logs, ignore_errors=True)
    for script in sorted((ROOT / "tools").rglob("*_test.py")):
        name = script.stem.replace("_", " ")
        lane.add(suites.unittests(name, [PYTHON, script], lane.log(name), 2 * MINUTE))
    return lane.results


def dev():
    lane = Lane("dev")
    if lane.build():
        lane.unit_tests()
        lane.schema()
        lane.integration()
    return lane.results


def clang():
    """The other compiler must take it without a warning; what it builds runs in the other lanes. Counts as one case."""
    lane = Lane("clang")
    if lane.build():
        lane.add(suites.Result("compiles without a warning", passed=1))
    return lane.results


def asan():
    lane = Lane("asan")
    if lane.build():
        lane.unit_tests()
        lane.schema()
        lane.integration()
    return lane.results


def tsan():
    lane = Lane("tsan")
    if lane.build():
        lane.unit_tests()
        lane.integration()
        lane.benchmarks()
    return lane.results


def fuzz():
    lane = Lane("fuzz")
    if lane.build():
        lane.fuzzers(int(os.environ.get("FUZZ_SECONDS", "20")))
    return lane.results


# In the order in which a mistake shows soonest.
LANES = {"checks": checks, "dev": dev, "clang": clang, "asan": asan, "tsan": tsan, "fuzz": fuzz}
