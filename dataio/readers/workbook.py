"""Rows of an .xlsx or .xlsm sheet as a stream, whatever the parser thinks of some cells.

1. calamine streams the sheet in constant memory.
2. Where it gives up (an error value or relation it does not know), openpyxl goes on at
   the row reached, so that no row comes twice and none is lost.
"""

from __future__ import annotations

import logging
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import cast

import openpyxl
from django.utils.translation import gettext as _
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

from dataio.conf import settings
from dataio.errors import PasswordProtected, UnreadableFile
from dataio.readers.base import column_letters
from dataio.readers.blocks import Batches, Row

logger = logging.getLogger(__name__)

LAST_ROW = 1_048_576
# A hostile row may be 475,254 cells wide: so few of them are held before the width is seen.
BATCH_ROWS = 32
MAX_PADDED_ROWS = 100_000
PARSER_ERRORS = (CalamineError, StreamInvalidated, WorksheetNotFound, OSError)
OPENPYXL_ERRORS = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    SyntaxError,  # xml.etree.ElementTree.ParseError is one
)


def sheets_of(path: Path) -> list[tuple[str, bool]]:
    """Return name and visibility of each sheet that holds cells, in order."""
    try:
        book = _open(path)
    except UnreadableFile as exc:
        if isinstance(exc, PasswordProtected):
            raise
        return _sheets_by_openpyxl(path)
    try:
        return [
            (sheet.name, sheet.visible == SheetVisibleEnum.Visible)
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]
    finally:
        book.close()


def epoch_1904(path: Path) -> bool:
    """Say which epoch the stream goes by."""
    try:
        book = _open(path)
    except UnreadableFile:
        return False
    try:
        return bool(book.epoch_1904)
    finally:
        book.close()


def workbook_batches(path: Path, sheet: str, last_row: int = LAST_ROW) -> Batches:
    """Yield all rows from row 1 in small lists; raises UnreadableFile."""
    done = padded = 0
    stream = _stream(path, sheet, last_row)
    while True:
        try:
            batch = next(stream, None)
        except PARSER_ERRORS as exc:
            logger.info(
                "calamine gave up after row %d, openpyxl goes on: %s", done, exc
            )
            yield from _resumed(path, sheet, done, last_row)
            return
        if batch is None:
            return
        done += len(batch)
        if max(map(len, batch)) > settings.DATAIO_MAX_COLUMNS:
            padded += len(batch)
            batch = _narrowed(batch, padded)
        yield batch


def _open(path: Path) -> CalamineWorkbook:
    try:
        return load_workbook(path)
    except PasswordError as exc:
        raise PasswordProtected from exc
    except PARSER_ERRORS as exc:
        raise UnreadableFile from exc


def _stream(path: Path, sheet: str, last_row: int) -> Iterator[list[Row]]:
    book = load_workbook(path)
    try:
        # No max_col: each row would be padded to it, which takes four times as long.
        rows = book.stream_sheet_by_name(sheet, max_row=last_row - 1)
        while batch := list(islice(rows, BATCH_ROWS)):
            yield cast("list[Row]", batch)
    finally:
        book.close()


def _narrowed(batch: list[Row], padded: int) -> list[Row]:
    """Return rows cut at the limit of columns; raises when a value would be lost."""
    limit = settings.DATAIO_MAX_COLUMNS
    beyond = any(set(row[limit:]) - {"", None} for row in batch)
    if beyond or padded > MAX_PADDED_ROWS:
        raise UnreadableFile(
            _(
                "This sheet has cells to the right of column %(column)s; at most "
                "%(limit)d columns are read. Delete the columns that are not needed."
            )
            % {"column": column_letters(limit), "limit": limit}
        )
    return [row[:limit] for row in batch]


def _resumed(path: Path, sheet: str, done: int, last_row: int) -> Iterator[list[Row]]:
    row = done
    try:
        for batch in _openpyxl_batches(path, sheet, done, last_row):
            row += len(batch)
            yield batch
    except OPENPYXL_ERRORS as exc:
        raise UnreadableFile(
            _(
                "This workbook is damaged: sheet %(sheet)s cannot be read after row %(row)d. "
                "Open it in Excel, save it and upload it again."
            )
            % {"sheet": f'"{sheet}"', "row": row}
        ) from exc


def _openpyxl_batches(
    path: Path, sheet: str, done: int, last_row: int
) -> Iterator[list[Row]]:
    with _quiet():
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        source = book[sheet]
        source.reset_dimensions()  # some writers declare less than there is
        rows = source.iter_rows(min_row=done + 1, max_row=last_row, values_only=True)
        padded = 0
        while True:
            with _quiet():
                batch: list[Row] = list(islice(rows, BATCH_ROWS))
            if not batch:
                return
            if max(map(len, batch)) > settings.DATAIO_MAX_COLUMNS:
                padded += len(batch)
                batch = _narrowed(batch, padded)
            yield batch
    finally:
        book.close()


def _sheets_by_openpyxl(path: Path) -> list[tuple[str, bool]]:
    try:
        with _quiet():
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            return [
                (sheet.title, sheet.sheet_state == "visible")
                for sheet in book.worksheets
            ]
        finally:
            book.close()
    except OPENPYXL_ERRORS as exc:
        raise UnreadableFile(
            _("This workbook is damaged or incomplete. Save it again and upload it.")
        ) from exc


def _quiet() -> warnings.catch_warnings[None]:
    """Hold back openpyxl's warnings about styles and extensions, which say nothing of cells."""
    return warnings.catch_warnings(action="ignore")
