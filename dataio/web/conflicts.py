"""Conflicts as the review page shows them: a few rows at a time, yours beside theirs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.imports.plan import ImportPlan
from dataio.imports.roundtrip import MINE, THEIRS
from dataio.jobs.conflicts import SKIP
from dataio.jobs.review import changes_page
from dataio.models import Job
from dataio.resources import registry
from dataio.web.cells import Cell, cell_of
from dataio.web.problems import column_names

if TYPE_CHECKING:
    from dataio.jobs.review import ChangeRow

AT_ONCE = 10
"""Rows that are listed; the next come when these are decided, or from the grid."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """One cell that differs between the file and the database."""

    label: str
    mine: Cell
    theirs: Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownConflict:
    """One row that two people changed."""

    row: int
    name: str
    """What tells the row from others: the values of its key."""
    message: str
    clashes: list[Clash]
    is_gone: bool
    """Somebody removed the record, so there is nothing of theirs to show."""
    is_skipped: bool


class Conflicts:
    """The conflicts of one checked import, and what was decided about them."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.plan = ImportPlan.from_data(job.plan)

    @property
    def total(self) -> int:
        """Rows left out as they stand; only an exported workbook can tell whose they are."""
        return int(self.job.findings.get("conflict", 0)) if self.plan.fingerprint else 0

    @property
    def is_shown(self) -> bool:
        return bool(self.total or (self.plan.fingerprint and self.plan.conflicts))

    @property
    def undecided(self) -> int:
        """Rows about which nothing is decided yet."""
        if self.plan.conflicts.get("") == SKIP:
            return 0
        skipped = [one for one in self.plan.conflicts.values() if one == SKIP]
        return max(0, self.total - len(skipped))

    @cached_property
    def rows(self) -> list[ShownConflict]:
        """The first of them."""
        if not self.total:
            return []
        found = changes_page(self.job, kind="conflict", count=AT_ONCE)
        labels = column_names(self.job)
        return [self._shown(row, labels) for row in found.rows]

    @property
    def more(self) -> int:
        return max(0, self.total - len(self.rows))

    @property
    def decided(self) -> str:
        """What was decided so far, in words; "" for nothing."""
        others = self.plan.conflicts.get("", "")
        words = {
            MINE: _("Yours stay in all other rows"),
            THEIRS: _("Theirs stay in all other rows"),
            SKIP: _("All other rows are left out"),
        }
        named = Counter(choice for row, choice in self.plan.conflicts.items() if row)
        said = [_counted(choice, named[choice]) for choice in words if named[choice]]
        if others and not said:
            return {
                MINE: _("Yours stay in all of them"),
                THEIRS: _("Theirs stay in all of them"),
                SKIP: _("All of them are left out"),
            }[others]
        return " · ".join([*said, *([words[others]] if others else [])])

    def _shown(self, row: ChangeRow, labels: dict[str, str]) -> ShownConflict:
        clashes = [
            Clash(
                label=labels.get(name, name),
                mine=cell_of(cell.new),
                theirs=cell_of(cell.old),
            )
            for name, cell in row.cells.items()
            if cell.changed
        ]
        key = [row.cells[name].new for name in self._named_by(row)]
        choices = self.plan.conflicts
        choice = choices.get(str(row.row), choices.get("", ""))
        return ShownConflict(
            row=row.row,
            name=", ".join(key),
            message=row.message,
            clashes=clashes,
            is_gone=not clashes,
            is_skipped=choice == SKIP,
        )

    def _named_by(self, row: ChangeRow) -> tuple[str, ...]:
        """Return the columns that tell rows apart for people: hardly ever the id."""
        resource = registry.get(self.job.resource)
        primary = resource.model._meta.pk.name
        keys = [one for one in (*resource.keys, self.plan.key) if primary not in one]
        found = [one for one in keys if set(one) <= row.cells.keys()]
        return found[0] if found else tuple(row.cells)[:1]


def _counted(choice: str, count: int) -> str:
    words = {
        MINE: ngettext(
            "Yours stay in %(rows)s row", "Yours stay in %(rows)s rows", count
        ),
        THEIRS: ngettext(
            "Theirs stay in %(rows)s row", "Theirs stay in %(rows)s rows", count
        ),
        SKIP: ngettext("%(rows)s row is left out", "%(rows)s rows are left out", count),
    }
    return words[choice] % {"rows": number_format(count, force_grouping=True)}
