"""What the figures are to be, on two cores with nothing else to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.targets import said

WATCHERS = {
    "200 watchers of 200 jobs": 50,
    "1,000 watchers of 100 jobs": 100,
    "1,000 watchers of 1 jobs": 250,
}
"""Milliseconds that 99 of 100 snapshots take at most."""
SMALL, BESIDE = 500, 2_000
"""Milliseconds from the click to the finished page: alone, and beside a large import."""
TELLING = 0.01


def verdicts(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each target of what was measured."""
    for name, case in found.get("clicks", {}).items():
        limit = BESIDE if "beside" in name else SMALL
        if name.startswith("1,000 rows") and case["import"]:
            median = case["import"]["median_ms"]
            yield said(f"{name}, click to finished page, ms", median, limit, most=True)
    for name, case in found.get("watchers", {}).items():
        if name in WATCHERS:
            yield said(f"{name}, ms", case["p99_ms"], WATCHERS[name], most=True)
    if "telling" in found:
        share = found["telling"]["share_of_work"]
        yield said("progress, share of the job", share, TELLING, most=True)
