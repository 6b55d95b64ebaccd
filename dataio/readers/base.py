"""What every reader has in common: sheets, and an iterator of raw frames in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

LONGEST_HEADER = 255
"""Characters of a header; a cell may have 32,767."""
OWN_SHEET = "dataio"
"""Name of the hidden sheet by which workbooks from here are known."""
LONGEST_HEADER_CELL = 300
INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e"
    r"\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0001\U000e0020-\U000e007f]+"
)
JOINER = re.compile(
    r"(?<=[\x00-\u058f])[\u200c\u200d]+|^[\u200c\u200d]+|[\u200c\u200d]+$"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetPeek:
    """The first rows of one sheet."""

    name: str
    visible: bool
    rows: list[list[object]]
    """The first rows (at most `PEEK_ROWS`), raw cells, all of one length; rows[0] is row 1."""
    header_row: int
    """Proposed header row as Excel numbers it, from 1; 0 when the sheet is empty."""
    expected_rows: int | None
    """Data rows below the header as far as is known without reading all; None: not known."""
    header_rows: int = 1
    """How many rows, the header row and those above it, make the headers."""
    hidden_rows: int = 0
    """Rows that are hidden, at least; .xlsx only, and only those near the top."""

    @property
    def headers(self) -> list[str]:
        """Header texts of the proposed header row, see `header_texts`."""
        first = max(self.header_row - self.header_rows, 0)
        lines = self.rows[first : self.header_row]
        return header_texts(joined_header(lines)) if self.header_row else []


@dataclass(frozen=True, kw_only=True, slots=True)
class Peek:
    """What is known of a file after a look at its first rows."""

    format: str
    """xlsx, xlsm, xls, xlsb, ods, csv or tsv: found by content, not by suffix."""
    sheets: list[SheetPeek]
    notes: list[str]
    """Sentences worth telling, such as "Macros in this workbook are ignored."."""


class Reader(Protocol):
    """Iterates over the rows of one sheet."""

    headers: list[str]
    expected_rows: int | None
    """Best guess of the number of data rows; may get better while frames are read."""

    def frames(self, chunk_rows: int) -> Iterator[pd.DataFrame]:
        """Yield raw frames of at most `chunk_rows` rows.

        Index = row numbers as Excel shows them (int64), rows without any value left out;
        columns = `headers` in order. A column that holds nothing but texts and blanks is of
        Arrow's strings; the cells of all others are object: None (blank), str, bool, int,
        float, date, datetime, time or timedelta. `as_objects` makes all of them object.
        Raises UnreadableFile with a sentence when the file is damaged further down.
        """

    def close(self) -> None:
        """Let go of the file."""


def header_texts(cells: list[object]) -> list[str]:
    """Return header cells as unique texts, in order.

    Blank cells become "Column C"; a repeated text gets " (2)", " (3)", ... Characters that
    nobody sees are left out, and so is what comes after `LONGEST_HEADER` characters.

    >>> header_texts(["SKU", None, "Price", "Price"])
    ['SKU', 'Column B', 'Price', 'Price (2)']
    """
    texts: list[str] = []
    taken: set[str] = set()
    times: dict[str, int] = {}
    for number, cell in enumerate(cells, start=1):
        text = _text(cell) or f"Column {column_letters(number)}"
        shown = text
        while shown in taken:
            times[text] = times.get(text, 1) + 1
            shown = f"{text} ({times[text]})"
        taken.add(shown)
        texts.append(shown)
    return texts


def joined_header(lines: Sequence[Sequence[object]]) -> list[object]:
    """Return header rows as one, each text of an upper row over its blank cells to the right.

    >>> joined_header([["SKU", "Price", None], [None, "EUR", "USD"]])
    ['SKU', 'Price EUR', 'Price USD']
    """
    *upper, last = lines
    cells = [_text(cell) for cell in last]
    for line in reversed(upper):
        over = ""
        for place, lower in enumerate(cells):
            own = _text(line[place]) if place < len(line) else ""
            over = own or over
            cells[place] = f"{over if lower else own} {lower}".strip()
    return [cell or None for cell in cells]


def _text(cell: object) -> str:
    text = str("" if cell is None else cell)[:LONGEST_HEADER_CELL]
    return " ".join(without_invisible(text).split())[:LONGEST_HEADER].rstrip()


def without_invisible(text: str) -> str:
    """Return a text without characters that nobody sees but programs tell apart.

    Those are control characters but white space, marks that turn the direction of writing,
    and spaces without width. A joiner stays where letters of that script need it.

    >>> without_invisible("\u202ePri\u200bce\ufeff")
    'Price'
    """
    if text.isprintable():
        return text
    return JOINER.sub("", INVISIBLE.sub("", text))


def column_letters(number: int) -> str:
    """Return Excel's letters of a column number from 1.

    >>> column_letters(28)
    'AB'
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
