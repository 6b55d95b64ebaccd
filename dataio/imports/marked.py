"""The person's own workbook back with each bad cell filled and commented.

Where the file is too large for that, or no workbook of Excel's own kind, a workbook of just the
rows with problems. Both carry, out of sight, which job they are from, so that they are
recognised when they come back corrected.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.worksheet import Worksheet

from dataio.imports.watch import Watch
from dataio.readers import as_objects
from dataio.writers.atomic import atomic_target

WHOLE, ROWS = "whole", "rows"
"""What a marked workbook holds: all of the person's file, or just the rows with problems."""
PROPERTY = "dataio_job"
AUTHOR = "dataio"
BAD = PatternFill("solid", fgColor="FFC7CE")
CHANGED = PatternFill("solid", fgColor="C6EFCE")
BOLD = Font(bold=True)
LARGEST_PROPERTIES = 100_000
"""Bytes of a workbook's own properties that are looked at."""
PLACE = re.compile(
    rf'name="{PROPERTY}"[^>]*>\s*<(?:\w+:)?lpwstr>\s*'
    rf"({WHOLE}|{ROWS}) ([0-9a-f-]{{36}})\s*</"
)

Place = tuple[int, str]
"""A row number and a header text; "" is the first cell of the row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """What is to be said about the cells of one sheet."""

    job: UUID
    sheet: str
    header_row: int
    macros: bool = False
    """Whether the workbook has macros, which are kept."""
    headers: list[str]
    """Header texts as the reader gives them, from the first column on."""
    sentences: dict[Place, str]
    """What is wrong, by cell."""
    edits: dict[Place, str | None] = field(default_factory=dict)
    """What the person typed instead, by cell."""
    note: str = ""
    """What is to be said at the beginning, such as that the list is cut."""
    others: tuple[Marks, ...] = ()
    """What is to be said about other sheets."""

    @property
    def all_sheets(self) -> tuple[Marks, ...]:
        return (self, *self.others)

    def column(self, header: str) -> int:
        """Return Excel's number of a column, from 1."""
        return self.headers.index(header) + 1 if header in self.headers else 1

    @property
    def rows(self) -> set[int]:
        """The rows with problems."""
        return {row for row, _header in self.sentences}

    def counts(self) -> dict[str, int]:
        """Return how many problems each column has, by header."""
        found: dict[str, int] = {}
        for _row, header in self.sentences:
            found[header] = found.get(header, 0) + 1
        return found


def mark(source: Path, target: Path, marks: Marks, watch: Watch) -> None:
    """Write a copy of a workbook with its bad cells marked; all else stays as it is.

    Holds the workbook in memory: about a hundred times the size of its file.
    """
    # Uploads are kept without a suffix, so openpyxl is not asked to look at the name.
    with watch.reading(source) as file:
        book = load_workbook(file, keep_vba=marks.macros, rich_text=True)
    every = marks.all_sheets
    cells = sum(len(one.edits) + len(one.sentences) for one in every)
    watch.meter.begin("marking", cells)
    for one in every:
        _mark_sheet(book[one.sheet], one, watch)
    # What formulas give is not kept by openpyxl; Excel works it out again.
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    _save(book, target, marks.job, WHOLE, watch)
    if book.vba_archive:  # a file in memory, which may be gone before it
        book.vba_archive.close()


def _mark_sheet(sheet: Any, marks: Marks, watch: Watch) -> None:
    for (row, header), text in marks.edits.items():
        _edit(sheet.cell(row, marks.column(header)), text)
        watch.meter.advance(1)
    for (row, header), sentence in marks.sentences.items():
        watch.meter.advance(1)
        cell = sheet.cell(row, marks.column(header))
        _note(cell, sentence)
        if not isinstance(cell, MergedCell):
            cell.fill = BAD
    for header, count in marks.counts().items():
        _note(sheet.cell(marks.header_row, marks.column(header)), _how_many(count))
    if marks.note:
        _note(sheet.cell(marks.header_row, 1), marks.note)


