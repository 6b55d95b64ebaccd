"""What a person feels, as tables for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def markdown(found: Mapping[str, Any]) -> str:
    """Return the figures of benchmarks.interactive, by case."""
    parts = [
        "\n".join(_clicks(found)),
        "\n".join(_watchers(found)),
    ]
    return "\n\n".join(part for part in parts if part)


def _clicks(found: Mapping[str, Any]) -> Iterator[str]:
    cases = found.get("clicks", {})
    if cases:
        yield "| click to finished page, median (worst), ms | check | import |"
        yield "|---|---:|---:|"
    for name, case in cases.items():
        yield f"| {name} | {_times(case['check'])} | {_times(case['import'])} |"


def _times(case: Mapping[str, float]) -> str:
    return f"{case['median_ms']:,.0f} ({case['worst_ms']:,.0f})" if case else ""


def _watchers(found: Mapping[str, Any]) -> Iterator[str]:
    cases = found.get("watchers", {})
    if cases:
        yield "| worker to browser, ms | half within | 99 of 100 within | lost |"
        yield "|---|---:|---:|---:|"
    for name, case in cases.items():
        yield f"| {name} | {case['p50_ms']} | {case['p99_ms']} | {case['lost']} |"
