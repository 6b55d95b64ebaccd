"""Reads one sheet of a workbook as raw frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
from django.utils.translation import gettext as _

from dataio.errors import EmptyFile, UnreadableFile
from dataio.readers.base import header_texts, joined_header
from dataio.readers.blocks import Batches, Row, chunks_of
from dataio.readers.care import HERE, Care
from dataio.readers.cells import MEND, MEND_1904
from dataio.readers.frames import frame_of
from dataio.readers.headers import HEADER_SEARCH_ROWS, propose_header
from dataio.readers.package import Package, read_package
from dataio.readers.workbook import ALL_ROWS, Workbook


class ExcelReader:
    """Iterates over the rows of one sheet of .xlsx, .xlsm (streamed), .xls, .xlsb or .ods.

    `sheet`: its name; None is the first visible one that has rows.
    `header_row`: as Excel numbers it, from 1; None is the proposed one.
    `care`: whether another process parses, and how long texts may be.
    Numbers of .xls, .xlsb and .ods come as float, for that is how these files keep them.
    `headers` grows when a row further down has a value to the right of the last header.
    Raises UnreadableFile, PasswordProtected or EmptyFile.
    """

    def __init__(
        self,
        path: Path,
        sheet: str | None = None,
        header_row: int | None = None,
        header_rows: int = 1,
        care: Care = HERE,
    ) -> None:
        self._book = Workbook(path, care)
        self._package = read_package(path) if self._book.streamed else Package()
        self._mend = MEND
        if self._package.uses_1904 and not self._book.listing.uses_1904:
            self._mend = MEND_1904
        self.sheet = self._chosen(sheet)
        self.header_row = header_row or self._proposed()
        self.headers = self._read_headers(max(self.header_row - header_rows, 0))
        last_row = self._package.last_rows.get(self.sheet)
        self.expected_rows: int | None = last_row and max(last_row - self.header_row, 0)

    def frames(self, chunk_rows: int) -> Iterator[pd.DataFrame]:
        """Yield raw frames of at most `chunk_rows` rows, see `Reader.frames`."""
        with closing(self._batches(ALL_ROWS)) as batches:
            below = _without_first(batches, self.header_row)
            read = 0
            for before, block in chunks_of(below, chunk_rows, self._mend):
                first = self.header_row + 1 + before
                frame = frame_of(block, first, self.headers)
                read = before + block.rows
                self.expected_rows = max(self.expected_rows or 0, read)
                if len(frame):
                    yield frame
            self.expected_rows = read

    def close(self) -> None:
        """Let go of the file; frames that are being read do so by themselves."""

    def _batches(self, last_row: int) -> Batches:
        return self._book.batches(self.sheet, last_row)

    def _chosen(self, sheet: str | None) -> str:
        sheets = self._book.listing.sheets
        names = [name for name, _visible in sheets]
        if sheet in names:
            return str(sheet)
        if sheet is not None:
            raise UnreadableFile(_no_such_sheet(sheet, names))
        visible = [name for name, is_visible in sheets if is_visible] or names
        if not visible:
            raise EmptyFile(_("There is no sheet with cells in this workbook."))
        return next(filter(self._has_rows, visible), visible[0])

    def _has_rows(self, sheet: str) -> bool:
        self.sheet = sheet
        return bool(propose_header(self._first_rows(HEADER_SEARCH_ROWS)))

    def _first_rows(self, count: int) -> list[Row]:
        with closing(self._batches(count)) as batches:
            return [row for batch in batches for row in batch][:count]

    def _proposed(self) -> int:
        header_row = propose_header(self._first_rows(HEADER_SEARCH_ROWS))
        if not header_row:
            raise EmptyFile(
                _("There are no rows in sheet %(sheet)s.")
                % {"sheet": f'"{self.sheet}"'}
            )
        return header_row

    def _read_headers(self, first: int) -> list[str]:
        lines = self._first_rows(self.header_row)[first:]
        header = joined_header(_one_width(lines)) if lines else []
        while header and header[-1] in ("", None):
            header.pop()
        if not header:
            raise EmptyFile(
                _(
                    "Row %(row)d of sheet %(sheet)s is empty, so it cannot be the header."
                )
                % {"row": self.header_row, "sheet": f'"{self.sheet}"'}
            )
        return header_texts(header)


def _one_width(lines: list[Row]) -> list[list[object]]:
    width = max(map(len, lines))
    return [[*line, *[None] * (width - len(line))] for line in lines]


def _without_first(batches: Iterator[list[Row]], count: int) -> Iterator[list[Row]]:
    for batch in batches:
        if count < len(batch):
            yield batch[count:]
        count = max(count - len(batch), 0)


def _no_such_sheet(sheet: str, names: list[str]) -> str:
    return _("There is no sheet %(sheet)s in this workbook. It has: %(names)s.") % {
        "sheet": f'"{sheet}"',
        "names": ", ".join(f'"{name}"' for name in names),
    }
