"""One part of the mapping page: the headers of a sheet, and what they may become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.imports.inference import Scan, open_questions, with_inferred
from dataio.imports.mapping import headers_of
from dataio.imports.permitted import fillable, may_fill
from dataio.imports.plan import ImportPlan, Split
from dataio.readers import SheetPeek
from dataio.readers.base import column_letters
from dataio.resources import Resource
from dataio.web.column_options import ColumnOption, column_options
from dataio.web.map_form import PARTS, MapForm
from dataio.web.map_rows import MapRows
from dataio.web.mapped import Choice, Header, Needed, PreviewRow, preview_of
from dataio.web.part_data import PartData

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

ScanSheet = Callable[[Mapping[str, Split]], Scan | None]


class MapPart:
    """Rows of one resource on one sheet: what is proposed, and what the person decided."""

    in_rows = False
    """They stand in the rows of their parents."""
    user: AbstractBaseUser | None = None

    def __init__(
        self,
        data: Mapping[str, str],
        sheet: SheetPeek,
        proposal: ImportPlan,
        resource: Resource,
        scan_of: ScanSheet,
    ) -> None:
        """`scan_of`: tells what all values of the sheet prove."""
        self.sheet = sheet
        self.resource = resource
        self.scan = scan_of({})
        self.proposal = proposal
        own = PartData(data, self.prefix, in_rows=self.in_rows or not self.prefix)
        self.form = MapForm(own, sheet.headers, resource, proposal)
        self.current = self.form.plan if self.form.is_filled else proposal
        if self.current.splits:
            self.scan = scan_of(self.current.splits)
        self.evidence = self.scan.evidence if self.scan else {}
        if self.form.is_filled:
            self.current = self._parts_inferred(self.current)
        self.is_known = self.is_decided = False
        self.other_labels: set[str] = set()
        """Labels that the other part of the file has too."""

    @property
    def decided(self) -> ImportPlan:
        """What the person decided about this part."""
        return self.current if self.form.is_filled else self.form.plan

    @property
    def prefix(self) -> str:
        """What column names start with in the form."""
        return self.proposal.prefix

    @property
    def field(self) -> str:
        """What the names of fields about a header start with."""
        return "" if self.in_rows else self.prefix

    @property
    def offered(self) -> dict[str, Column]:
        """The columns that a header may become."""
        return fillable(self.resource.import_columns, self.resource, self.user)

    @property
    def alone(self) -> list[MapPart]:
        """Whose columns a header may become that is on a sheet of this part's own."""
        return [self]

    @property
    def expected_rows(self) -> int | None:
        return self.sheet.expected_rows

    @property
    def options(self) -> list[ColumnOption]:
        """The small choices per column."""
        found = column_options(self.current, self.resource, self.user)
        return [
            replace(one, prefix=self.prefix)
            for one in found
            if one.column.name in self.offered
        ]

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
        thing = capfirst(self.resource.verbose_name)
        used = {*plan.mapping.values(), *plan.joins}
        used |= {name for one in plan.splits.values() for name in one.columns}
        return [
            Choice(
                column=column,
                prefix=self.prefix,
                thing=thing if str(column.label) in self.other_labels else "",
                headers=twice.get(name, []),
                is_joined=name in plan.joins,
                glue=plan.joins[name].separator if name in plan.joins else column.glue,
                fill=plan.constants.get(name, ""),
                is_used=name in used,
                can_fill=name in self.offered,
            )
            for name, column in (self.offered | self.resource.finding_columns).items()
        ]

    @property
    def has_fills(self) -> bool:
        """Whether the values of all rows are worth seeing: some are, or should be, filled."""
        return bool(self.current.constants) or any(one.lacks for one in self.needed)

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
            is_known=self.is_known,
            is_decided=self.is_decided,
        )
        found = rows.headers(self.sheet.headers, self._samples())
        return [replace(one, prefix=self.prefix, field=self.field) for one in found]

    @property
    def needed(self) -> list[Needed]:
        """Columns that new records need, each with whether nothing becomes it."""
        used = set(self.current.columns)
        return [
            Needed(
                name=self.prefix + one.name,
                label=str(one.label),
                things=self.resource.verbose_name_plural,
                lacks=one.name not in used,
            )
            for one in self.offered.values()
            if one.required
        ]

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
        column = self.resource.column
        return [
            (",".join(key), _(" and ").join(str(column(name).label) for name in key))
            for key in dict.fromkeys(known)
            if all(may_fill(self.resource, name, self.user) for name in key)
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

    def _parts_inferred(self, plan: ImportPlan) -> ImportPlan:
        """Return the plan with how parts of split columns are written, where nobody was asked."""
        whole = with_inferred(plan, self.resource, self.evidence)
        formats = dict(plan.formats)
        for header, split in plan.splits.items():
            for part, name in zip(PARTS, split.columns, strict=False):
                kind = self.resource.column(name).kind
                if name in whole.formats and not self.form.says(header, part, kind):
                    formats[name] = whole.formats[name]
        return plan.with_changes(formats=formats)

    def _twice(self) -> dict[str, list[str]]:
        if self.form.is_filled:
            return self.form.twice
        return {name: list(one.headers) for name, one in self.proposal.joins.items()}

    def _samples(self) -> list[list[object]]:
        below = self.sheet.rows[self.sheet.header_row :]
        nothing: list[list[object]] = [[] for _header in self.sheet.headers]
        return [list(cells) for cells in zip(*below, strict=True)] or nothing


class PartInRows(MapPart):
    """Children in the rows of their parents, whose key says which parent is theirs."""

    in_rows = True

    @property
    def offered(self) -> dict[str, Column]:
        columns = super().offered.items()
        return {name: one for name, one in columns if name != self.proposal.link}


def tell_apart(parts: list[MapPart]) -> None:
    """Let columns of several parts with the same label say of what they are columns."""
    if len(parts) > 1:
        labels = [{str(one.label) for one in part.offered.values()} for part in parts]
        for part in parts:
            part.other_labels = set.intersection(*labels)
