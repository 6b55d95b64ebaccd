"""How large a file will be and how long it takes, before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
from django.db.models import F, QuerySet
from django.template.defaultfilters import filesizeformat

from dataio.exports.select import ExportPlan
from dataio.models import Job, JobKind, JobState
from dataio.web.words import duration_words

# Measured with a million rows of ten columns; a machine's own jobs count for more.
SECONDS_PER_CELL = 1.2e-6
LEAST_SECONDS = 0.3
BYTES = {
    # What a cell costs beside its text, and what is left of the text.
    "csv": (1.0, 1.0),
    "xlsx": (2.5, 0.4),
    "ods": (3.0, 0.4),
    "jsonl": (14.0, 1.0),
    "parquet": (1.0, 0.5),
}
OWN_JOBS, OWN_ROWS = 5, 5_000
"""How many earlier exports are looked at, and the rows that make one worth it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    bytes: int
    seconds: float

    @property
    def size_words(self) -> str:
        return filesizeformat(self.bytes)

    @property
    def time_words(self) -> str:
        return duration_words(self.seconds)


def estimate(plan: ExportPlan, rows: int, sample: pd.DataFrame) -> Estimate:
    """Return what `rows` rows will need, to judge by the first of them."""
    cells = rows * len(sample.columns)
    fixed, share = BYTES.get(plan.format, BYTES["xlsx"])
    texts = sample.astype(object).map(str, na_action="ignore").fillna("")
    lengths = texts.map(len).to_numpy()
    length = float(lengths.mean()) if lengths.size else 0.0
    return Estimate(
        bytes=int(cells * (fixed + share * length)) + 4_000 * (plan.format != "csv"),
        seconds=LEAST_SECONDS + rows * _seconds_per_row(plan, len(sample.columns)),
    )


def _seconds_per_row(plan: ExportPlan, columns: int) -> float:
    """Return the pace of earlier exports of this kind, else what is usual."""
    done: QuerySet[Job] = Job.objects.filter(
        kind=JobKind.EXPORT,
        state=JobState.DONE,
        resource=plan.resource,
        plan__format=plan.format,
        rows__gte=OWN_ROWS,
        started_at__isnull=False,
    )
    took = done.order_by("-finished_at").values_list(
        "rows", F("finished_at") - F("started_at")
    )
    known = list(took[:OWN_JOBS])
    if not known:
        return SECONDS_PER_CELL * columns
    seconds = sum((took for _rows, took in known), timedelta()).total_seconds()
    return float(seconds / sum(rows for rows, _took in known))
