"""The export page: what it offers, and what the person decided, as an ExportPlan.

Fields of our own have a hyphen in their names, so that no filter can have the same one.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.errors import DataioError
from dataio.exports.ordering import can_sort
from dataio.exports.paths import path_column, tree
from dataio.exports.permitted import may_use, permitted
from dataio.exports.select import ExportPlan, plan_rows, plan_tracking
from dataio.exports.sheets import parts_of
from dataio.jobs.intake import legal_name
from dataio.models import SavedReport
from dataio.resources import Resource, registry
from dataio.rights import Right
from dataio.web.layouts import LayoutForm
from dataio.web.live_export import LiveExport
from dataio.web.picking import Picking
from dataio.web.sentences import Sentences
from dataio.web.sorting import SortLevel, sort_levels
from dataio.writers import FORMATS

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

DELIMITERS = {",": ",", ";": ";", "tab": "\t", "|": "|"}


class ExportPage:
    """The choices of one export. `data` is the query or the form as it came."""

    def __init__(
        self,
        resource: Resource,
        data: QueryDict,
        user: AbstractBaseUser,
        report: SavedReport | None = None,
    ) -> None:
        self.resource = resource
        self.data = data
        self.user = user
        self.report = report
        self.picking = Picking(resource, data, user)
        self.sentences = Sentences(resource, data, self._may_use)

    @property
    def things(self) -> str:
        return self.resource.verbose_name_plural

    @property
    def row_thing(self) -> str:
        """What one row of the file is."""
        return self.picking.child_things[0] or self.resource.verbose_name

    @property
    def row_things(self) -> str:
        return self.picking.child_things[1] or self.things

    @property
    def section(self) -> str:
        """The part of the site this page belongs to."""
        return "reports" if self.report else "home"

    @property
    def report_name(self) -> str:
        return self.data.get("report-name", self.report.name if self.report else "")

    @property
    def may_change(self) -> bool:
        """Whether what is saved can be changed, not only copied."""
        return self.report is not None and self.report.owner_id == self.user.pk

    @property
    def offers(self) -> list[tuple[str, list[Column]]]:
        """What one can filter by: the resource's own columns, then those of each relation."""
        groups = [(capfirst(self.things), [self._column(p) for p in self.picking.own])]
        groups += [(one.label, one.columns) for one in tree(self.resource)]
        deeper = [path for path in self.picking.chosen if path.count(".") > 1]
        groups.append((_("Further"), [self._column(path) for path in deeper]))
        usable = [
            (label, [one for one in columns if self._may_use(one.name)])
            for label, columns in groups
        ]
        return [(label, columns) for label, columns in usable if columns]

    @cached_property
    def sortable(self) -> list[Column]:
        """The columns that rows can be sorted by: the resource's own and the chosen ones."""
        paths = dict.fromkeys([*self.picking.chosen, *self.picking.own])
        return [
            self._column(path)
            for path in paths
            if can_sort(self.resource, path) and self._may_use(path)
        ]

    @cached_property
    def levels(self) -> list[SortLevel]:
        return sort_levels(self.data, self.sortable)

    @cached_property
    def layout(self) -> LayoutForm:
        """The form of sheets, groups and summary."""
        masked = self.picking.masked
        columns = [
            self._column(path)
            for path in self.picking.chosen
            if path not in masked and self._may_use(path)
        ]
        allowed = registry.of_user(self.user, Right.EXPORT)
        others = [one for one in allowed if one.label != self.resource.label]
        return LayoutForm(self.data, columns, others, self.format)

    @property
    def formats(self) -> list[tuple[str, str]]:
        return [(name, str(one.label)) for name, one in FORMATS.items()]

    @property
    def format(self) -> str:
        wanted = self.data.get("export-format", "")
        return wanted if wanted in FORMATS else next(iter(FORMATS))

    @property
    def delimiter(self) -> str:
        """The key of DELIMITERS that was chosen."""
        wanted = self.data.get("export-delimiter", "")
        return wanted if wanted in DELIMITERS else ","

    @property
    def has_mark(self) -> bool:
        """Whether a text file begins with the mark that tells Excel what it is."""
        return "export-sent" not in self.data or self.data.get("export-bom") == "yes"

    @property
    def is_guarded(self) -> bool:
        """Whether a text file has an apostrophe before what a spreadsheet would run."""
        # Guarded is what a link without a word about it means.
        return self.data.get("export-bare") != "yes"

    @property
    def time_zone(self) -> str:
        """The zone of the person's browser, "" when it did not say."""
        wanted = str(self.data.get("export-zone", ""))
        try:
            return ZoneInfo(wanted).key if wanted else ""
        except (ValueError, OSError, ZoneInfoNotFoundError):
            return ""

    @property
    def to_be_edited(self) -> bool:
        """Whether the workbook will come back."""
        return self.format == "xlsx" and self.data.get("export-edited") == "yes"

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        proposed = f"{capfirst(self.things)} {timezone.localdate().isoformat()}"
        typed = legal_name(self.data.get("export-name", ""))
        return typed.removesuffix(FORMATS[self.format].suffix).strip(" .") or proposed

    @property
    def file_name(self) -> str:
        return self.name + FORMATS[self.format].suffix

    @cached_property
    def plan(self) -> ExportPlan:
        return ExportPlan(
            resource=self.resource.label,
            columns=self.picking.chosen,
            filters=dict(self.sentences.filters),
            format=self.format,
            delimiter=DELIMITERS[self.delimiter],
            byte_order_mark=self.has_mark,
            guard_formulas=self.is_guarded,
            to_be_edited=self.to_be_edited,
            sort=tuple(one.sort for one in self.levels if one.path),
            masked=self.picking.masked,
            layout=self.layout.layout,
            further=self.layout.further_plans,
            time_zone=self.time_zone,
        )

    @cached_property
    def live(self) -> LiveExport:
        """What the person gets to see of it at once."""
        return LiveExport(self.plan, self.resource, self.errors)

    @cached_property
    def errors(self) -> list[str]:
        """What makes the export impossible as it is chosen."""
        if not self.picking.chosen:
            return [_("Choose at least one column.")]
        if self.sentences.errors:
            return self.sentences.errors
        try:
            plan = permitted(self.plan, self.resource, self.user).plan
            for part in parts_of(plan, self.resource):
                plan_rows(part.plan, part.resource)
            plan_tracking(plan, self.resource)
        except DataioError as error:
            return [error.message]
        return []

    @property
    def start_errors(self) -> list[str]:
        """What keeps the export from being started, also what only a look at the rows tells."""
        summary = None if self.errors else self.live.summary
        return [summary.error] if summary and summary.error else self.errors

    @property
    def headers(self) -> list[str]:
        return [str(self._column(path).label) for path in self.picking.chosen]

    def _column(self, path: str) -> Column:
        return path_column(self.resource, path)

    def _may_use(self, path: str) -> bool:
        return may_use(self.resource, path, self.user)
