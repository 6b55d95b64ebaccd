"""What the figures are to be, on two cores with nothing else to do.

Of a million rows x 10 columns; a target whose figures were not measured is not spoken of.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import OURS, Figure, Figures, ratio
from benchmarks.shapes import CHECK, CREATE, EXPORT, UPDATE

MET, MISSED = "met", "MISSED"
LARGE, TENTH = "1000000x10", "100000x10"
DATABASES = ("sqlite", "postgresql")
RATES = {CREATE: 75_000, UPDATE: 75_000, CHECK: 85_000, EXPORT: 95_000}
"""Rows a second."""
BULK = {CREATE: 45, UPDATE: 45, EXPORT: 20}
"""Times as fast as django-import-export, in bulk where it has that."""
SHARE = 0.75
"""Of the limit of two cores."""
UNTIMED = {("sqlite", EXPORT)}
"""No speed was asked of these."""
MEMORY, MEMORY_GROWTH, TIME_GROWTH = 300, 1.1, 10.5
"""MB of any worker; how many times as much as for a tenth of the rows."""


def verdicts(figures: Figures) -> Iterator[str]:
    """Yield a sentence for each target of what was measured."""
    for database in DATABASES:
        for operation in RATES:
            one = figures.get((database, LARGE, OURS, operation))
            if one is not None:
                yield from _of(figures, one)


def _of(figures: Figures, one: Figure) -> Iterator[str]:
    database, operation = one.database, one.operation
    what = f"{database} {operation}"
    if (database, operation) not in UNTIMED:
        yield said(f"{what}, rows a second", one.rows_per_second, RATES[operation])
        times = ratio(figures, (database, LARGE, "bulk", operation))
        if times is not None and operation in BULK:
            yield said(f"{what}, times as fast as bulk", times, BULK[operation])
    share = ratio(figures, (database, LARGE, "limit", operation))
    if share is not None and operation in (CREATE, UPDATE):
        yield said(f"{what}, share of the limit", share, SHARE)
    memory = one.worker_mb
    yield said(f"{what}, MB of a worker", memory, MEMORY, most=True)
    tenth = figures.get((database, TENTH, OURS, operation))
    if tenth is not None:
        growth = memory / max(tenth.worker_mb, 1)
        yield said(f"{what}, growth of memory", growth, MEMORY_GROWTH, most=True)
        growth = one.seconds / tenth.seconds
        yield said(f"{what}, growth of time", growth, TIME_GROWTH, most=True)


def said(what: str, value: float, target: float, *, most: bool = False) -> str:
    """Return whether a target is met, in words; `most`: the value is to lie under it."""
    met = value <= target if most else value >= target
    sides = "at most" if most else "at least"
    return f"{MET if met else MISSED:6} {what}: {_number(value)}, {sides} {_number(target)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
