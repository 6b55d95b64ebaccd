"""Cells as a page shows them: empty ones, numbers and stray spaces are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from dataio.columns.problems import shown_value

SPACE = "·"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a preview."""

    text: str
    is_number: bool = False
    before: str = ""
    """A mark for each space in front of the text, which nobody would see."""
    after: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.text or self.before or self.after)


def cell_of(value: object) -> Cell:
    """Return a raw cell for a page."""
    if isinstance(value, bool):
        return Cell(text=str(value).upper())
    if isinstance(value, int | float | Decimal):
        return Cell(
            text=f"{value:.15g}" if isinstance(value, float) else str(value),
            is_number=True,
        )
    if isinstance(value, datetime | date | time):
        return Cell(
            text=value.isoformat(" ")
            if isinstance(value, datetime)
            else value.isoformat()
        )
    text = shown_value(value)
    bare = text.strip(" ")
    before = len(text) - len(text.lstrip(" ")) if bare else len(text)
    after = len(text) - len(bare) - before
    return Cell(text=bare, before=SPACE * before, after=SPACE * after)
