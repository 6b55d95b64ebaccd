"""The review page: what an import will change, what is wrong, and what its button will do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.imports.plan import ImportPlan
from dataio.jobs import correcting, review
from dataio.models import Job, JobKind, JobState, JobStep
from dataio.web.conflicts import Conflicts
from dataio.web.deciding import ShownGroup
from dataio.web.grids import ROWS, GridColumns, GridRow, kind_words
from dataio.web.part_tabs import PartTab, chosen_part, tabs_of_changes
from dataio.web.problems import column_names
from dataio.web.removal import Removal
from dataio.web.words import grouped, whole_number

GROUPS_AT_FIRST = 6
WRITTEN = ("create", "update")


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of the five numbers, or one column with changes: a way to narrow the grid."""

    name: str
    label: str
    count: int
    is_chosen: bool

    @property
    def target(self) -> str:
        """What a click asks for: this, or everything when it is chosen already."""
        return "" if self.is_chosen else self.name


class ReviewPage:
    """One checked import. `query` narrows what is shown: kind, column, start."""

    def __init__(self, job: Job, query: Mapping[str, str]) -> None:
        self.job = job
        self.findings: dict[str, Any] = job.findings
        kind, column = query.get("kind", ""), query.get("column", "")
        self.kind = kind if kind in kind_words() else ""
        self.part = chosen_part(query, ImportPlan.from_data(job.plan))
        self.column = column if column in self.columns_changed else ""
        self.start = whole_number(query.get("start", ""))

    @property
    def is_ready(self) -> bool:
        """Whether there is something to look at; otherwise it is being checked."""
        return self.job.state == JobState.REVIEW

    @property
    def columns_changed(self) -> dict[str, int]:
        """Column name -> how many rows of the part change it."""
        plan = ImportPlan.from_data(self.job.plan)
        changed: dict[str, int] = self.findings.get("changed_columns", {})
        return {
            name: n for name, n in changed.items() if plan.part_of(name) == self.part
        }

    @property
    def tabs(self) -> list[PartTab]:
        """The parts of the file, each with its rows of the kind that is shown."""
        return tabs_of_changes(self.job, self.part, self.kind)

    @property
    def alarms(self) -> list[str]:
        return list(self.findings.get("alarms", []))

    @property
    def told(self) -> list[str]:
        """What is known of the file, and which related records will be created."""
        return [*self.job.notes, *self.findings.get("creates", [])]

    @cached_property
    def decided(self) -> int:
        """Decisions about values and cells, each of which can be taken back."""
        return self.job.fixes.count()

    @cached_property
    def conflicts(self) -> Conflicts:
        return Conflicts(self.job)

    @property
    def shows_conflicts(self) -> bool:
        wanted = self.kind in ("", "conflict") and not self.column
        return wanted and self.conflicts.is_shown

    @cached_property
    def removal(self) -> Removal | None:
        """The second question about records that the file lacks; None when there is none."""
        count = self.count("lacking")
        if not count:
            return None
        return Removal(self.job, count, self.count("problem"), self.will_write)

    @property
    def figures(self) -> list[Choice]:
        return [
            Choice(
                name=name,
                label=label,
                count=self.count(name),
                is_chosen=name == self.kind,
            )
            for name, label in kind_words().items()
        ]

    @property
    def columns(self) -> list[Choice]:
        """The columns that change, the one with most changes first."""
        labels = column_names(self.job)
        ranked = sorted(self.columns_changed.items(), key=lambda one: -one[1])
        return [
            Choice(
                name=name,
                label=labels.get(name, name),
                count=count,
                is_chosen=name == self.column,
            )
            for name, count in ranked
            if count
        ]

    @property
    def shows_changes(self) -> bool:
        return self.kind != "problem"

    @property
    def shows_problems(self) -> bool:
        return self.kind in ("", "problem") and not self.column and bool(self.groups)

    @cached_property
    def changes(self) -> review.ChangesPage:
        return review.changes_page(
            self.job,
            part=self.part,
            kind=self.kind,
            column=self.column,
            start=self.start,
            count=ROWS,
        )

    @cached_property
    def grid(self) -> GridColumns:
        return GridColumns(self.job, self.changes.columns)

    @property
    def rows(self) -> list[GridRow]:
        return [self.grid.changed(row) for row in self.changes.rows]

    @property
    def before(self) -> int | None:
        """Where the page before this one starts."""
        return max(0, self.start - ROWS) if self.start else None

    @property
    def after(self) -> int | None:
        """Where the page after this one starts."""
        following = self.start + ROWS
        return following if following < self.changes.total else None

    @cached_property
    def groups(self) -> list[ShownGroup]:
        return [ShownGroup(group) for group in correcting.groups(self.job)]

    @property
    def groups_shown(self) -> list[ShownGroup]:
        return self.groups if self.kind == "problem" else self.groups[:GROUPS_AT_FIRST]

    @property
    def groups_more(self) -> int:
        return len(self.groups) - len(self.groups_shown)

    def count(self, kind: str) -> int:
        return int(self.findings.get(kind, 0))

    @property
    def will_write(self) -> int:
        """Rows that the button will create or change."""
        return sum(self.count(kind) for kind in WRITTEN)

    @property
    def left_out(self) -> int:
        return self.count("problem") + self.count("conflict")

    @property
    def obstacle(self) -> str:
        """Why the button cannot be pressed; "" when it can."""
        problems = self.count("problem")
        if ImportPlan.from_data(self.job.plan).atomic and problems:
            words = ngettext(
                "All or nothing was chosen, and %(rows)s row has a problem. Decide about it first.",
                "All or nothing was chosen, and %(rows)s rows have problems. Decide about them first.",
                problems,
            )
            return words % {"rows": grouped(problems)}
        if not (self.will_write or self.removal) and self.left_out:
            return _("No row can be imported as the file is now.")
        return ""

    @property
    def button(self) -> str:
        """What the button will do, exactly."""
        rows, left = self.will_write, self.left_out
        if not (rows or left):
            return _("Finish, nothing changes")
        words = ngettext("Import %(rows)s row", "Import %(rows)s rows", rows)
        said = words % {"rows": grouped(rows)}
        if left:
            words = ngettext("leave %(rows)s out", "leave %(rows)s out", left)
            said += ", " + words % {"rows": grouped(left)}
        return said

    @property
    def summary(self) -> str:
        """What the button will do, in other words."""
        parts = [
            ngettext("%(rows)s is new", "%(rows)s are new", self.count("create")),
            ngettext("%(rows)s changes", "%(rows)s change", self.count("update")),
            ngettext(
                "%(rows)s stays as it is",
                "%(rows)s stay as they are",
                self.count("unchanged"),
            ),
        ]
        kinds = ("create", "update", "unchanged")
        shown = [
            part % {"rows": grouped(self.count(kind))}
            for part, kind in zip(parts, kinds, strict=True)
            if self.count(kind)
        ]
        return ", ".join(shown)


def is_under_review(job: Job) -> bool:
    """Whether a job is looked at on its review page, rather than on its own."""
    if job.kind != JobKind.IMPORT or job.ended:
        return False
    checking = job.step in (JobStep.CHECK, JobStep.RECHECK)
    return job.state == JobState.REVIEW or (checking and job.state != JobState.DRAFT)
