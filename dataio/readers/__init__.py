"""Readers: files in, raw frames out. Opened by content, not by suffix."""

from __future__ import annotations

from pathlib import Path

from dataio.readers.base import Peek, Reader, SheetPeek
from dataio.readers.care import APART, HERE, SAMPLE, Care
from dataio.readers.delimited import DelimitedReader
from dataio.readers.excel import ExcelReader
from dataio.readers.frames import as_objects
from dataio.readers.guard import guard
from dataio.readers.kinds import TEXT_FORMATS, detect_format
from dataio.readers.peek import PEEK_ROWS, peek

__all__ = [
    "APART",
    "HERE",
    "PEEK_ROWS",
    "SAMPLE",
    "Care",
    "DelimitedReader",
    "ExcelReader",
    "Peek",
    "Reader",
    "SheetPeek",
    "as_objects",
    "detect_format",
    "guard",
    "open_reader",
    "peek",
]


def open_reader(
    path: Path,
    sheet: str | None = None,
    header_row: int | None = None,
    header_rows: int = 1,
    care: Care = HERE,
) -> Reader:
    """Return a reader of one sheet.

    `sheet`: None is the first visible one with rows; text files have none to choose from.
    `header_row`: from 1 as Excel numbers it; None is the proposed one.
    `header_rows`: how many rows, that one and those above it, make the headers.
    `care`: HERE; APART where a workbook seems to break its parser; SAMPLE in a web server.
    Does not guard: call `guard(path)` once, when a file comes in.
    Raises UnknownFormat, UnreadableFile, PasswordProtected or EmptyFile.
    """
    if detect_format(path) in TEXT_FORMATS:
        return DelimitedReader(path, header_row, header_rows, care)
    return ExcelReader(path, sheet, header_row, header_rows, care)
