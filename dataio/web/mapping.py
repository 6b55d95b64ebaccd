"""The mapping page: what it offers, and what the person decided, as an ImportPlan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from django.utils.translation import gettext as _

from dataio import identity
from dataio.columns import Column
from dataio.errors import UnknownResource
from dataio.imports.guessing import first_sheet, guess_resource
from dataio.imports.inference import (
    Scan,
    open_questions,
    with_inferred,
)
from dataio.imports.mapping import headers_of
from dataio.imports.matching import propose_plan
from dataio.imports.plan import ImportPlan
from dataio.jobs.recipes import Found
from dataio.readers import Peek, SheetPeek
from dataio.readers.base import column_letters
from dataio.resources import Resource, registry
from dataio.web.column_options import ColumnOption, column_options
from dataio.web.map_form import MapForm
from dataio.web.map_rows import MapRows
from dataio.web.mapped import (
    Choice,
    Header,
    PreviewRow,
    preview_of,
)

ScanOf = Callable[[str, int, int], Scan]


class MapPage:
    """The choices of one draft import. `data` is the query or the form as it came."""

    def __init__(
        self,
        peek: Peek,
        data: Mapping[str, str],
        scan_of: ScanOf,
        known: Found | None = None,
        before: ImportPlan | None = None,
    ) -> None:
        """`scan_of`: what all values of a sheet prove; `known`: the recipe for this file;
        `before`: what was decided before the file was checked."""
        self.peek = peek
        self.data = data
        self.known = known
        self.before = before
        self.sheet = known.sheet if known else self._chosen_sheet()
        self.resource = self._chosen_resource()
        place = (self.sheet.name, self.header_row, self.sheet.header_rows)
        self.scan = scan_of(*place) if self.header_row else None
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
    def next_row(self) -> int:
        """The row below the header, 0 when it is not known whether there is one."""
        return self.header_row + 1 if self.header_row < len(self.sheet.rows) else 0

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
        rows = MapRows(
            current=self.current,
            proposal=self.proposal,
            evidence=self.evidence,
            resource=self.resource,
            is_filled=self.form.is_filled,
            is_known=self.known is not None,
            is_decided=self.before is not None,
        )
        return rows.headers(self.sheet.headers, self._samples())

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
        known = [*self.resource.keys, *([self.current.key] if self.current.key else [])]
        return [
            (
                ",".join(key),
                _(" and ").join(str(self.resource.column(name).label) for name in key),
            )
            for key in dict.fromkeys(known)
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

    def _twice(self) -> dict[str, list[str]]:
        if self.form.is_filled:
            return self.form.twice
        return {name: list(one.headers) for name, one in self.proposal.joins.items()}

    def _proposed(self) -> ImportPlan:
        if self.before is not None:
            return self.before
        if self.known is None:
            return propose_plan(self.sheet, self.resource, self.evidence)
        return with_inferred(self.known.plan, self.resource, self.evidence)

    def _samples(self) -> list[list[object]]:
        below = self.sheet.rows[self.header_row :]
        if not below:
            return [[] for _header in self.sheet.headers]
        return [list(cells) for cells in zip(*below, strict=True)]

    def _chosen_sheet(self) -> SheetPeek:
        data = self.data
        if plan := self.before:
            rows = {"header_row": plan.header_row, "header_rows": plan.header_rows}
            texts = {name: str(row) for name, row in rows.items()}
            data = {"sheet": plan.sheet, **texts}
        named = [one for one in self.peek.sheets if one.name == data.get("sheet")]
        sheet = named[0] if named else first_sheet(self.peek)
        text = data.get("header_row", "")
        row = int(text) if text.isdigit() and len(text) < 9 else 0
        if not 0 < row <= len(sheet.rows):
            return sheet
        two = data.get("header_rows") == "2" and row > 1
        return replace(_with_header_row(sheet, row), header_rows=2 if two else 1)

    def _chosen_resource(self) -> Resource:
        wanted = self.data.get("resource", "")
        wanted = self.before.resource if self.before else wanted
        try:
            return registry.get(self.known.recipe.resource if self.known else wanted)
        except UnknownResource:
            return guess_resource(self.peek, registry.all())


def _with_header_row(sheet: SheetPeek, row: int) -> SheetPeek:
    expected = sheet.expected_rows
    if expected is not None:
        expected = max(0, expected + sheet.header_row - row)
    return replace(sheet, header_row=row, expected_rows=expected)
