"""What the parts behind dataio say of themselves: for `dataio_doctor`, /healthz and /readyz."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from dataio.jobs.parts import CHECKS, Wrong

MOST_WAIT = 5
"""Seconds for a check."""
ALIVE = ("database", "storage")
"""What a process needs to do anything."""
READY = ("database", "migrations", "broker", "results", "channel layer", "storage")
"""What a request may need. Workers and beat are others: a page says so when they are away."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check found."""

    part: str
    good: bool
    said: str
    mend: str = ""


def examine(parts: Iterable[str] = ()) -> list[Finding]:
    """Check these parts, or all, in the order of `CHECKS`; never raises."""
    wanted = set(parts) or set(CHECKS)
    return [_finding(name) for name in CHECKS if name in wanted]


def _finding(part: str) -> Finding:
    """Check one part in a thread, since some libraries wait for an answer for ever."""
    asked = _asked.get(part)
    if asked is None or not asked.is_alive():
        asked = _asked[part] = _Asked(part)
        asked.start()
    asked.join(MOST_WAIT)
    if asked.finding:
        return asked.finding
    said = f"no answer within {MOST_WAIT} seconds"
    return Finding(part=part, good=False, said=said, mend=CHECKS[part][1])


class _Asked(threading.Thread):
    """One check on its way."""

    def __init__(self, part: str) -> None:
        super().__init__(name=f"doctor {part}", daemon=True)
        self.part = part
        self.finding: Finding | None = None

    def run(self) -> None:
        try:
            self.finding = _examined(self.part)
        finally:
            connection.close()  # of this thread


_asked: dict[str, _Asked] = {}
"""The last check of each part: one that hangs is not asked a second time meanwhile."""


def _examined(part: str) -> Finding:
    check, mend = CHECKS[part]
    try:
        return Finding(part=part, good=True, said=check())
    except Wrong as wrong:
        return Finding(part=part, good=False, said=wrong.said, mend=wrong.mend)
    except Exception as error:  # a part may fail in any way its library knows
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return Finding(part=part, good=False, said=said, mend=mend)
