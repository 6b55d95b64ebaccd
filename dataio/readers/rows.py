"""Rows of workbooks as plain lists, for any process: no Django, no pandas, quick to import.

1. calamine streams .xlsx and .xlsm in constant memory; other kinds it reads whole.
2. Where it gives up (an error value or relation it does not know), openpyxl goes on at
   the row reached, so that no row comes twice and none is lost.
"""

from __future__ import annotations

import logging
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

from python_calamine_plus import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    StreamInvalidated,
    WorksheetNotFound,
    load_workbook,
)

logger = logging.getLogger(__name__)

Row = Sequence[object]
Result = TypeVar("Result")
# A hostile row may be 475,254 cells wide: so few of them are held before the width is seen.
BATCH_ROWS = 32
MAX_PADDED_ROWS = 10_000
MAX_SHEETS, LONGEST_SHEET_NAME = 1_000, 255
OUT_OF_ORDER = "row order"
PARSER_ERRORS = (CalamineError, StreamInvalidated, WorksheetNotFound, OSError)
# What openpyxl and the libraries below it raise for a damaged workbook.
OPENPYXL_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,  # xml.etree.ElementTree.ParseError is one
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class Trouble(Exception):
    """A workbook cannot be read: `word` says why, `details` are for the sentence."""

    def __init__(self, word: str, **details: object) -> None:
        super().__init__(word)
        self.word = word
        self.details = details


class _GaveUp(Exception):
    """calamine cannot read on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What a workbook says of itself."""

    sheets: list[tuple[str, bool]]
    """Name and visibility of each sheet that holds cells, in order."""
    uses_1904: bool = False
    """The epoch that the stream goes by."""


def listing(path: Path, *, streamed: bool) -> Listing:
    """Return the sheets; raises Trouble."""
    try:
        with _calamine(), closing(load_workbook(path)) as book:
            found = _listed(book, streamed=streamed)
    except _GaveUp as exc:
        if not streamed:
            raise Trouble("kind") from exc
        found = Listing(sheets=_sheets_by_openpyxl(path))
    _check_names([name for name, _visible in found.sheets])
    return found


def _listed(book: CalamineWorkbook, *, streamed: bool) -> Listing:
    sheets = [
        (sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in book.sheets_metadata
        if not streamed or sheet.typ == SheetTypeEnum.WorkSheet
    ]
    return Listing(sheets=sheets, uses_1904=streamed and bool(book.epoch_1904))


def _check_names(names: list[str]) -> None:
    if len(names) > MAX_SHEETS:
        raise Trouble("sheets", count=len(names), limit=MAX_SHEETS)
    seen: set[str] = set()
    for name in names:
        if len(name) > LONGEST_SHEET_NAME:
            raise Trouble("name", sheet=name[:40], limit=LONGEST_SHEET_NAME)
        if name in seen:
            raise Trouble("twice", sheet=name)
        seen.add(name)


def whole_rows(path: Path, sheet: str, last_row: int) -> Iterator[list[Row]]:
    """Yield all rows of an .xls, .xlsb or .ods sheet from row 1; raises Trouble."""
    try:
        with _calamine():
            source = load_workbook(path).get_sheet_by_name(sheet)
            rows = source.to_python(skip_empty_area=False, nrows=last_row)
    except _GaveUp as exc:
        raise Trouble("kind") from exc
    for start in range(0, len(rows), BATCH_ROWS):
        yield cast("list[Row]", rows[start : start + BATCH_ROWS])


def streamed_rows(
    path: Path,
    sheet: str,
    last_row: int,
    most_columns: int,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[list[Row]]:
    """Yield all rows of an .xlsx or .xlsm sheet from row 1 in small lists; raises Trouble."""
    done = padded = 0
    batches: Iterator[list[Row]] = _streamed(path, sheet, last_row, batch_rows)
    while True:
        try:
            batch = next(batches, None)
        except _GaveUp as exc:
            if OUT_OF_ORDER in str(exc):
                # openpyxl would leave out what comes too late, and say nothing.
                raise Trouble("order", sheet=sheet) from exc
            logger.info("openpyxl goes on after row %d: %s", done, exc)
            batches = _resumed(path, sheet, done, last_row)
            continue
        if batch is None:
            return
        done += len(batch)
        if max(map(len, batch)) > most_columns:
            padded += len(batch)
            batch = _narrowed(batch, padded, most_columns)
        yield batch


def _streamed(
    path: Path, sheet: str, last_row: int, batch_rows: int
) -> Iterator[list[Row]]:
    with _calamine():
        book = load_workbook(path)
    try:
        with _calamine():
            # No max_col: each row would be padded to it, which takes four times as long.
            rows = book.stream_sheet_by_name(sheet, max_row=last_row - 1)
        while True:
            with _calamine():
                batch = list(islice(rows, batch_rows))
            if not batch:
                return
            yield cast("list[Row]", batch)
    finally:
        book.close()


@contextmanager
def _calamine() -> Iterator[None]:
    """Tell what calamine raises apart from everything else."""
    try:
        yield
    except PasswordError as exc:
        raise Trouble("password") from exc
    except PARSER_ERRORS as exc:
        raise _GaveUp(str(exc)) from exc
    except BaseException as exc:
        # A panic of Rust is a BaseException of a class that cannot be imported.
        if type(exc).__name__ == "PanicException":
            raise _GaveUp(str(exc)) from exc
        raise


def _narrowed(batch: list[Row], padded: int, limit: int) -> list[Row]:
    """Return rows cut at the limit of columns; raises when a value would be lost."""
    if padded > MAX_PADDED_ROWS or any(set(row[limit:]) - {"", None} for row in batch):
        raise Trouble("wide", limit=limit)
    return [row[:limit] for row in batch]


def _resumed(path: Path, sheet: str, done: int, last_row: int) -> Iterator[list[Row]]:
    row = done
    try:
        for batch in _openpyxl_batches(path, sheet, done, last_row):
            row += len(batch)
            yield batch
    except OPENPYXL_ERRORS as exc:
        raise Trouble("row", sheet=sheet, row=row) from exc


def _openpyxl_batches(
    path: Path, sheet: str, done: int, last_row: int
) -> Iterator[list[Row]]:
    with _openpyxl(path) as book:
        source = book[sheet]
        source.reset_dimensions()  # some writers declare less than there is
        rows = source.iter_rows(min_row=done + 1, max_row=last_row, values_only=True)
        while batch := _quietly(lambda: list(islice(rows, BATCH_ROWS))):
            yield cast("list[Row]", batch)


def _sheets_by_openpyxl(path: Path) -> list[tuple[str, bool]]:
    try:
        with _openpyxl(path) as book:
            sheets = book.worksheets
            return [(one.title, one.sheet_state == "visible") for one in sheets]
    except OPENPYXL_ERRORS as exc:
        raise Trouble("damaged") from exc


@contextmanager
def _openpyxl(path: Path) -> Iterator[Any]:
    # Imported when it is needed: that takes longer than to read most workbooks.
    import openpyxl

    # Given a path it looks at the suffix, which uploads have none of.
    with path.open("rb") as file:
        book = _quietly(
            lambda: openpyxl.load_workbook(file, read_only=True, data_only=True)
        )
        try:
            yield book
        finally:
            book.close()


def _quietly(call: Callable[[], Result]) -> Result:
    """Hold back openpyxl's warnings about styles and extensions, which say nothing of cells."""
    with warnings.catch_warnings(action="ignore"):
        return call()