def write_rows(
    frames: Iterable[pd.DataFrame], target: Path, marks: Marks, watch: Watch
) -> None:
    """Write a workbook of just the rows with problems, their cells marked, and what is wrong.

    `frames`: raw frames of the file; only rows with problems are written.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(marks.sheet)
    heading = _unused(_("Problems"), marks.headers)
    counts = marks.counts()
    header = [WriteOnlyCell(sheet, text) for text in [*marks.headers, heading]]
    for cell, text in zip(header, marks.headers, strict=False):
        if text in counts:
            cell.comment = _comment(_how_many(counts[text]))
    if marks.note:
        header[-1].comment = _comment(marks.note)
    for cell in header:
        cell.font = BOLD
    sheet.append(header)
    said = _by_row(marks)
    for row, cells in _bad_rows(watch.frames(frames), marks):
        line = [_cell(sheet, cell) for cell in cells]
        for column, sentence in said[row].items():
            place = line[marks.column(column) - 1]
            place.fill, place.comment = BAD, _comment(sentence)
        line.append(_cell(sheet, " ".join(said[row].values())))
        sheet.append(line)
    _save(book, target, marks.job, ROWS, watch)


def recognise(path: Path) -> tuple[UUID, str] | None:
    """Return the job whose marked workbook this is, and WHOLE or ROWS; None for other files."""
    try:
        with zipfile.ZipFile(path) as package:
            with package.open("docProps/custom.xml") as file:
                text = file.read(LARGEST_PROPERTIES).decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError):
        return None
    found = PLACE.search(text)
    return (UUID(found[2]), found[1]) if found else None


def _bad_rows(
    frames: Iterable[pd.DataFrame], marks: Marks
) -> Iterator[tuple[int, list[object]]]:
    rows = marks.rows
    for frame in frames:
        bad = as_objects(frame[frame.index.isin(rows)])
        for row, cells in zip(bad.index.tolist(), bad.to_numpy(object), strict=True):
            line: list[object] = [None] * len(marks.headers)
            line[: len(cells)] = cells[: len(line)].tolist()
            for place, header in enumerate(marks.headers):
                line[place] = marks.edits.get((row, header), line[place])
            yield row, line


def _by_row(marks: Marks) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for (row, header), sentence in marks.sentences.items():
        found.setdefault(row, {})[header] = sentence
    return found


def _cell(sheet: Worksheet, value: Any) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # A text that begins like a formula is a text.
        cell.data_type = "s"
    return cell


def _edit(cell: Cell | MergedCell, text: str | None) -> None:
    if isinstance(cell, MergedCell):
        return
    before = cell.value
    cell.value = text
    if text is not None:
        cell.data_type = "s"
    cell.fill = CHANGED
    shown = "" if before is None else str(before)
    _note(cell, _('You changed this from "%(value)s".') % {"value": shown})


def _note(cell: Cell | MergedCell, sentence: str) -> None:
    """Comment a cell, below what a comment there says already."""
    if isinstance(cell, MergedCell):
        return
    before = f"{cell.comment.text}\n" if cell.comment else ""
    cell.comment = _comment(before + sentence)


def _comment(sentence: str) -> Comment:
    return Comment(sentence, AUTHOR, height=100, width=280)


def _how_many(count: int) -> str:
    words = ngettext(
        "%(count)s problem in this column.", "%(count)s problems in this column.", count
    )
    return words % {"count": f"{count:,}"}


def _unused(text: str, headers: list[str]) -> str:
    number, unused = 1, text
    while unused in headers:
        number += 1
        unused = f"{text} ({number})"
    return unused


def _save(book: Any, target: Path, job: UUID, kind: str, watch: Watch) -> None:
    others = [one for one in book.custom_doc_props.props if one.name != PROPERTY]
    book.custom_doc_props = CustomPropertyList()
    for one in [*others, StringProperty(name=PROPERTY, value=f"{kind} {job}")]:
        book.custom_doc_props.append(one)
    with atomic_target(target) as path, watch.packing(path) as file:
        book.save(file)
