"""The fix page: the rows with problems, and the decisions about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.imports.plan import ImportPlan
from dataio.jobs import correcting, marking
from dataio.jobs.rejected_rows import rejected_count
from dataio.jobs.review import ChangesPage, changes_page
from dataio.models import Job, JobState
from dataio.web.decided import DecidedList
from dataio.web.deciding import ShownGroup
from dataio.web.grids import ROWS, GridColumns, GridRow
from dataio.web.part_tabs import PartTab, chosen_part, part_tabs
from dataio.web.words import whole_number


class ConflictRows:
    """The rows that are left out because of the records there are: nothing to correct in them."""

    def __init__(self, job: Job, part: int = 0) -> None:
        self.job = job
        self.part = part

    @property
    def total(self) -> int:
        return self.page.total

    @cached_property
    def page(self) -> ChangesPage:
        return changes_page(self.job, part=self.part, kind="conflict", count=ROWS)

    @cached_property
    def grid(self) -> GridColumns:
        return GridColumns(self.job, self.page.columns)

    @property
    def rows(self) -> list[GridRow]:
        return [self.grid.changed(row) for row in self.page.rows]


class FixPage:
    """One checked import's bad rows. `query`: start, the first of them to show."""

    def __init__(self, job: Job, query: Mapping[str, str]) -> None:
        self.job = job
        self.part = chosen_part(query, ImportPlan.from_data(job.plan))
        if not self._count(self.part):
            # Where only another part has problems, these are shown.
            self.part = next((one.number for one in self.tabs if one.count), 0)
        self.start = whole_number(query.get("start", ""))

    @property
    def tabs(self) -> list[PartTab]:
        """The parts of the file, each with its rows with problems."""
        return part_tabs(self.job, self.part, self._count)

    def _count(self, part: int) -> int:
        return rejected_count(self.job, part)

    @property
    def is_ready(self) -> bool:
        return self.job.state == JobState.REVIEW

    @cached_property
    def rejected(self) -> correcting.RejectedPage:
        return correcting.rejected_page(
            self.job, part=self.part, start=self.start, count=ROWS
        )

    @cached_property
    def grid(self) -> GridColumns:
        return GridColumns(self.job, self.rejected.columns)

    @property
    def about_marked(self) -> str:
        """What the marked workbook will not hold, if that is not the whole file."""
        if not self.is_ready or not self.job.problem_count:
            return ""
        said = []
        if not marking.comes_back_whole(self.job):
            limit = filesizeformat(settings.DATAIO_MAX_MARKED_BYTES)
            text = _(
                "The marked workbook holds only the rows with problems: the whole file comes "
                "back of .xlsx and .xlsm up to %(limit)s."
            )
            said.append(text % {"limit": limit})
        if self.job.problem_count > settings.DATAIO_MAX_PROBLEMS:
            text = _("It marks the first %(count)s problems.")
            said.append(text % {"count": f"{settings.DATAIO_MAX_PROBLEMS:,}"})
        return " ".join(said)

    @property
    def rows(self) -> list[GridRow]:
        return [self.grid.rejected(row) for row in self.rejected.rows]

    @property
    def before(self) -> int | None:
        return max(0, self.start - ROWS) if self.start else None

    @property
    def after(self) -> int | None:
        following = self.start + ROWS
        return following if following < self.rejected.total else None

    @cached_property
    def conflicts(self) -> ConflictRows:
        return ConflictRows(self.job, self.part)

    @cached_property
    def groups(self) -> list[ShownGroup]:
        return [ShownGroup(group) for group in correcting.groups(self.job)]

    @cached_property
    def decided(self) -> DecidedList:
        return DecidedList(self.job)
