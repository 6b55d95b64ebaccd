"""Which row of a sheet is the header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dataio.readers.base import joined_header

HEADER_SEARCH_ROWS = 20
GOOD_ENOUGH = 0.6
# In text files numbers and dates are texts too.
NUMBER_OR_DATE = re.compile(r"[-+(]?[^\w\s]?\d[\d.,:/\-\sTZ]*[%)€$£₫]?")


def propose_header(rows: Sequence[Sequence[object]]) -> int:
    """Return the number from 1 of the row that looks most like a header, or 0.

    A header is well filled, of texts that are not numbers or dates and do not repeat; of
    several rows that look the part, the first is taken. Title rows above are less filled.

    >>> propose_header([["Stock list", None], [None, None], ["SKU", "Price"], ["A", 1]])
    3
    """
    scores = [_score(row) for row in rows[:HEADER_SEARCH_ROWS]]
    best = max(scores, default=0.0)
    if not best:
        return 0
    return next(
        number
        for number, score in enumerate(scores, start=1)
        if score >= best * GOOD_ENOUGH
    )


def propose_lines(rows: Sequence[Sequence[object]], header_row: int) -> tuple[int, int]:
    """Return the row above the data, and how many rows hold the headers: 1, or 2 if clearly so.

    Two rows hold them when one alone leaves columns without a name, or calls several alike,
    and both together do not.

    >>> propose_lines([["SKU", "Price", None], [None, "EUR", "USD"], ["A", 1, 2]], 1)
    (2, 2)
    >>> propose_lines([["2024", None, "2025"], ["Jan", "Feb", "Jan"], [1, 2, 3]], 2)
    (2, 2)
    """
    # A row of data may well hold the same text twice, so below that says nothing.
    if _are_two(rows, header_row + 1, alike_says_so=False):
        return header_row + 1, 2
    return header_row, 2 if _are_two(rows, header_row, alike_says_so=True) else 1


def _are_two(
    rows: Sequence[Sequence[object]], last: int, *, alike_says_so: bool
) -> bool:
    """Tell whether the row of that number and the one above it are the headers together."""
    if not 2 <= last < len(rows):
        return False
    upper, lower, below = rows[last - 2], rows[last - 1], rows[last]
    texts = [cell for cell in lower if not _is_blank(cell)]
    if not texts or not all(map(_is_name, texts)):
        return False
    named = [cell for cell in joined_header([upper, lower]) if cell]
    alike = len({str(cell).strip().casefold() for cell in texts}) < len(texts)
    if len(set(named)) < len(named):
        return False
    return (alike and alike_says_so) or _fit_together(upper, lower, below)


def _fit_together(
    upper: Sequence[object], lower: Sequence[object], below: Sequence[object]
) -> bool:
    """Tell whether each row names columns that the other does not, above values of a type."""
    places = list(zip(upper, lower, below, strict=True))
    only_above = [one for one in places if _is_blank(one[1]) and _is_name(one[0])]
    only_below = [one for one in places if _is_blank(one[0]) and _is_name(one[1])]
    # The first row of data may lack a value and have one without a header: it has no numbers
    # below texts of its own.
    typed = [one for one in places if _is_name(one[1]) and _is_value(one[2])]
    return bool(only_above and only_below and typed)


def _is_name(cell: object) -> bool:
    return isinstance(cell, str) and not (
        _is_blank(cell) or NUMBER_OR_DATE.fullmatch(cell.strip())
    )


def _is_value(cell: object) -> bool:
    return not _is_blank(cell) and not _is_name(cell)


def _score(row: Sequence[object]) -> float:
    filled = [cell for cell in row if not _is_blank(cell)]
    texts = {
        cell.strip().casefold()
        for cell in filled
        if isinstance(cell, str) and not NUMBER_OR_DATE.fullmatch(cell.strip())
    }
    return 0.3 * len(filled) + 0.7 * len(texts)


def _is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
