"""The marks of a chart: bars, lines and slices, as texts that go into SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from django.utils.formats import number_format

WIDTH, HEIGHT = 720, 300
TOP, RIGHT, BOTTOM = 12, 12, 28
WIDEST_BAR = 56.0
RADIUS = 130.0
MOST_DOTS = 60
"""Points of a line that can still be told apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    series: int
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line through its points; `dots` when they are few enough to be told apart."""

    points: str
    series: int
    dots: Sequence[tuple[str, str, str]]
    """x, y and what it says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    path: str
    series: int
    says: str


@dataclass(frozen=True, slots=True)
class Plane:
    """Where numbers lie in the picture."""

    low: float
    high: float
    step: float
    count: int
    left: float

    @property
    def slot(self) -> float:
        """Width that each line of the table has."""
        return (WIDTH - RIGHT - self.left) / max(self.count, 1)

    def y(self, number: float) -> float:
        """Return how far from the top a number is."""
        share = (number - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)

    def middle(self, place: int) -> float:
        """Return how far from the left a line of the table is."""
        return self.left + (place + 0.5) * self.slot


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a bar or line chart."""

    plane: Plane
    names: Sequence[str]
    labels: Sequence[str]
    numbers: np.ndarray

    def bars(self, *, stacked: bool) -> list[Bar]:
        """Return bars: side by side, or one on top of the other."""
        wide = min(
            self.plane.slot * 0.72, WIDEST_BAR * (1 if stacked else len(self.names))
        )
        one = wide if stacked else wide / len(self.names)
        feet = np.zeros(len(self.labels))
        found = []
        for place, line in enumerate(self.numbers):
            left = self.plane.middle(place) - wide / 2
            for series, number in enumerate(line):
                if np.isnan(number):
                    continue
                x = left if stacked else left + series * one
                found.append(self._bar(x, one, feet[place], number, (place, series)))
                feet[place] += number if stacked else 0
        return found

    def _bar(
        self, x: float, width: float, foot: float, number: float, at: tuple[int, int]
    ) -> Bar:
        ends = sorted((self.plane.y(foot), self.plane.y(foot + number)))
        return Bar(
            x=svg(x),
            y=svg(ends[0]),
            width=svg(max(width - 1, 1)),
            height=svg(ends[1] - ends[0]),
            series=at[1] + 1,
            says=self._says(*at),
        )

    def lines(self) -> list[Line]:
        """Return one line for each series."""
        found = []
        for series in range(len(self.names)):
            places = np.flatnonzero(~np.isnan(self.numbers[:, series])).tolist()
            points = [
                (
                    svg(self.plane.middle(place)),
                    svg(self.plane.y(self.numbers[place, series])),
                    self._says(place, series),
                )
                for place in places
            ]
            found.append(
                Line(
                    points=" ".join(f"{x},{y}" for x, y, _says in points),
                    series=series + 1,
                    dots=points if len(points) <= MOST_DOTS else (),
                )
            )
        return found

    def _says(self, place: int, series: int) -> str:
        number = shown_number(tidy(self.numbers[place, series]))
        name = f" · {self.names[series]}" if len(self.names) > 1 else ""
        return f"{self.labels[place]}{name}: {number}"


def arc(start: float, share: float) -> str:
    """Return the path of a slice of a pie; both are shares of the whole."""
    middle = HEIGHT / 2
    if share > 0.9999:
        side = f"a {RADIUS} {RADIUS} 0 1 1"
        return f"M {middle} {middle - RADIUS} {side} 0 {2 * RADIUS} {side} 0 {-2 * RADIUS} Z"
    ends = []
    for turn in (start, start + share):
        angle = 2 * math.pi * turn - math.pi / 2
        ends.append(
            f"{svg(middle + RADIUS * math.cos(angle))} "
            f"{svg(middle + RADIUS * math.sin(angle))}"
        )
    large = int(share > 0.5)
    return (
        f"M {middle} {middle} L {ends[0]} A {RADIUS} {RADIUS} 0 {large} 1 {ends[1]} Z"
    )


def shown_number(value: Any) -> str:
    """Return a number as people of this language write it, with all its decimals."""
    if value is None or pd.isna(value):
        return ""
    text = f"{value:.15g}" if isinstance(value, float) else value
    return number_format(text, use_l10n=True, force_grouping=True)


def tidy(number: float) -> float | int:
    """Return a number without the noise of binary fractions; whole ones as such."""
    tidy = float(f"{number:.12g}")
    return int(tidy) if tidy.is_integer() else tidy


def svg(number: float) -> str:
    """Return a coordinate."""
    return f"{number:.1f}"
