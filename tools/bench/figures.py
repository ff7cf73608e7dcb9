"""From samples to figures: medians, spread and ratios. Pure functions; nothing here measures or prints."""

import statistics
from dataclasses import dataclass
from typing import Optional


@dataclass
class Sample:
    """One round of one contender."""

    value: Optional[float]  # what the work measures; None: there was nothing to measure
    errors: int = 0
    rate: float = 0.0  # requests a second
    p99_seconds: float = 0.0

    @property
    def counts(self):
        """A round with errors did other work than the others', so its value is not compared."""
        return self.errors == 0 and self.value is not None


@dataclass
class Figure:
    """What the rounds of one contender come to. Everything is None if no round counts."""

    rounds: int
    counted: int
    errors: int
    median: Optional[float] = None
    least: Optional[float] = None
    most: Optional[float] = None
    rate: Optional[float] = None
    p99_seconds: Optional[float] = None


def figure(samples):
    """The Figure of the samples of one contender."""
    good = [sample for sample in samples if sample.counts]
    result = Figure(len(samples), len(good), sum(sample.errors for sample in samples))
    if good:
        values = [sample.value for sample in good]
        result.median, result.least, result.most = statistics.median(values), min(values), max(values)
        result.rate = statistics.median(sample.rate for sample in good)
        result.p99_seconds = statistics.median(sample.p99_seconds for sample in good)
    return result


def ratio(value, base):
    """value / base; None if either is missing or the base is nothing."""
    return value / base if value is not None and base else None


def best(figures, names):
    """The smallest median of the contenders in `names`; None if none of them has one."""
    return min((figures[name].median for name in names if name in figures and figures[name].median is not None), default=None)
