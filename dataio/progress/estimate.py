"""Percent, rate and time left, from how far each phase is. Pure functions; seconds and rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

SMOOTHING_SECONDS = 4.0
"""A rate measured this long ago has lost 63 % of its weight (exponential smoothing)."""
QUIET_SECONDS = 1.0
"""No time left is said in the first second: nothing is known yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseProgress:
    done: int = 0
    total: int | None = None

    @property
    def complete(self) -> bool:
        return self.total is not None and self.done >= self.total

    @property
    def share(self) -> float:
        """0 to 1; an unknown total counts as nothing done."""
        return min(1.0, self.done / self.total) if self.total else float(self.complete)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast a job was going when last looked at; kept between snapshots."""

    at: float = 0.0
    """Seconds since the epoch."""
    since: float = 0.0
    percent: float = 0.0
    percent_per_second: float = 0.0
    phase: str = ""
    done: int = 0
    rows_per_second: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    phase: str
    current: int
    total: int | None
    percent: float
    rows_per_second: float | None
    eta_seconds: float | None
    pace: Pace = field(repr=False)


def estimate(
    phases: Mapping[str, PhaseProgress],
    weights: Mapping[str, float],
    pace: Pace,
    now: float,
) -> Estimate:
    """Return what can be said now.

    `weights`: what each phase costs, in order; any scale. The phase shown is the first that is
    not complete, so that phases which overlap do not flicker. Percent never falls below `pace`'s
    and stays under 100: only the end of the job is 100.
    """
    shares = {name: phases.get(name, PhaseProgress()).share for name in weights}
    percent = (
        100
        * sum(weights[name] * shares[name] for name in weights)
        / sum(weights.values())
    )
    percent = max(pace.percent, min(percent, 99.0))
    phase = _shown_phase(phases, weights)
    shown = phases.get(phase, PhaseProgress())
    new_pace = _next_pace(pace, percent, phase, shown.done, now)
    quiet = now - new_pace.since < QUIET_SECONDS
    speed = new_pace.percent_per_second
    return Estimate(
        phase=phase,
        current=shown.done,
        total=shown.total,
        percent=percent,
        rows_per_second=new_pace.rows_per_second or None,
        eta_seconds=None if quiet or speed <= 0 else (100 - percent) / speed,
        pace=new_pace,
    )


def _shown_phase(
    phases: Mapping[str, PhaseProgress], weights: Mapping[str, float]
) -> str:
    open_phases = [
        name for name in weights if name in phases and not phases[name].complete
    ]
    return (open_phases or [name for name in weights if name in phases] or [""])[
        0 if open_phases else -1
    ]


def _next_pace(pace: Pace, percent: float, phase: str, done: int, now: float) -> Pace:
    seconds = now - pace.at
    if pace.at == 0 or seconds <= 0:
        return Pace(at=now, since=now, percent=percent, phase=phase, done=done)
    speed = _smooth(
        pace.percent_per_second, (percent - pace.percent) / seconds, seconds
    )
    rate = pace.rows_per_second
    if phase == pace.phase:
        rate = _smooth(rate, max(0, done - pace.done) / seconds, seconds)
    return Pace(
        at=now,
        since=pace.since,
        percent=percent,
        percent_per_second=speed,
        phase=phase,
        done=done,
        rows_per_second=rate,
    )


def _smooth(old: float, new: float, seconds: float) -> float:
    if old == 0:
        return new
    keep = math.exp(-seconds / SMOOTHING_SECONDS)
    return keep * old + (1 - keep) * new
