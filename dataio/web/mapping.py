"""The mapping page: what it offers, and what the person decided, as an ImportPlan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from django.utils.translation import gettext as _

from dataio import identity
from dataio.columns import CellFormat, Column
from dataio.columns.evidence import Evidence
from dataio.errors import UnknownResource
from dataio.imports.guessing import first_sheet, guess_resource
from dataio.imports.inference import (
    DATE_KINDS,
    NUMBER_KINDS,
    Scan,
    inferred,
    open_questions,
    with_inferred,
)
from dataio.imports.mapping import headers_of
from dataio.imports.matching import Match, match, propose_plan
from dataio.imports.plan import ImportPlan, Split
from dataio.jobs.recipes import Found
from dataio.readers import Peek, SheetPeek
from dataio.readers.base import column_letters
from dataio.resources import Resource, registry
from dataio.web.cells import cell_of
from dataio.web.column_options import ColumnOption, column_options
from dataio.web.map_form import SPLIT, MapForm
from dataio.web.mapped import (
    Choice,
    Header,
    PreviewRow,
    Reading,
    preview_of,
    readings_of,
)

SAMPLES = 3
READINGS = 2
SAME_NAME = 0.9


ScanOf = Callable[[str, int], Scan]


class MapPage:
    """The choices of one draft import. `data` is the query or the form as it came."""

    def __init__(
        self,
        peek: Peek,
        data: Mapping[str, str],
        scan_of: ScanOf,
        known: Found | None = None,
    ) -> None:
        """`scan_of`: what all values of a sheet prove; `known`: the recipe for this file."""
        self.peek = peek
        self.data = data
        self.known = known
        self.sheet = known.sheet if known else self._chosen_sheet()
        self.resource = self._chosen_resource()
        self.scan = (
            scan_of(self.sheet.name, self.header_row) if self.header_row else None
        )
        self.evidence = self.scan.evidence if self.scan else {}
        self.proposal = self._proposed()
        self.form = MapForm(data, self.sheet.headers, self.resource, self.proposal)
        self.current = self.form.plan if self.form.is_filled else self.proposal

    @property
    def plan(self) -> ImportPlan:
        """What the person decided."""
        return self.form.plan

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
        return [sheet for sheet in self.peek.sheets if sheet.name != identity.SHEET]

    @property
    def options(self) -> list[ColumnOption]:
        """The small choices per column."""
        return column_options(self.current, self.resource)

    @property
    def preview(self) -> list[PreviewRow]:
        return preview_of(self.sheet)

    @property
    def letters(self) -> list[str]:
        width = len(self.sheet.rows[0]) if self.sheet.rows else 0
        return [column_letters(number) for number in range(1, width + 1)]

    @cached_property
    def choices(self) -> list[Choice]:
        """What a header may become."""
        plan, twice = self.current, self._twice()
        used = {*plan.mapping.values(), *plan.joins}
        used |= {name for one in plan.splits.values() for name in one.columns}
        return [
            Choice(
                column=column,
                headers=twice.get(name, []),
                is_joined=name in plan.joins,
                glue=plan.joins[name].separator if name in plan.joins else " ",
                fill=plan.constants.get(name, ""),
                is_used=name in used,
            )
            for name, column in self.resource.import_columns.items()
        ]

    @property
    def has_fills(self) -> bool:
        """Whether the values of all rows are worth seeing: some are, or should be, filled."""
        return bool(self.current.constants) or any(lacks for _one, lacks in self.needed)

    @property
    def recipe_name(self) -> str:
        named = self.known.recipe.name if self.known else ""
        return self.data.get("recipe_name", named)

    @property
    def hidden_sheets(self) -> list[str]:
        return [
            one.name for one in self.sheets if not one.visible and one is not self.sheet
        ]

    @property
    def open_questions(self) -> list[str]:
        """What has to be answered before the import can start."""
        asked = open_questions(self.current, self.resource, self.evidence)
        return [
            f"{self.resource.column(name).label}: {question.sentence}"
            for name, questions in asked.items()
            for question in questions
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
        """Columns that new records need, each with whether nothing becomes it."""
        used = set(self.current.columns)
        columns = self.resource.import_columns.values()
        return [(one, one.name not in used) for one in columns if one.required]

    @property
    def left_out(self) -> list[str]:
        """Headers that become nothing."""
        used = set(headers_of(self.current))
        return [text for text in self.sheet.headers if text not in used]

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

    def _header(self, position: int, found: Match, cells: list[object]) -> Header:
        plan, evidence = self.current, self.evidence.get(found.header, {})
        split = plan.splits.get(found.header, Split(columns=()))
        column = self._column_of(found.header, plan)
        said = SPLIT if found.header in plan.splits else column
        expected = self._expected(found)
        formats = plan.formats.get(column) or self._proved(column, evidence)
        return Header(
            position=position,
            text=found.header,
            letters=column_letters(position + 1),
            samples=[cell_of(value) for value in cells if value not in (None, "")][
                :SAMPLES
            ],
            column=said,
            expected=expected,
            sure=self._sure(found, said, expected),
            reason=found.reason if said and said == found.column else "",
            formats=formats,
            split=split,
            evidence=evidence,
            has_texts=bool(evidence) or any(type(cell) is str for cell in cells),
            readings=self._readings(column, formats, [*evidence.values(), *cells]),
        )

    def _expected(self, found: Match) -> str:
        """Return what the recipe, or else the proposal, says of a header."""
        if found.header in self.proposal.splits:
            return SPLIT
        return self._column_of(found.header, self.proposal)

    def _sure(self, found: Match, said: str, expected: str) -> str:
        if not said or said != expected:
            return "chosen" if said else "out"
        if self.known:
            return "recipe"
        return "certain" if found.certainty >= SAME_NAME else "likely"

    def _column_of(self, header: str, plan: ImportPlan) -> str:
        if name := plan.mapping.get(header):
            return name
        joins = plan.joins.items()
        return next((name for name, one in joins if header in one.headers), "")

    def _proved(self, column: str, evidence: Evidence) -> CellFormat:
        if column or self.form.is_filled:
            return CellFormat()
        # What becomes nothing yet may become a number or a date.
        number = inferred("decimal", evidence)
        return replace(number, date_order=inferred("date", evidence).date_order)

    def _readings(
        self, name: str, formats: CellFormat, cells: list[object]
    ) -> list[Reading]:
        column = self.resource.import_columns.get(name)
        texts = dict.fromkeys(
            cell for cell in cells if type(cell) is str and cell.strip()
        )
        if column is None or column.kind not in (*DATE_KINDS, *NUMBER_KINDS):
            return []
        return readings_of(column, formats, list(texts)[:READINGS])

    def _twice(self) -> dict[str, list[str]]:
        if self.form.is_filled:
            return self.form.twice
        return {name: list(one.headers) for name, one in self.proposal.joins.items()}

    def _proposed(self) -> ImportPlan:
        if self.known is None:
            return propose_plan(self.sheet, self.resource, self.evidence)
        return with_inferred(self.known.plan, self.resource, self.evidence)

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
        wanted = self.data.get("resource", "")
        try:
            return registry.get(self.known.recipe.resource if self.known else wanted)
        except UnknownResource:
            return guess_resource(self.peek, registry.all())


def _with_header_row(sheet: SheetPeek, row: int) -> SheetPeek:
    expected = sheet.expected_rows
    if expected is not None:
        expected = max(0, expected + sheet.header_row - row)
    return replace(sheet, header_row=row, expected_rows=expected)
