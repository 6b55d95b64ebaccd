"""Time dataio beside its peers and the limit: `make bench`, or python -m benchmarks.

    --rows 10000            one size x 10 columns; without it 10,000, 100,000 and 1,000,000 rows
                            x 10 columns and 100,000 x 50
    --databases sqlite      and, or, postgresql
    --peer-seconds 30       peers get a part of the workbook that takes about so long; 120
    --only dataio,limit     some contestants
    --rounds 3              turns of dataio and the limit; the best counts
    --check                 the short run of CI: fails when a ratio has fallen by a third
    --baseline              keep the ratios of this run as what --check compares with
    --keep                  put the figures into benchmarks/results.json, of which the README's
                            table and the pictures are made

Everything measured is written to var/bench/results.json. Without arguments it takes about two
hours on two cores; --peer-seconds 20 makes it forty minutes.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import table, targets
from benchmarks.figures import (
    BASELINE,
    OURS,
    RESULTS,
    Figures,
    as_data,
    fallen,
    figures_of,
    load,
    ratios,
    save,
)
from benchmarks.place import DATABASES, SQLITE, Place, place
from benchmarks.series import LIMIT, Series, measure
from benchmarks.shapes import Shape
from benchmarks.watch import machine
from tests.stack import ROOT

SHAPES = ("10000x10", "100000x10", "1000000x10", "100000x50")
LAST = ROOT / "var" / "bench" / "results.json"
FIRM = ("bulk",)
"""The check compares with these: the others get so few rows that their ratios waver, and of a
job as small as the check's, the limit shows what starting it costs."""
SHORT = (OURS, LIMIT, *FIRM, "plain", "loop")
"""Who takes part in the short run; on PostgreSQL even fewer."""
AGAIN = 2
"""Rounds more before the check fails: a busy moment is no fall."""


def main() -> int:
    options = _options()
    figures: Figures = {}
    code = 0
    for database in options.databases.split(","):
        with place(database) as here:
            found: Figures = {}
            for series in _series(options, database):
                found |= measure(here, series)
                _keep(found, options)
            if options.check:
                found, lost = _checked(here, found, options)
                code = code or int(bool(lost))
        figures |= found
    _report(figures, options)
    return code


def _series(options: argparse.Namespace, database: str) -> Iterator[Series]:
    only = tuple(options.only.split(",")) if options.only else ()
    shapes = [f"{options.rows}x10"] if options.rows else options.shapes.split(",")
    if options.short and not only:
        only = SHORT if database == SQLITE else (OURS, *FIRM)
    for shape in shapes:
        yield Series(
            shape=Shape.parse(shape),
            rounds=options.rounds,
            peer_seconds=options.peer_seconds,
            only=only,
        )


def _checked(
    here: Place, figures: Figures, options: argparse.Namespace
) -> tuple[Figures, list[str]]:
    """Compare with the baseline; measure what has fallen once more before saying so."""
    baseline = {
        name: value
        for name, value in load(BASELINE).items()
        if name.startswith(here.database)
    }
    for _time in range(AGAIN):
        if not fallen(ratios(figures), baseline):
            break
        for series in _series(options, here.database):
            again = measure(here, replace(series, rounds=1, only=(OURS,)))
            for key, figure in again.items():
                figures[key] = figure.joined(figures.get(key))
    lost = fallen(ratios(figures), baseline)
    if lost:
        print("Slower than the baseline by more than a third: " + "; ".join(lost))
    return figures, lost


def _report(figures: Figures, options: argparse.Namespace) -> None:
    _keep(figures, options)
    if options.baseline:
        found = ratios(figures)
        save(BASELINE, {name: found[name] for name in found if name.endswith(FIRM)})
    print()
    print(table.plain(figures))
    told = list(targets.verdicts(figures))
    print("\n" + "\n".join(told))
    if any(line.startswith(targets.MISSED) for line in told):
        print('What bounds them: "What bounds a million rows" in docs/benchmarks.md.')
    print(f"\nAll figures are in {LAST.relative_to(ROOT)}.")


def _keep(figures: Figures, options: argparse.Namespace) -> None:
    """Save what is known so far: a long run that is broken off has not been in vain."""
    _save(LAST, figures)
    if options.keep:
        _save(RESULTS, figures)


def _save(path: Path, figures: Figures) -> None:
    """Add the figures to those of other sizes, databases and contestants."""
    before = load(path)
    known = figures_of(before) | figures
    now = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    told: dict[str, Any] = {"figures": as_data(known.values()), "made": now}
    save(path, before | told | {"machine": machine()})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--databases", default=",".join(DATABASES))
    parser.add_argument("--peer-seconds", type=float)
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.short = options.check or options.baseline
    options.peer_seconds = options.peer_seconds or (3 if options.short else 120)
    options.rounds = options.rounds or (1 if options.short else 3)
    return options


if __name__ == "__main__":
    sys.exit(main())
