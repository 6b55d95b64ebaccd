"""What follows each change of the export page: how many rows, the first of them, how large."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

import pandas as pd
from django.utils import timezone

from dataio.exports.counting import Count, TooSlow, counted, time_limit
from dataio.exports.run import first_rows
from dataio.exports.select import ExportPlan, plan_rows
from dataio.resources import Resource
from dataio.web.cells import Cell, cell_of
from dataio.web.estimates import Estimate, estimate
from dataio.web.summaries import ShownSummary, shown_summary, slow_summary

PREVIEW_ROWS = 8
PATIENCE = 3.0  # seconds for the first rows, and for the summary
SHEET_ROWS = 1_048_575


class LiveExport:
    """What a plan would give. Nothing here takes longer than a person waits."""

    def __init__(self, plan: ExportPlan, resource: Resource, errors: list[str]) -> None:
        """`errors`: what makes the plan impossible; then nothing is asked of the database."""
        self.plan = plan
        self.resource = resource
        self.errors = errors

    @cached_property
    def count(self) -> Count | None:
        """Rows that the file will hold; None when nobody knows."""
        if self.errors:
            return None
        return counted(plan_rows(self.plan, self.resource))

    @cached_property
    def is_empty(self) -> bool:
        """Whether no row fits."""
        return self.count is not None and not self.count.rows

    @property
    def sheets(self) -> int:
        """Sheets that a workbook needs for so many rows; 1 for other files."""
        rows = self.count.rows if self.count else 0
        return (
            -(-rows // SHEET_ROWS)
            if self.plan.format in ("xlsx", "ods") and rows
            else 1
        )

    @cached_property
    def estimate(self) -> Estimate | None:
        """How large the file will be, and how long it takes."""
        if self.count is None or self._sample is None:
            return None
        return estimate(self.plan, self.count.rows, self._sample)

    @cached_property
    def preview(self) -> list[list[Cell]]:
        """The first rows as the file will show them."""
        if self._sample is None:
            return []
        blank_as_none = self._sample.astype(object).where(self._sample.notna(), None)
        return [
            [cell_of(_as_written(value)) for value in row]
            for row in blank_as_none.to_numpy().tolist()
        ]

    @cached_property
    def summary(self) -> ShownSummary | None:
        """The summary as the file will show it."""
        if self.errors or self.is_empty:
            return None
        try:
            with time_limit(self._database, PATIENCE):
                return shown_summary(self.plan, self.resource)
        except TooSlow:
            return slow_summary()

    @cached_property
    def _sample(self) -> pd.DataFrame | None:
        """The first rows; None when there are none, or they take too long to find."""
        if self.errors or self.is_empty:
            return None
        try:
            with time_limit(self._database, PATIENCE):
                return first_rows(self.plan, self.resource, PREVIEW_ROWS)
        except TooSlow:
            return None

    @property
    def _database(self) -> str:
        return self.resource.queryset().db


def _as_written(value: object) -> object:
    """Return a value as a workbook shows it: moments in local time, to the second."""
    if not isinstance(value, datetime):
        return value
    local = value if timezone.is_naive(value) else timezone.make_naive(value)
    return local.replace(microsecond=0)
