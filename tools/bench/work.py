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

    def round(self, rig, running, connections, what):
        """name -> sample, one of each contender: what else the machine does meanwhile touches all alike."""
        samples = {}
        for one in running:
            sample = samples[one.contender.name] = rig.load(one, connections, self.options.seconds)
            self.progress(f"{what}: {one.contender.name} {table.number(sample.value)} {CPU}"
                          + (f", {sample.errors} errors: not counted" if sample.errors else ""))
        return samples

    def compare(self, name, title, connections, body):
        with Rig(self.place, body) as rig:
            running, notes = self.start_all(rig, self.contenders, connections)
            results = {one.contender.name: [] for one in running}
            for round_number in range(1, self.options.rounds + 1):
                for contender, sample in self.round(rig, running, connections, f"{name}, round {round_number}/{self.options.rounds}").items():
                    results[contender].append(sample)
        self.title(f"{name}: {title}")
        self.print_comparison(results, CPU, notes=notes)

    def small(self):
        self.compare("small", f"HTTP/1.1 keep-alive, 64 connections, {SMALL_BODY}-byte responses", 64, SMALL_BODY)

    def large(self):
        self.compare("large", "HTTP/1.1 keep-alive, 16 connections, 256 KiB responses", 16, LARGE_BODY)

    def growth(self):
        steps = [(f"{connections} connections", connections) for connections in STEPS]
        many = f"{self.options.endpoints} endpoints"
        results = {}
        with Rig(self.place, SMALL_BODY) as rig, Rig(self.place, SMALL_BODY, self.options.endpoints) as wide:
            running, notes = self.start_all(rig, self.contenders, STEPS[0])
            parts = [(name, rig, running, connections) for name, connections in steps]
            if self.options.endpoints > 1:
                balancers = [one.contender for one in running if one.contender.balances]
                parts.append((many, wide, self.start_all(wide, balancers, STEPS[0])[0], STEPS[0]))
            # The steps are compared with one another, so they take turns as well.
            for round_number in range(1, self.options.rounds + 1):
                for name, where, those, connections in parts:
                    samples = self.round(where, those, connections, f"growth, {name}, round {round_number}/{self.options.rounds}")
                    for contender, sample in samples.items():
                        results.setdefault(name, {}).setdefault(contender, []).append(sample)
        figures = []
        for name, samples in results.items():
            self.title(f"growth: {name}")
            figures.append((name, self.print_comparison(samples, CPU, notes=notes)))
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
