"""The kinds of work: each measures the contenders in interleaved rounds and prints its tables."""

import sys

import table
from figures import Sample, figure
from processes import Failure
from rig import Rig

SMALL_BODY = 13
LARGE_BODY = 256 * 1024
STEPS = (64, 1000, 5000)  # connections
IDLE_CONNECTIONS = 5000
CPU = "CPU us/req"


class Bench:
    """What all kinds of work share."""

    def __init__(self, place, contenders, options):
        self.place = place
        self.contenders = contenders  # that are installed
        self.notes = {}  # name -> why it is in no table
        self.options = options
        self.failed = False

    def say(self, text=""):
        print(text, flush=True)

    def progress(self, text):
        print(f"... {text}", file=sys.stderr, flush=True)

    def title(self, text):
        self.say(f"### {text}\n" if self.options.markdown else text)

    def print_comparison(self, results, unit, loaded=True, notes=None):
        """results: name -> samples."""
        figures = {name: figure(samples) for name, samples in results.items()}
        peers = [contender.name for contender in self.contenders if contender.peer]
        for line in table.comparison(figures, {**self.notes, **(notes or {})}, unit, peers, self.options.markdown, loaded):
            self.say(line)
        self.failed |= any(it.median is None for it in figures.values())
        self.say()
        return figures

    def start_all(self, rig, contenders, connections):
        """Starts and warms up; who cannot start is reported and left out."""
        running, notes = [], {}
        for contender in contenders:
            try:
                one = rig.start(contender)
                rig.warm_up(one, connections)
                running.append(one)
            except Failure as failure:
                print(failure, file=sys.stderr)
                notes[contender.name] = "did not start"
                self.failed = True
        return running, notes

    def rounds(self, rig, running, connections, what):
        """name -> samples, A B C A B C: what else the machine does meanwhile touches all alike."""
        results = {one.contender.name: [] for one in running}
        for round_number in range(1, self.options.rounds + 1):
            for one in running:
                sample = rig.load(one, connections, self.options.seconds)
                results[one.contender.name].append(sample)
                self.progress(f"{what}, round {round_number}/{self.options.rounds}: {one.contender.name} {table.number(sample.value)} {CPU}"
                              + (f", {sample.errors} errors: not counted" if sample.errors else ""))
        return results

    def compare(self, name, title, connections, body):
        with Rig(self.place, body) as rig:
            running, notes = self.start_all(rig, self.contenders, connections)
            results = self.rounds(rig, running, connections, name)
        self.title(f"{name}: {title}")
        self.print_comparison(results, CPU, notes=notes)

    def small(self):
        self.compare("small", f"HTTP/1.1 keep-alive, 64 connections, {SMALL_BODY}-byte responses", 64, SMALL_BODY)

    def large(self):
        self.compare("large", "HTTP/1.1 keep-alive, 16 connections, 256 KiB responses", 16, LARGE_BODY)

    def growth(self):
        steps = [(f"{connections} connections", connections, 1, self.contenders) for connections in STEPS]
        if self.options.endpoints > 1:
            balancers = [contender for contender in self.contenders if contender.balances]
            steps.append((f"{self.options.endpoints} endpoints", STEPS[0], self.options.endpoints, balancers))
        figures = []
        for name, connections, endpoints, contenders in steps:
            with Rig(self.place, SMALL_BODY, endpoints) as rig:
                running, notes = self.start_all(rig, contenders, connections)
                results = self.rounds(rig, running, connections, f"growth, {name}")
            self.title(f"growth: {name}")
            figures.append((name, self.print_comparison(results, CPU, notes=notes)))
        self.title(f"growth: {CPU} of each contender against its own at {steps[0][0]}")
        for line in table.growth(figures, self.options.markdown):
            self.say(line)
        self.say()

    def idle(self):
        results = {contender.name: [] for contender in self.contenders}
        with Rig(self.place, SMALL_BODY) as rig:
            for round_number in range(1, self.options.rounds + 1):
                for contender in self.contenders:
                    results[contender.name].append(self.idle_sample(rig, contender))
                    self.progress(f"idle, round {round_number}/{self.options.rounds}: {contender.name} "
                                  f"{table.number(results[contender.name][-1].value)} KiB")
        self.title(f"idle: memory for each of {IDLE_CONNECTIONS} idle kept-alive connections")
        self.print_comparison(results, "RSS KiB/conn", loaded=False)

    def idle_sample(self, rig, contender):
        try:
            return rig.idle_memory(contender, IDLE_CONNECTIONS)
        except Failure as failure:
            print(failure, file=sys.stderr)
            return Sample(None)
