"""Meter: how the pipeline tells how far it is, without knowing who listens.

The pipeline calls `begin`, `advance` and `count`; listeners are told at most a few times a second.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a meter shows at one moment."""

    phase: str
    current: int
    total: int | None
    counts: Mapping[str, int]
    final: bool = False


class Meter:
    """Counts rows by phase and tells a listener, throttled.

    `listener` gets a `Reading`; `stop` is asked at the same moments and raises to end the work
    (cancel is cooperative). `seconds` is the least time between two readings.
    """

    def __init__(
        self,
        listener: Callable[[Reading], None] = lambda reading: None,
        stop: Callable[[], None] = lambda: None,
        seconds: float = 0.25,
    ) -> None:
        self._listener = listener
        self._stop = stop
        self._seconds = seconds
        self._told = 0.0
        self.phase = ""
        self.counts: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._totals: dict[str, int | None] = {}

    def begin(self, phase: str, total: int | None = None) -> None:
        """Start a phase of `total` rows (None: not known), or go on with it.

        Phases may alternate: reading and checking take turns, chunk by chunk.
        """
        fresh = phase not in self._totals
        self.phase = phase
        self._totals[phase] = total if total is not None else self._totals.get(phase)
        if fresh:
            self._tell()
        else:
            self._tell_now_and_then()

    def advance(self, rows: int, total: int | None = None) -> None:
        """Add rows to the phase; `total` replaces the earlier guess."""
        self._done[self.phase] += rows
        if total is not None:
            self._totals[self.phase] = total
        self._tell_now_and_then()

    def count(self, **counts: int) -> None:
        """Add to the totals people see (created=5, failed=1, ...)."""
        self.counts.update(counts)

    def tell(self) -> None:
        """Tell how far this phase is, whatever the throttle says."""
        self._tell()

    def end(self) -> None:
        """Tell the last reading of a phase, whatever the throttle says."""
        self._totals[self.phase] = self._done[self.phase]
        self._tell(final=True)

    @property
    def current(self) -> int:
        """Rows done in this phase."""
        return self._done[self.phase]

    @property
    def total(self) -> int | None:
        """Rows to do in this phase; None: not known."""
        return self._totals.get(self.phase)

    def _tell_now_and_then(self) -> None:
        if time.monotonic() - self._told >= self._seconds:
            self._tell()

    def _tell(self, *, final: bool = False) -> None:
        self._told = time.monotonic()
        self._stop()
        self._listener(
            Reading(
                phase=self.phase,
                current=self.current,
                total=self.total,
                counts=dict(self.counts),
                final=final,
            )
        )
