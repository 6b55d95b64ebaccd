"""Going back from the review: decisions taken back, columns chosen again."""

from __future__ import annotations

from django.db import transaction

from dataio.imports.plan import ImportPlan
from dataio.jobs import lifecycle
from dataio.models import Job


def take_back(job: Job, column: str, value: str = "", row: int | None = None) -> None:
    """Forget what was decided about a value of a column, or about one cell, and check again.

    The whole file is checked: only it still has what stood there before the decision.
    Raises WrongState when the job is not (any more) to be looked at.
    """
    with transaction.atomic():
        lifecycle.check_anew(job)
        job.fixes.filter(column=column, value=value, row=row).delete()


def take_all_back(job: Job) -> None:
    """Forget all decisions about values and cells, and check the whole file again.

    Raises WrongState when the job is not (any more) to be looked at.
    """
    with transaction.atomic():
        lifecycle.check_anew(job)
        job.fixes.all().delete()


def drop_unfit(job: Job, before: ImportPlan) -> None:
    """Forget decisions that do not fit the job's plan any more; `before` is its earlier one.

    A decision about a value needs its column; what was typed into a cell needs the same cell,
    so the column's header and the place of the table must be the same.
    """
    plan = ImportPlan.from_data(job.plan)
    parts = plan.all_parts
    there = [part.prefix + name for part in parts for name in ("", *part.columns)]
    was, now = _headers(before), _headers(plan)
    same = [name for name, header in now.items() if was.get(name) == header]
    job.fixes.exclude(column__in=there).delete()
    typed = job.fixes.filter(row__isnull=False)
    same_place = _place(before) == _place(plan)
    typed.exclude(column__in=["", *same] if same_place else []).delete()


def _headers(plan: ImportPlan) -> dict[str, str]:
    """Return the header that each column is read from."""
    return {
        part.prefix + name: header
        for part in plan.all_parts
        for header, name in part.mapping.items()
    }


def _place(plan: ImportPlan) -> tuple[str, str, int]:
    return plan.resource, plan.sheet, plan.header_row
