"""The first rows of every sheet of a file, in milliseconds whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from dataio.readers.asides import ignored
from dataio.readers.base import (
    LONGEST_HEADER,
    Peek,
    SheetPeek,
    without_invisible,
)
from dataio.readers.blocks import Block, MendCells, Row, block_of, used_width
from dataio.readers.care import SAMPLE, Care
from dataio.readers.cells import MEND, MEND_1904
from dataio.readers.delimited import DelimitedReader
from dataio.readers.headers import propose_header, propose_lines
from dataio.readers.kinds import TEXT_FORMATS, detect_format
from dataio.readers.package import Package, read_package
from dataio.readers.workbook import Workbook

PEEK_ROWS = 30
MOST_NAMES = 5


def peek(path: Path, rows: int = PEEK_ROWS, care: Care = SAMPLE) -> Peek:
    """Return the sheets of a file with their first `rows` rows.

    `care`: SAMPLE, since web servers peek; a process that may die of it takes HERE.

    Raises UnknownFormat, UnreadableFile, PasswordProtected or EmptyFile.
    """
    found = detect_format(path)
    if found in TEXT_FORMATS:
        return _peek_text(path, found, rows)
    sheets = _peek_workbook(path, rows, care)
    notes = ignored(path, found) + _notes_on_headers(sheets)
    return Peek(format=found, sheets=sheets, notes=notes)


def _peek_workbook(path: Path, count: int, care: Care) -> list[SheetPeek]:
    book = Workbook(path, care)
    package = read_package(path) if book.streamed else Package()
    first = book.first_rows(count)
    mend = MEND.cells
    if package.uses_1904 and not book.listing.uses_1904:
        mend = MEND_1904.cells
    return [
        _sheet(name, visible=visible, rows=first[name], mend=mend, package=package)
        for name, visible in book.listing.sheets
    ]


def _sheet(
    name: str,
    *,
    visible: bool,
    rows: list[Row],
    mend: MendCells,
    package: Package,
) -> SheetPeek:
    cells = _one_length(rows, mend)
    header_row, header_rows = propose_lines(cells, propose_header(cells))
    last_row = package.last_rows.get(name)
    return SheetPeek(
        name=name,
        visible=visible,
        rows=cells,
        header_row=header_row,
        header_rows=header_rows,
        expected_rows=last_row and max(last_row - header_row, 0),
        hidden_rows=package.hidden_rows.get(name, 0),
    )


def _peek_text(path: Path, found: str, count: int) -> Peek:
    reader = DelimitedReader(path, care=SAMPLE)
    notes = []
    if reader.encoding.startswith("cp") or reader.encoding[:2] in ("gb", "bi"):
        notes.append(
            _(
                "This file is not UTF-8; its letters were read as %(encoding)s. "
                "Check them in the first rows."
            )
            % {"encoding": reader.encoding.replace("cp125", "windows-125")}
        )
    rows = _one_length(reader.first_rows(count), lambda cells, _types: cells)
    header_row, header_rows = propose_lines(rows, reader.header_row)
    expected = reader.expected_rows
    if expected is not None:
        expected = max(0, expected + reader.header_row - header_row)
    sheet = SheetPeek(
        name=path.stem,
        visible=True,
        rows=rows,
        header_row=header_row,
        header_rows=header_rows,
        expected_rows=expected,
    )
    return Peek(
        format="tsv" if reader.delimiter == "\t" else "csv",
        sheets=[sheet],
        notes=notes + _notes_on_headers([sheet]),
    )


def _notes_on_headers(sheets: list[SheetPeek]) -> list[str]:
    """Say where the headers are not quite what is in the file."""
    hidden, long = [], []
    for sheet in sheets:
        first = max(sheet.header_row - sheet.header_rows, 0)
        lines = sheet.rows[first : sheet.header_row]
        texts = [cell for line in lines for cell in line if isinstance(cell, str)]
        if any(text != without_invisible(text) for text in texts):
            hidden.append(f'"{sheet.name}"')
        if any(len(text) > LONGEST_HEADER for text in texts):
            long.append(f'"{sheet.name}"')
    notes = []
    if hidden:
        notes.append(
            _("Invisible characters in the headers of %(sheets)s are left out.")
            % {"sheets": ", ".join(hidden[:MOST_NAMES])}
        )
    if long:
        notes.append(
            _("Headers of %(sheets)s are cut at %(limit)d characters.")
            % {"sheets": ", ".join(long[:MOST_NAMES]), "limit": LONGEST_HEADER}
        )
    return notes


def _one_length(rows: Sequence[Row], mend: MendCells) -> list[list[object]]:
    """Return rows padded with None, without blank columns on the right."""
    columns = list(block_of(rows, mend))
    width = used_width(Block(columns=columns, rows=len(rows)), 0)
    return [list(row) for row in zip(*columns[:width], strict=True)] or [
        [] for _row in rows
    ]
