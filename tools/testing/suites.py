"""Runs one test program of any kind and counts its cases."""

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Result:
    """What a suite said."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    notes: list = field(default_factory=list)  # why it failed, for a person

    def fail(self, note, count=1):
        self.failed += count
        self.notes.append(note)
        return self


@dataclass
class Finished:
    """A program that has ended."""

    code: int  # of the exit; negative: the signal that ended it
    output: str  # stdout and stderr as they came
    timed_out: bool

    def end(self):
        """How it ended, for a person."""
        if self.timed_out:
            return "it did not end in time and was killed"
        if self.code < 0:
            return f"ended by {signal.Signals(-self.code).name}"
        return f"exit code {self.code}"


def execute(command, log, timeout, environment=None, cwd=None):
    """Runs `command` to its end, or kills it and what it started after `timeout` seconds. Its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}, cwd=cwd,
                                   start_new_session=True)
        timed_out = False
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            # What it left running belongs to its process group, which is ours to end.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
    return Finished(process.returncode, log.read_text(encoding="utf-8", errors="replace"), timed_out)


def timed(run):
    """Makes a suite measure its time, and fail when it ran nothing."""

    def wrapped(name, *args, **kwargs):
        begin = time.monotonic()
        result = run(Result(name), *args, **kwargs)
        result.seconds = time.monotonic() - begin
        if result.passed + result.failed == 0:
            result.fail("ran no test")
        return result

    return wrapped


@timed
def gtest(result, command, log, timeout, environment=None, cwd=None):
    """A GoogleTest program; counts its cases by the lines it prints as each ends, which hold no byte of a test's own data."""
    finished = execute([*command, "--gtest_brief=0", "--gtest_color=no"], log, timeout, environment, cwd)
    result.passed += len(re.findall(r"\[       OK \] \S", finished.output))
    result.skipped += len(set(re.findall(r"\[  SKIPPED \] (\S+\.\S+)", finished.output)))
    for name in dict.fromkeys(re.findall(r"\[  FAILED  \] (\S+\.[^,\s]+)", finished.output)):
        result.fail(name)
    finished_all = re.search(r"^\[==========\] \d+ tests? from .* ran\.", finished.output, re.M)
    if finished.code != 0 and (not finished_all or result.failed == 0):
        running = re.findall(r"^\[ RUN      \] (\S+)", finished.output, re.M)
        result.fail(f"{finished.end()} in {running[-1] if running else 'no test'}")
    return result


@timed
def unittests(result, command, log, timeout, environment=None, cwd=None):
    """A Python unittest program, or one that ends with the line `ran N, failed M`; counts its cases."""
    finished = execute(command, log, timeout, environment, cwd)
    lines = finished.output.strip().splitlines()
    summary = re.fullmatch(r"ran (\d+), failed (\d+)", lines[-1].strip()) if lines else None
    if summary:
        ran, failed = int(summary[1]), int(summary[2])
        counted = re.findall(r"skipped=(\d+)", finished.output)
        skipped = int(counted[-1]) if counted else 0
    else:
        counted = re.findall(r"^Ran (\d+) tests? in", finished.output, re.M)
        ran = int(counted[-1]) if counted else 0
        kinds = {kind: int(count) for kind, count in re.findall(r"(failures|errors|skipped|unexpected successes)=(\d+)", lines[-1] if lines else "")}
        skipped = kinds.pop("skipped", 0)
        failed = min(ran, sum(kinds.values()))  # a case with several subtests may fail several times
    names = re.findall(r"^(?:FAIL|ERROR): (\S+ \S+)", finished.output, re.M)
    if failed:
        result.fail(", ".join(dict.fromkeys(names)) or "see the log", failed)
    elif finished.code != 0 or not lines:
        result.fail(finished.end())
    result.skipped += skipped
    result.passed += max(0, ran - failed - skipped)
    return result


@timed
def benchmarks(result, command, log, timeout, environment=None, cwd=None):
    """A Google Benchmark program, for its code and not its figures: each benchmark runs for a moment and counts as one."""
    report = log.with_suffix(".json")
    report.unlink(missing_ok=True)
    finished = execute([*command, "--benchmark_min_time=0.001", f"--benchmark_out={report}", "--benchmark_out_format=json"],
                       log, timeout, environment, cwd)
    rows = []
    if finished.code == 0 and report.exists():
        rows = json.loads(report.read_text(encoding="utf-8"))["benchmarks"]
    for row in rows:
        if row.get("error_occurred"):
            result.fail(f"{row['name']}: {row.get('error_message')}")
        elif row.get("run_type") != "aggregate":
            result.passed += 1
    if finished.code != 0:
        result.fail(finished.end())
    return result


@timed
def fuzzer(result, command, corpus, work, log, seconds, environment=None):
    """A libFuzzer program over its committed corpus and then for `seconds` of new inputs; counts as one. The corpus is only read."""
    inputs = [path for path in corpus.glob("*") if path.is_file()] if corpus.is_dir() else []
    if not inputs:
        return result.fail(f"{corpus} has no inputs")
    found = work / "found"
    found.mkdir(parents=True, exist_ok=True)
    for old in found.iterdir():  # every run begins with the committed corpus
        old.unlink()
    dictionary = corpus.parent.parent / f"{corpus.name}.dict"
    options = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={work}/crash-of-{corpus.name}-"]
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    finished = execute([*command, *options, found, corpus], log, 10 * seconds + 120, environment)
    executed = re.search(r"stat::number_of_executed_units:\s+(\d+)", finished.output)
    if finished.code != 0 or finished.timed_out:
        artifact = re.search(r"Test unit written to (\S+)", finished.output)
        return result.fail(f"{finished.end()}; input: {artifact[1] if artifact else 'not written'}")
    if executed is None or int(executed[1]) < len(inputs):
        return result.fail("it did not run the whole corpus")
    result.passed = 1
    return result


def collect_reports(result, pattern):
    """Adds the sanitizer reports that programs wrote to `pattern` (a path without the ending of the process id) as failures: they came from processes whose exit
    code nobody looked at."""
    pattern = Path(pattern)
    for report in sorted(pattern.parent.glob(pattern.name + ".*")):
        result.fail(f"sanitizer report in {report}")
    return result
