"""A series: every contestant in turns, on the same workbook, table and database, in one run."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from benchmarks.contestants import CONTESTANTS, Contestant
from benchmarks.figures import OURS, Figure, Figures, with_turn
from benchmarks.place import Place
from benchmarks.shapes import Shape

LIMIT = "limit"
STEP = 500
"""Sizes that are cut are whole multiples of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    shape: Shape
    rounds: int = 3
    """Turns of dataio and the limit; the peers, which take long, have one."""
    peer_seconds: float = 120
    """Peers get a part of the workbook that takes about so long at most."""
    only: Collection[str] = ()
    """Contestants; empty: all."""

    def turns(self) -> Iterator[tuple[str, str, Shape]]:
        """Yield who does what on which shape, in order."""
        for number in range(self.rounds):
            for name, contestant in CONTESTANTS.items():
                if (number and contestant.is_peer) or (
                    self.only and name not in self.only
                ):
                    continue
                for operation in contestant.operations:
                    yield name, operation, self.cut(contestant)

    def cut(self, contestant: Contestant) -> Shape:
        """Return the shape that the contestant gets."""
        if not contestant.is_peer:
            return self.shape
        # Five times as many columns take about five times as long.
        per_second = contestant.speed * 10 / self.shape.columns
        most = max(STEP, int(per_second * self.peer_seconds) // STEP * STEP)
        return Shape(rows=min(self.shape.rows, most), columns=self.shape.columns)


def measure(place: Place, series: Series) -> Figures:
    """Run a series; return the best turn of each contestant at each operation."""
    figures: Figures = {}
    for name, operation, shape in series.turns():
        begun = time.perf_counter()
        told = place.run(
            "benchmarks.turn",
            name,
            operation,
            str(shape),
            **CONTESTANTS[name].environment,
        )
        assert told["held"] in (-1, 0, shape.rows), (name, operation, told)
        turn = Figure(
            database=place.database,
            shape=str(series.shape),
            contestant=name,
            operation=operation,
            rows=told["rows"],
            seconds=told["seconds"],
            cpu_seconds=told["cpu_seconds"],
            peak_mb=told["peak_mb"],
            turns=[told["seconds"]],
        )
        figures = with_turn(figures, turn)
        print(said(turn, time.perf_counter() - begun), flush=True)
    return figures


def said(turn: Figure, took: float) -> str:
    """Return one turn as a line; `took` counts the starts of processes too."""
    memory = (
        turn.worker_mb if turn.contestant == OURS else turn.peak_mb.get("itself", 0)
    )
    return (
        f"{turn.database:10} {turn.shape:>10} {turn.contestant:12} {turn.operation:7}"
        f"{turn.rows:>10,} rows {turn.seconds:>9.2f} s {turn.rows_per_second:>9,.0f} rows/s"
        f" {turn.cpu_seconds:>8.1f} s of work {memory:>5.0f} MB  ({took:.0f} s)"
    )
