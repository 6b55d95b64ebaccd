"""The fix page: the rows with problems, and the decisions about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from dataio.jobs import correcting
from dataio.jobs.review import ChangesPage, changes_page
from dataio.models import Job, JobState
from dataio.web.decided import DecidedList
from dataio.web.deciding import ShownGroup
from dataio.web.grids import ROWS, GridColumns, GridRow


class ConflictRows:
    """The rows that are left out because of the records there are: nothing to correct in them."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.total = int(job.findings.get("conflict", 0))

    @cached_property
    def page(self) -> ChangesPage:
        return changes_page(self.job, kind="conflict", count=ROWS)

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
        text = query.get("start", "")
        self.start = int(text) if text.isdigit() and len(text) < 12 else 0

    @property
    def is_ready(self) -> bool:
        return self.job.state == JobState.REVIEW

    @cached_property
    def rejected(self) -> correcting.RejectedPage:
        return correcting.rejected_page(self.job, start=self.start, count=ROWS)

    @cached_property
    def grid(self) -> GridColumns:
        return GridColumns(self.job, self.rejected.columns)

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
        return ConflictRows(self.job)

    @cached_property
    def groups(self) -> list[ShownGroup]:
        return [ShownGroup(group) for group in correcting.groups(self.job)]

    @cached_property
    def decided(self) -> DecidedList:
        return DecidedList(self.job)
