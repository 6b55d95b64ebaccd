"""What sample cells of a file tell: whether they fit a type, and how they are written."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

NUMBERS = ("integer", "float", "decimal")
DATES = ("date", "datetime")

NUMBER = re.compile(r"[-+]?[^\w\s]?\s*[\d.,'\s]*\d\s*[^\w\s]?")
DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\b")
COMMA = re.compile(r"[-+]?(\d+|\d{1,3}([.'\s]\d{3})+),\d+")
POINT = re.compile(r"[-+]?(\d+|\d{1,3}([,'\s]\d{3})+)\.\d+")
MAYBE_THOUSANDS = re.compile(r"[-+]?\d{1,3}([.,]\d{3})+")
"""1,234 and 1.234 may be a thousand and something: they prove nothing."""
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


def only_commas(cells: list[object]) -> bool:
    """Tell whether texts such as 12,50 prove the decimal comma and none speaks against it."""
    texts = [_shown(cell) for cell in cells if isinstance(cell, str)]
    certain = [text for text in texts if not MAYBE_THOUSANDS.fullmatch(text)]
    commas = any(COMMA.fullmatch(text) for text in certain)
    return commas and not any(POINT.fullmatch(text) for text in certain)


def date_order(cells: list[object]) -> str:
    """Return DMY, MDY or YMD where texts prove it and none speaks against it, else ""."""
    found = {
        order for cell in cells if isinstance(cell, str) and (order := _order(cell))
    }
    return found.pop() if len(found) == 1 else ""


def _order(text: str) -> str:
    parts = DATE.match(text.strip())
    if parts is None:
        return ""
    first, second, third = parts.groups()
    if len(first) == 4:
        return "YMD"
    if len(third) == 4 and int(first) > 12 >= int(second):
        return "DMY"
    return "MDY" if len(third) == 4 and int(second) > 12 >= int(first) else ""


def _is_number(cell: object) -> bool:
    if isinstance(cell, int | float | Decimal):
        return not isinstance(cell, bool)
    return isinstance(cell, str) and bool(NUMBER.fullmatch(cell.strip()))


def _is_date(cell: object) -> bool:
    return isinstance(cell, dt.date) or bool(DATE.match(_shown(cell)))


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
