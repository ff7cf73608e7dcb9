"""Prints figures as tables, for a terminal or in Markdown."""

from figures import best, ratio

NOTHING = "-"


def number(value, digits=2):
    return NOTHING if value is None else f"{value:,.{digits}f}"


def times(value):
    return NOTHING if value is None else f"{value:.2f}x"


def duration(seconds):
    if not seconds:
        return NOTHING
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def render(header, rows, markdown):
    """The lines of a table; the first column is flushed left, the others right."""
    if markdown:
        yield "| " + " | ".join(header) + " |"
        yield "| --- |" + " ---: |" * (len(header) - 1)
        for row in rows:
            yield "| " + " | ".join(row) + " |"
        return
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        yield "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))).rstrip()


def comparison(figures, notes, unit, peers, markdown, loaded=True):
    """The lines that compare the contenders in one piece of work. figures: name -> Figure; notes: name -> why it has none;
    loaded: there was a load, with a rate and latencies."""
    floor = figures["relay"].median if "relay" in figures else None
    best_peer = best(figures, peers)
    header = ["contender", unit, "min - max", "x relay", "x best peer", "rounds", "errors"] + (["req/s", "p99"] if loaded else [])
    rows = []
    for name, it in figures.items():
        spread = NOTHING if it.median is None else f"{number(it.least)} - {number(it.most)}"
        rounds = f"{it.counted}/{it.rounds}" + ("" if it.counted == it.rounds else " !")
        row = [name, number(it.median), spread, times(ratio(it.median, floor)), times(ratio(it.median, best_peer)), rounds,
               str(it.errors)]
        rows.append(row + ([number(it.rate, 0), duration(it.p99_seconds)] if loaded else []))
    rows += [[name, note] + [NOTHING] * (len(header) - 2) for name, note in notes.items()]
    return render(header, rows, markdown)


def growth(steps, markdown):
    """The lines that compare each contender with itself. steps: (title, figures), the first is the base."""
    base = steps[0][1]
    header = ["contender", *(title for title, _ in steps)]
    rows = [[name, *(times(ratio(figures[name].median, base[name].median)) if name in figures else NOTHING for _, figures in steps)]
            for name in base]
    return render(header, rows, markdown)
