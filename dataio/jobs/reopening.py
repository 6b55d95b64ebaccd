"""Going back from the review to the columns: what was decided stays as far as it fits."""

from __future__ import annotations

from dataio.imports.plan import ImportPlan
from dataio.models import Job


def drop_unfit(job: Job, before: ImportPlan) -> None:
    """Forget decisions that do not fit the job's plan any more; `before` is its earlier one.

    A decision about a value needs its column; what was typed into a cell needs the same cell,
    so the column's header and the place of the table must be the same.
    """
    plan = ImportPlan.from_data(job.plan)
    same_place = _place(before) == _place(plan)
    was, now = (
        {name: header for header, name in one.mapping.items()} for one in (before, plan)
    )
    same = [name for name, header in now.items() if was.get(name) == header]
    job.fixes.exclude(column__in=["", *plan.columns]).delete()
    typed = job.fixes.filter(row__isnull=False)
    typed.exclude(column__in=["", *same] if same_place else []).delete()


def _place(plan: ImportPlan) -> tuple[str, str, int]:
    return plan.resource, plan.sheet, plan.header_row
