"""The tables of README.md and docs/benchmarks.md: python -m benchmarks.table [--write]

Made of benchmarks/results.json. `--write` puts them into place, and draws the picture of growth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks import chart, felt, targets
from benchmarks.contestants import CONTESTANTS
from benchmarks.figures import OURS, RESULTS, Figure, Figures, figures_of, load, ratio
from benchmarks.interactive import targets as felt_targets
from benchmarks.place import DATABASES
from benchmarks.shapes import CHECK, CREATE, EXPORT, UPDATE, Shape
from tests.stack import ROOT

README = ROOT / "README.md"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = (
    "<!-- made by: python -m benchmarks.table --write -->",
    "<!-- until here -->",
)
OPERATIONS = {CREATE: "new", UPDATE: "changed", CHECK: "check", EXPORT: "export"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
LIMITS = ("limit",)


def plain(figures: Figures) -> str:
    """Return all figures and ratios for a terminal."""
    lines = []
    for database, shape in series_of(figures.values()):
        lines.append(f"\n{NAMES[database]}, {words(shape)}")
        for key, figure in figures.items():
            if key[:2] == (database, shape):
                lines.append(_line(figures, figure))
    return "\n".join(lines).strip()


def series_of(figures: Iterable[Figure]) -> list[tuple[str, str]]:
    """Return the databases and shapes that were measured, small before large."""
    found = {(figure.database, figure.shape) for figure in figures}
    return sorted(found, key=lambda one: (DATABASES.index(one[0]), *_size(one[1])))


def markdown(figures: Figures) -> str:
    """Return what the README carries: times as fast as each peer, and the share of the limit."""
    largest = [shape for _database, shape in series_of(figures.values())]
    tens = [shape for shape in largest if Shape.parse(shape).columns == 10]
    if not tens:
        return ""
    shape = max(tens, key=_size)
    columns = [
        (database, operation)
        for database in DATABASES
        for operation in (CREATE, UPDATE, EXPORT)
        if (database, shape, OURS, operation) in figures
    ]
    heads = [f"{NAMES[base]}: {OPERATIONS[operation]}" for base, operation in columns]
    rows = [f"| {words(shape)} | " + " | ".join(heads) + " |"]
    rows.append("|---|" + "---:|" * len(columns))
    for name, contestant in CONTESTANTS.items():
        keys = [(base, shape, name, operation) for base, operation in columns]
        cells = [_cell(figures, key) for key in keys]
        if (contestant.is_peer or name in LIMITS) and any(cells):
            title = contestant.title + _cut(figures, keys)
            if name in LIMITS:
                title = f"share of {title}"
            rows.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def words(shape: str) -> str:
    """Return a shape in words."""
    found = Shape.parse(shape)
    return f"{found.rows:,} rows x {found.columns} columns"


def page(results: Mapping[str, Any]) -> str:
    """Return what docs/benchmarks.md carries: all figures, and what they were measured on."""
    machine = results.get("machine", {})
    told = (
        f"{machine.get('processor')}, {machine.get('cores')} cores, "
        f"{machine.get('memory_gb')} GB, {machine.get('system')}, "
        f"Python {machine.get('python')}"
    )
    figures = figures_of(results)
    felt_figures = results.get("interactive", {})
    parts = [
        f"Measured on {results.get('made')}: {told}.",
        felt.markdown(felt_figures),
        _block([*targets.verdicts(figures), *felt_targets.verdicts(felt_figures)]),
        _block([plain(figures)]),
    ]
    return "\n\n".join(part for part in parts if part)


def put(text: str, table: str) -> str:
    """Return the text with this table in its place."""
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _block(lines: list[str]) -> str:
    return "```\n" + "\n".join(lines) + "\n```" if lines else ""


def _line(figures: Figures, figure: Figure) -> str:
    times = ratio(figures, figure.key)
    told = "" if figure.contestant == OURS or times is None else f"{times:8.2f}"
    title = CONTESTANTS[figure.contestant].title
    cut = "" if figure.whole else f"  of {figure.rows:,} rows"
    ours = figure.contestant == OURS
    memory = figure.worker_mb if ours else figure.peak_mb.get("itself", 0)
    return (
        f"  {title:48} {OPERATIONS[figure.operation]:8}{figure.rows_per_second:>10,.0f} rows/s"
        f" {told:>8} {memory:>6.0f} MB{cut}"
    )


def _cell(figures: Figures, key: tuple[str, str, str, str]) -> str:
    times = ratio(figures, key)
    if times is None:
        return ""
    if key[2] in LIMITS:
        return f"{times:.0%}"
    return f"{times:,.0f}x" if times >= 10 else f"{times:.1f}x"


def _cut(figures: Figures, keys: list[tuple[str, str, str, str]]) -> str:
    found = [figures[key] for key in keys if key in figures]
    rows = {figure.rows for figure in found if not figure.whole}
    return f" ({min(rows):,} of the rows)" if rows else ""


def _size(shape: str) -> tuple[int, int]:
    found = Shape.parse(shape)
    return found.columns, found.rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    results = load(RESULTS)
    figures = figures_of(results)
    print(markdown(figures))
    if options.write:
        README.write_text(put(README.read_text(), markdown(figures)))
        PAGE.write_text(put(PAGE.read_text(), page(results)))
        chart.write(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
