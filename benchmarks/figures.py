"""What was measured, and the ratios that are made of it.

A figure is the best turn of one contestant at one operation: the least disturbed. Ratios say how
many times as fast dataio was as another in the same run; absolute times say more of the machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.shapes import Shape

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
BASELINE = HERE / "baseline.json"
OURS = "dataio"
WORKERS = ("worker", "short")
"""Families of processes that do the site's work."""
FALL = 1 / 3
"""A ratio may lie this far below the baseline's."""

Key: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    database: str
    shape: str
    """Of the series: 1000000x10."""
    contestant: str
    operation: str
    rows: int
    """Fewer than the series' where the contestant would take too long."""
    seconds: float
    cpu_seconds: float
    """Worked by all processes of the site and the database together."""
    peak_mb: dict[str, float] = field(default_factory=dict)
    """The greatest memory of one process in each family."""
    turns: list[float] = field(default_factory=list)
    """Seconds of each turn."""

    @property
    def key(self) -> Key:
        return (self.database, self.shape, self.contestant, self.operation)

    @property
    def rows_per_second(self) -> float:
        return self.rows / max(self.seconds, 1e-4)

    @property
    def worker_mb(self) -> float:
        """The greatest memory of any worker."""
        return max(self.peak_mb.get(name, 0.0) for name in WORKERS)

    @property
    def whole(self) -> bool:
        """Whether it took all rows of the series."""
        return self.rows == Shape.parse(self.shape).rows

    def joined(self, other: Figure | None) -> Figure:
        """Return the better of two figures, with the turns of both."""
        if other is None:
            return self
        best = min(self, other, key=lambda one: one.seconds)
        told = asdict(best) | {"turns": [*other.turns, *self.turns]}
        return Figure(**told)


Figures: TypeAlias = dict[Key, Figure]


def with_turn(figures: Figures, turn: Figure) -> Figures:
    """Return the figures with one more turn."""
    return {**figures, turn.key: turn.joined(figures.get(turn.key))}


def ratio(figures: Mapping[Key, Figure], key: Key) -> float | None:
    """Return how many times as fast dataio was as the contestant of this key."""
    database, shape, _contestant, operation = key
    ours = figures.get((database, shape, OURS, operation))
    other = figures.get(key)
    if ours is None or other is None:
        return None
    return ours.rows_per_second / other.rows_per_second


def ratios(figures: Mapping[Key, Figure]) -> dict[str, float]:
    """Return all ratios, by a text such as "sqlite 10000x10 create: bulk"."""
    found = {named(key): ratio(figures, key) for key in figures if key[2] != OURS}
    return {name: round(value, 3) for name, value in found.items() if value}


def named(key: Key) -> str:
    database, shape, contestant, operation = key
    return f"{database} {shape} {operation}: {contestant}"


def fallen(found: Mapping[str, float], baseline: Mapping[str, float]) -> list[str]:
    """Return what has fallen by more than a third, or is not there, in words."""
    return [
        f"{name}: {found.get(name, 0):.2f}, was {was:.2f}"
        for name, was in baseline.items()
        if found.get(name, 0) < was * (1 - FALL)
    ]


def load(path: Path) -> dict[str, Any]:
    """Return results as they were saved; empty when there are none."""
    if not path.exists():
        return {}
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def figures_of(results: Mapping[str, Any]) -> Figures:
    known = [Figure(**one) for one in results.get("figures", [])]
    return {figure.key: figure for figure in known}


def save(path: Path, results: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def as_data(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    return [asdict(figure) for figure in figures]
