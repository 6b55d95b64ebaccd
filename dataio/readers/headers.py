"""Which row of a sheet is the header."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
