"""What the mapping page shows of a file: its first rows, its columns, what they may become."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import zip_longest

import pandas as pd
from django.utils import timezone
from django.utils.formats import date_format, localize

from dataio.columns import CellFormat, Column, ParseContext
from dataio.columns.evidence import Evidence
from dataio.columns.problems import shown_value
from dataio.imports.inference import DATE_KINDS, NUMBER_KINDS, currencies, questions
from dataio.imports.plan import Split
from dataio.readers import SheetPeek
from dataio.web.cells import Cell, cell_of
from dataio.web.map_form import PARTS, SPLIT

PREVIEW_ROWS = 8
ROWS_BELOW_HEADER = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewRow:
    number: int
    cells: list[Cell]
    place: str
    """"above", "header" or "" (data)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How one cell of the file is read."""

    seen: str
    value: str
    """What it becomes, in the person's language."""
    problem: str
    """A sentence, when it becomes nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartHeader:
    """How one part of a split column is written."""

    letter: str
    label: str
    """Of the column it becomes."""
    needs: str
    """"date" or "number"."""
    header: Header
    """The column it is a part of, with the part's own format, evidence and readings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One column of the file, and what it becomes."""

    position: int
    text: str
    letters: str
    samples: list[Cell]
    column: str
    """A column name, "*split", or ""."""
    expected: str
    """The same before the person changed anything."""
    sure: str
    """"certain", "likely", "recipe", "chosen" or "out"."""
    reason: str
    formats: CellFormat
    split: Split
    evidence: Evidence
    has_texts: bool
    """Only texts can be read in several ways."""
    readings: list[Reading]
    prefix: str = ""
    """Of the part it becomes something of, see `ImportPlan.prefix`."""
    field: str = ""
    """What the names of its fields start with."""
    part_headers: tuple[PartHeader, ...] = ()
    """How the parts are written that it is split into, where that can be told in several ways."""

    @property
    def chosen(self) -> str:
        """What it becomes, as the form says it."""
        return self._named(self.column)

    @property
    def proposed(self) -> str:
        """What it was to become before the person changed anything."""
        return self._named(self.expected)

    def _named(self, column: str) -> str:
        return column if column in ("", SPLIT) else self.prefix + column

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The parts it may be split into: letter and chosen column."""
        columns = [self.prefix + name for name in self.split.columns[: len(PARTS)]]
        return list(zip_longest(PARTS, columns, fillvalue=""))

    @property
    def currencies(self) -> list[str]:
        """Offered where signs of money were seen."""
        chosen = [self.formats.currency] if self.formats.currency else []
        return list(dict.fromkeys([*chosen, *currencies(self.evidence)]))

    @property
    def has_percents(self) -> bool:
        return "percent" in self.evidence or bool(self.formats.percent)

    @property
    def has_negatives(self) -> bool:
        return "negative" in self.evidence or bool(self.formats.negative)

    @property
    def asks(self) -> dict[str, str]:
        """What is open as long as nothing is chosen: sentences by part of the format."""
        found = [
            question
            for kind in ("date", "decimal")
            for question in questions(kind, self.evidence, CellFormat())
        ]
        return {one.part: one.sentence for one in found}


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One column of the resource in the list of what a header may become."""

    column: Column
    headers: list[str]
    """The headers that become it, when they are several."""
    is_joined: bool
    glue: str
    fill: str
    """The value that all rows get."""
    is_used: bool
    """A column of the file becomes it."""
    prefix: str = ""
    """Of the part it belongs to, see `ImportPlan.prefix`."""

    can_fill: bool = True
    """All rows may get the same value."""
    thing: str = ""
    """What it is a column of, where two columns have the same label."""

    @property
    def name(self) -> str:
        """What forms call the column."""
        return self.prefix + self.column.name

    @property
    def label(self) -> str:
        label = str(self.column.label)
        return f"{self.thing}: {label}" if self.thing else label

    @property
    def allowed(self) -> str:
        return self.column.allowed()

    @property
    def needs(self) -> str:
        """The format that a text of this type may need to be told."""
        return needs_of(self.column)


def needs_of(column: Column) -> str:
    """Return which format texts need to be told: "date", "number" or ""."""
    if column.kind in DATE_KINDS:
        return "date"
    return "number" if column.kind in NUMBER_KINDS else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needed:
    """A column that new records need."""

    name: str
    label: str
    things: str
    lacks: bool
    """No column of the file becomes it."""


def with_header_row(sheet: SheetPeek, row: int) -> SheetPeek:
    """Return a sheet whose header stands in another row."""
    expected = sheet.expected_rows
    if expected is not None:
        expected = max(0, expected + sheet.header_row - row)
    return replace(sheet, header_row=row, expected_rows=expected)


def preview_of(sheet: SheetPeek) -> list[PreviewRow]:
    """Return the first rows of a sheet, some of them below the header."""
    shown = max(PREVIEW_ROWS, sheet.header_row + ROWS_BELOW_HEADER)
    places = {True: "above", False: ""}
    return [
        PreviewRow(
            number=number,
            cells=[cell_of(cell) for cell in row],
            place="header"
            if sheet.header_row - sheet.header_rows < number <= sheet.header_row
            else places[number < sheet.header_row],
        )
        for number, row in enumerate(sheet.rows[:shown], start=1)
    ]


def readings_of(
    column: Column, cell_format: CellFormat, cells: Sequence[object]
) -> list[Reading]:
    """Return how a column reads some cells."""
    raw = pd.Series(list(cells), dtype=object)
    context = ParseContext(
        timezone=timezone.get_current_timezone(), cell_format=cell_format
    )
    parsed = column.parse(raw, context)
    problems = dict(
        zip(parsed.problems["row"], parsed.problems["message"], strict=True)
    )
    return [
        Reading(
            seen=shown_value(cell),
            value="" if place in problems else _in_words(value),
            problem=problems.get(place, ""),
        )
        for place, (cell, value) in enumerate(zip(raw, parsed.values, strict=True))
    ]


def _in_words(value: object) -> str:
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, dt.date):
        return date_format(value, "DATE_FORMAT")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    whole, point, rest = text.partition(".")
    return localize(Decimal(whole + point + rest.rstrip("0")))
