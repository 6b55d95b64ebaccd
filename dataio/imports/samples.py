"""What sample cells of a file tell: whether they may belong to a column of some type."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

NUMBERS = ("integer", "float", "decimal")
DATES = ("date", "datetime")

NUMBER = re.compile(r"[-+]?[^\w\s]?\s*[\d.,'\s]*\d\s*[^\w\s]?")
DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\b")
MOST_BOOLEAN_WORDS = 2


def fit(kind: str, cells: list[object]) -> bool:
    """Tell whether most of the cells may belong to a column of that kind."""
    filled = [cell for cell in cells if _shown(cell)]
    if kind == "boolean":
        return len({_shown(cell).casefold() for cell in filled}) <= MOST_BOOLEAN_WORDS
    if kind not in (*NUMBERS, *DATES):
        return True
    fits = _is_number if kind in NUMBERS else _is_date
    return 2 * sum(fits(cell) for cell in filled) >= len(filled)


def _is_number(cell: object) -> bool:
    if isinstance(cell, int | float | Decimal):
        return not isinstance(cell, bool)
    return isinstance(cell, str) and bool(NUMBER.fullmatch(cell.strip()))


def _is_date(cell: object) -> bool:
    return isinstance(cell, dt.date) or bool(DATE.match(_shown(cell)))


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
