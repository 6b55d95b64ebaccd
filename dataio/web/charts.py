"""Charts drawn on the server as SVG: the scene here, marks in
`chart_marks`, elements in parts/chart.html.

No script and no inline style; colours come from the style sheet by the number of a series,
so that light and dark look right. Coordinates are texts, for no language to put a comma in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from dataio.exports.table import MOST_SLICES, SummaryTable
from dataio.web.chart_marks import (
    HEIGHT,
    WIDTH,
    Bar,
    Line,
    Marks,
    Plane,
    Slice,
    arc,
    shown_number,
    svg,
    tidy,
)

LETTER = 7.0  # width of a letter, about
GAP = 10.0  # between labels
MOST_BARS, MOST_POINTS = 60, 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A line of the grid, or a label below."""

    at: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """What parts/chart.html draws."""

    title: str
    grid: Sequence[Tick] = ()
    labels: Sequence[Tick] = ()
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    slices: Sequence[Slice] = ()
    legend: Sequence[tuple[int, str]] = ()
    """Number of the series, its name."""
    left: str = "0"
    zero: str = ""
    """Where the base line is."""
    note: str = ""
    """What is not drawn."""
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(found: SummaryTable) -> Chart | None:
    """Return the chart of a summary; None when none was asked for, or there is no number."""
    numbers = _numbers(found)
    if not found.chart or not numbers.size or np.isnan(numbers).all():
        return None
    if found.chart == "pie":
        return _pie(found, numbers[:, 0])
    most = MOST_BARS if found.chart == "bar" else MOST_POINTS
    shown, labels = numbers[:most], found.labels[:most]
    stacked = found.chart == "bar" and found.is_stacked
    plane = _plane(shown, stacked=stacked)
    names = [str(found.body.columns[place]) for place in found.drawn]
    marks = Marks(plane, names, labels, shown)
    return Chart(
        title=found.title,
        grid=_grid(plane),
        labels=_axis(plane, labels),
        bars=marks.bars(stacked=stacked) if found.chart == "bar" else (),
        lines=marks.lines() if found.chart == "line" else (),
        legend=list(enumerate(names, 1)) if len(names) > 1 else (),
        left=svg(plane.left),
        zero=svg(plane.y(min(max(0.0, plane.low), plane.high))),
        note=_note(found, len(labels)),
    )


def _numbers(found: SummaryTable) -> np.ndarray:
    body = found.body.iloc[:, found.drawn]
    return body.astype(object).where(body.notna(), np.nan).to_numpy(dtype=float)


def _plane(numbers: np.ndarray, *, stacked: bool) -> Plane:
    ends = np.nansum(numbers, axis=1) if stacked else numbers
    high, low = max(float(np.nanmax(ends)), 0.0), min(float(np.nanmin(ends)), 0.0)
    step = _step((high - low) or 1.0)
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    top = top if top > bottom else bottom + step
    longest = max(len(shown_number(tidy(end))) for end in (bottom, top))
    left = longest * LETTER + GAP
    return Plane(bottom, top, step, len(numbers), left)


def _step(span: float) -> float:
    """Return a round step that gives four to eight lines."""
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(
        factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough
    )


def _grid(plane: Plane) -> list[Tick]:
    count = round((plane.high - plane.low) / plane.step)
    numbers = [plane.low + place * plane.step for place in range(count + 1)]
    return [Tick(at=svg(plane.y(one)), text=shown_number(tidy(one))) for one in numbers]


def _axis(plane: Plane, labels: Sequence[str]) -> list[Tick]:
    """Return as many labels as have room, the same number left out between them."""
    room = max(plane.slot, 5 * LETTER) - GAP
    letters = max(3, int(room / LETTER))
    longest = max(map(len, labels), default=1)
    if plane.slot < 14 * LETTER and longest > letters:
        letters = min(longest, 12)
    every = math.ceil((min(longest, letters) * LETTER + GAP) / plane.slot)
    return [
        Tick(at=svg(plane.middle(place)), text=_cut(label, letters))
        for place, label in enumerate(labels)
        if place % every == 0
    ]


def _pie(found: SummaryTable, numbers: np.ndarray) -> Chart | None:
    """Return a pie of the greatest numbers; the others are one slice."""
    pairs = [
        (label, float(number))
        for label, number in zip(found.labels, numbers, strict=True)
        if number > 0
    ]
    if not pairs:
        return None
    whole = sum(number for _label, number in pairs)
    if len(pairs) > MOST_SLICES:
        pairs.sort(key=lambda pair: -pair[1])
        rest = sum(number for _label, number in pairs[MOST_SLICES - 1 :])
        pairs = [*pairs[: MOST_SLICES - 1], (_("Others"), rest)]
    start, slices, legend = 0.0, [], []
    for series, (label, number) in enumerate(pairs, 1):
        share = number / whole
        says = f"{label}: {shown_number(tidy(number))} ({share:.0%})"
        slices.append(Slice(path=arc(start, share), series=series, says=says))
        legend.append((series, f"{label} {share:.0%}"))
        start += share
    return Chart(title=found.title, slices=slices, legend=legend, width=HEIGHT)


def _note(found: SummaryTable, lines: int) -> str:
    parts = []
    if lines < len(found.labels):
        numbers = {"shown": lines, "all": len(found.labels)}
        parts.append(
            _("The chart shows the first %(shown)s of %(all)s lines.") % numbers
        )
    if len(found.drawn) < found.body.shape[1]:
        numbers = {"shown": len(found.drawn), "all": found.body.shape[1]}
        parts.append(
            _("The chart shows the %(shown)s greatest of %(all)s columns.") % numbers
        )
    return " ".join(parts)


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
