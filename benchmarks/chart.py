"""The picture of growth: seconds by rows, both by tens, legible on a light and a dark page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.contestants import CONTESTANTS
from benchmarks.figures import OURS, Figure, Figures
from benchmarks.shapes import CREATE, Shape
from tests.stack import ROOT

PICTURE = ROOT / "docs" / "images" / "growth.svg"
WIDTH, HEIGHT = 920, 400
LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 56, 44, 360, 290
GAP = 74
LEGEND = (0, 230, 590)
"""Where the columns of the legend begin: the second has the longest name."""
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SHOWN = ("dataio", "limit", "bulk", "plain", "extensions", "loop")
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #4b5563 }
.head { font-weight: 600; font-size: 14px; fill: #111827 }
.grid { stroke: #d1d5db; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 }
.dataio { stroke: #0f766e; fill: #0f766e } .limit { stroke: #6b7280; fill: #6b7280 }
.bulk { stroke: #b45309; fill: #b45309 } .plain { stroke: #be185d; fill: #be185d }
.extensions { stroke: #6d28d9; fill: #6d28d9 } .loop { stroke: #b91c1c; fill: #b91c1c }
.line.limit { stroke-dasharray: 5 4 } .line.dataio { stroke-width: 4 }
.line { fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #9ca3af } .head { fill: #f3f4f6 } .grid { stroke: #374151 }
  .dataio { stroke: #2dd4bf; fill: #2dd4bf } .limit { stroke: #9ca3af; fill: #9ca3af }
  .bulk { stroke: #fbbf24; fill: #fbbf24 } .plain { stroke: #f472b6; fill: #f472b6 }
  .extensions { stroke: #a78bfa; fill: #a78bfa } .loop { stroke: #f87171; fill: #f87171 }
  .line { fill: none }
}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """Both axes count by tens; numbers are exponents."""

    left: float
    rows: tuple[int, int]
    seconds: tuple[int, int]

    def at(self, rows: float, seconds: float) -> tuple[float, float]:
        first, last = self.rows
        low, high = self.seconds
        x = (math.log10(rows) - first) / (last - first)
        y = (math.log10(max(seconds, 10**low)) - low) / (high - low)
        return self.left + x * PLOT_WIDTH, TOP + (1 - y) * PLOT_HEIGHT


def write(figures: Figures) -> None:
    PICTURE.write_text(picture(figures))


def picture(figures: Figures) -> str:
    """Return the SVG: one plane for each database, of new rows x 10 columns."""
    shown = [one for one in figures.values() if _is_shown(one)]
    databases = [name for name in NAMES if any(one.database == name for one in shown)]
    rows, seconds = (
        _tens(one.rows for one in shown),
        _tens(one.seconds for one in shown),
    )
    parts = []
    for number, database in enumerate(databases):
        left = LEFT + number * (PLOT_WIDTH + GAP)
        axes = Axes(left=left, rows=rows, seconds=seconds)
        parts += _plane(
            axes, [one for one in shown if one.database == database], database
        )
    parts += _legend(
        [name for name in SHOWN if any(one.contestant == name for one in shown)]
    )
    title = "Seconds that an import of new rows takes, by rows"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{title}">\n<style>{STYLE}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _is_shown(figure: Figure) -> bool:
    ten = Shape.parse(figure.shape).columns == 10
    return ten and figure.operation == CREATE and figure.contestant in SHOWN


def _tens(values: Iterable[float]) -> tuple[int, int]:
    """Return the powers of ten around the values."""
    known = list(values) or [1.0]
    low = math.floor(math.log10(max(min(known), 0.01)))
    high = math.ceil(math.log10(max(known)))
    return low, max(high, low + 1)


def _plane(axes: Axes, figures: Sequence[Figure], database: str) -> list[str]:
    bottom = TOP + PLOT_HEIGHT
    parts = [_text(axes.left, TOP - 18, f"{NAMES[database]}: seconds by rows", "head")]
    for power in range(axes.seconds[0], axes.seconds[1] + 1):
        _x, y = axes.at(10 ** axes.rows[0], 10**power)
        parts.append(_rule(axes.left, y, axes.left + PLOT_WIDTH, y))
        parts.append(_text(axes.left - 6, y + 4, f"{10.0**power:g}", anchor="end"))
    for power in range(axes.rows[0], axes.rows[1] + 1):
        x, _y = axes.at(10**power, 1)
        parts.append(_rule(x, TOP, x, bottom))
        parts.append(_text(x, bottom + 18, f"{10**power:,}", anchor="middle"))
    for name in reversed(SHOWN):
        own = sorted(
            (one for one in figures if one.contestant == name), key=lambda one: one.rows
        )
        parts += _curve(axes, name, own)
    return parts


def _curve(axes: Axes, name: str, figures: Sequence[Figure]) -> list[str]:
    # Sizes that were cut to the same count are one point.
    best = {
        one.rows: one.seconds for one in sorted(figures, key=lambda one: -one.seconds)
    }
    points = [axes.at(rows, seconds) for rows, seconds in sorted(best.items())]
    if not points:
        return []
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = [
        f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points
    ]
    return [f'<polyline class="line {name}" points="{path}"/>', *dots]


def _legend(names: Sequence[str]) -> list[str]:
    parts = []
    for number, name in enumerate(names):
        x = LEFT + LEGEND[number % 3]
        y = HEIGHT - 26 + number // 3 * 18
        parts.append(
            f'<rect class="{name}" x="{x:.0f}" y="{y - 9}" width="16" height="8"/>'
        )
        bold = "head" if name == OURS else ""
        parts.append(_text(x + 22, y, CONTESTANTS[name].title, bold))
    return parts


def _rule(x: float, y: float, right: float, bottom: float) -> str:
    return f'<path class="grid" d="M{x:.1f} {y:.1f}L{right:.1f} {bottom:.1f}"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(text)}</text>'
