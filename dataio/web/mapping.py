"""The mapping page: what it offers, and what the person decided, as an ImportPlan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from dataio.columns import CellFormat, Column
from dataio.errors import UnknownResource
from dataio.imports.guessing import first_sheet, guess_resource
from dataio.imports.matching import Match, match, propose_plan
from dataio.imports.plan import MODES, ImportPlan
from dataio.readers import Peek, SheetPeek
from dataio.readers.base import column_letters
from dataio.resources import Resource, registry
from dataio.web.cells import cell_of
from dataio.web.mapped import Choice, Header, PreviewRow

SAMPLES = 3
PREVIEW_ROWS = 8
ROWS_BELOW_HEADER = 5


class MapPage:
    """The choices of one draft import. `data` is the query or the form as it came."""

    def __init__(self, peek: Peek, data: Mapping[str, str]) -> None:
        self.peek = peek
        self.data = data
        self.sheet = self._chosen_sheet()
        self.resource = self._chosen_resource()
        self.proposal = propose_plan(self.sheet, self.resource)

    @property
    def header_row(self) -> int:
        return self.sheet.header_row

    @property
    def expected_rows(self) -> int | None:
        return self.sheet.expected_rows

    @property
    def resources(self) -> list[Resource]:
        return registry.all()

    @property
    def sheets(self) -> list[SheetPeek]:
        return self.peek.sheets

    @property
    def preview(self) -> list[PreviewRow]:
        shown = max(PREVIEW_ROWS, self.header_row + ROWS_BELOW_HEADER)
        return [
            PreviewRow(
                number=number,
                cells=[cell_of(cell) for cell in row],
                place={-1: "above", 0: "header"}.get(
                    _sign(number - self.header_row), ""
                ),
            )
            for number, row in enumerate(self.sheet.rows[:shown], start=1)
        ]

    @property
    def letters(self) -> list[str]:
        width = len(self.sheet.rows[0]) if self.sheet.rows else 0
        return [column_letters(number) for number in range(1, width + 1)]

    @property
    def choices(self) -> list[Choice]:
        return [
            Choice(column=column) for column in self.resource.import_columns.values()
        ]

    @property
    def headers(self) -> list[Header]:
        """The file's columns, each with what it becomes."""
        samples = self._samples()
        matches = match(self.sheet.headers, samples, self.resource)
        return [
            self._header(position, one, samples[position])
            for position, one in enumerate(matches)
        ]

    @property
    def needed(self) -> list[tuple[Column, bool]]:
        """Columns that new records need, each with whether no column of the file becomes it."""
        used = set(self.current.mapping.values())
        columns = self.resource.import_columns.values()
        return [(one, one.name not in used) for one in columns if one.required]

    @property
    def left_out(self) -> list[str]:
        """Headers that become nothing."""
        return [text for text in self.sheet.headers if text not in self.current.mapping]

    @property
    def current(self) -> ImportPlan:
        """What the person decided, once the form came back; before that what is proposed."""
        return self.plan if "column-0" in self.data else self.proposal

    @property
    def current_key(self) -> str:
        return ",".join(self.current.key)

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The sets of columns that tell records apart: value and words."""
        return [
            (
                ",".join(key),
                _(" and ").join(str(self.resource.column(name).label) for name in key),
            )
            for key in self.resource.keys
        ]

    @property
    def modes(self) -> list[tuple[str, str]]:
        things = {"things": self.resource.verbose_name_plural}
        words = {
            "upsert": _("Create new %(things)s and update those"),
            "create": _("Only create new %(things)s"),
            "update": _("Only update %(things)s"),
        }
        return [(mode, words[mode] % things) for mode in ("upsert", "create", "update")]

    @property
    def plan(self) -> ImportPlan:
        """What the person decided."""
        mapping, formats = self._decided_columns()
        key = tuple(name for name in self.data.get("key", "").split(",") if name)
        known = key in self.resource.keys
        mode = self.data.get("mode", "")
        return replace(
            self.proposal,
            mapping=mapping,
            formats=formats,
            mode=mode if mode in MODES else self.proposal.mode,
            key=key if known else self.proposal.key,
            atomic=self.data.get("atomic") == "yes",
        )

    def twice(self) -> list[str]:
        """Return a sentence for each column that two headers became."""
        seen: dict[str, str] = {}
        sentences = []
        for header, name in self._decided():
            if name in seen:
                values = {
                    "one": seen[name],
                    "two": header,
                    "label": self.resource.column(name).label,
                }
                sentences.append(
                    _(
                        "“%(one)s” and “%(two)s” both become %(label)s. Choose one of them."
                    )
                    % values
                )
            seen[name] = header
        return sentences

    def _header(self, position: int, found: Match, cells: list[object]) -> Header:
        column = self.current.mapping.get(found.header, "")
        proposed = column and column == found.column
        return Header(
            position=position,
            text=found.header,
            letters=column_letters(position + 1),
            samples=[cell_of(value) for value in cells if value not in (None, "")][
                :SAMPLES
            ],
            column=column,
            certainty=found.certainty if proposed else 0.0,
            reason=found.reason if proposed else "",
            formats=self.current.formats.get(column, CellFormat()),
        )

    def _decided(self) -> list[tuple[str, str]]:
        pairs = [
            (header, self.data.get(f"column-{position}", ""))
            for position, header in enumerate(self.sheet.headers)
        ]
        return [
            (header, name)
            for header, name in pairs
            if name in self.resource.import_columns
        ]

    def _decided_columns(self) -> tuple[dict[str, str], dict[str, CellFormat]]:
        mapping = dict(self._decided())
        places = {
            header: position for position, header in enumerate(self.sheet.headers)
        }
        formats = {
            name: CellFormat(
                date_order=self._one_of(
                    f"date_order-{places[header]}", ("DMY", "MDY", "YMD")
                ),
                decimal=self._one_of(f"decimal-{places[header]}", (".", ",")),
            )
            for header, name in mapping.items()
        }
        return mapping, {
            name: one for name, one in formats.items() if one != CellFormat()
        }

    def _one_of(self, field: str, allowed: tuple[str, ...]) -> str:
        value = self.data.get(field, "")
        return value if value in allowed else ""

    def _samples(self) -> list[list[object]]:
        below = self.sheet.rows[self.header_row :]
        if not below:
            return [[] for _header in self.sheet.headers]
        return [list(cells) for cells in zip(*below, strict=True)]

    def _chosen_sheet(self) -> SheetPeek:
        named = [
            sheet for sheet in self.peek.sheets if sheet.name == self.data.get("sheet")
        ]
        sheet = named[0] if named else first_sheet(self.peek)
        text = self.data.get("header_row", "")
        row = int(text) if text.isdigit() and len(text) < 9 else 0
        return _with_header_row(sheet, row) if 0 < row <= len(sheet.rows) else sheet

    def _chosen_resource(self) -> Resource:
        try:
            return registry.get(self.data.get("resource", ""))
        except UnknownResource:
            return guess_resource(self.peek, registry.all())


def _with_header_row(sheet: SheetPeek, row: int) -> SheetPeek:
    expected = sheet.expected_rows
    if expected is not None:
        expected = max(0, expected + sheet.header_row - row)
    return replace(sheet, header_row=row, expected_rows=expected)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
