"""What was decided about a checked import so far, each with the way to take it back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from dataio.models import Fix, Job
from dataio.web.cells import Cell, cell_of
from dataio.web.deciding import decided_words
from dataio.web.problems import column_names

MOST = 100
"""Decisions that are listed, the newest of them; all can be taken back at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """One decision."""

    label: str
    cell: Cell
    """The value it is about."""
    fix: Fix
    words: str


class DecidedList:
    """The decisions of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @cached_property
    def total(self) -> int:
        return self.job.fixes.count()

    @property
    def more(self) -> int:
        return max(0, self.total - MOST)

    @cached_property
    def all(self) -> list[Decided]:
        """The newest decisions, the last one first."""
        labels = column_names(self.job)
        return [
            Decided(
                label=labels.get(fix.column, fix.column) or _("Whole row"),
                cell=cell_of(fix.value),
                fix=fix,
                words=decided_words(fix),
            )
            for fix in self.job.fixes.order_by("-pk")[:MOST]
        ]
