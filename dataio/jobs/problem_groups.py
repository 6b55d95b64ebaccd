"""Problems of a checked import, alike ones together, each group with what can be decided."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import BooleanColumn, ChoiceColumn, Column, ForeignKeyColumn
from dataio.columns.boolean import NO, YES
from dataio.columns.choice import alike
from dataio.imports.family import sheet_of
from dataio.imports.kin import PARENT
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan
from dataio.jobs.rejected_rows import rejected_numbers
from dataio.jobs.staging import may_create
from dataio.models import Fix, Job
from dataio.resources import Resource, registry

MOST_GROUPS = 200
RANGES_NAMED = 5
ALIKE = ["column", "value", "code", "message"]
Action = Fix.Action


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemGroup:
    """One value of one column that is wrong in the same way, however often."""

    column: str
    """A column name; "" for problems of whole rows."""
    label: str
    """The column as the file calls it."""
    value: str
    code: str
    message: str
    count: int
    rows_text: str
    """Such as "3-5, 9 and 12 more"."""
    suggestion: str
    """What was probably meant; "" when nothing is like the value."""
    actions: list[Action]
    """What can be decided."""
    fix: Fix | None
    """What was decided before."""


def groups(job: Job, limit: int = MOST_GROUPS) -> list[ProblemGroup]:
    """Return the problems that can be corrected, alike ones together, the most frequent first.

    Conflicts with the records that are there are not among them.
    """
    fields = ["row", *ALIKE]
    problems = pd.DataFrame(job.problems.values_list(*fields), columns=fields)
    problems = problems[_can_be_corrected(problems, job)]
    if problems.empty:
        return []
    rows = problems.sort_values("row").groupby(ALIKE, sort=False)["row"]
    counts = rows.size().sort_values(ascending=False, kind="stable")
    # What only waits for its parent comes last: it settles itself.
    waits = counts.index.get_level_values("code") == PARENT
    counts = pd.concat([counts[~waits], counts[waits]]).head(limit)
    plan = ImportPlan.from_data(job.plan)
    offers = [_Offer(job, part, sheet_of(plan, part)) for part in plan.all_parts]
    return [
        offers[plan.part_of(alike_by[0])].group(
            dict(zip(ALIKE, alike_by, strict=True)), rows.get_group(alike_by)
        )
        for alike_by in counts.index
    ]


def _can_be_corrected(problems: pd.DataFrame, job: Job) -> pd.Series:
    """Return which problems are of rows that are kept to be corrected."""
    plan = ImportPlan.from_data(job.plan)
    parts = problems["column"].map(plan.part_of)
    found = pd.Series(data=False, index=problems.index)
    for part in range(len(plan.all_parts)):
        found |= (parts == part) & problems["row"].isin(rejected_numbers(job, part))
    return found


def rows_text(rows: list[int]) -> str:
    """Return row numbers (ascending) in short: "3-5, 9 and 12 more"."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    named = runs[:RANGES_NAMED]
    text = ", ".join(
        str(first) if first == last else f"{first}-{last}" for first, last in named
    )
    rest = sum(last - first + 1 for first, last in runs[RANGES_NAMED:])
    more = _("%(rows)s and %(count)s more") % {"rows": text, "count": rest}
    return more if rest else text


class _Offer:
    """What can be decided about the problems of one part of a job."""

    def __init__(self, job: Job, plan: ImportPlan, sheet: str) -> None:
        """`sheet`: of the part, where a file has several."""
        self._plan = plan
        self._sheet = sheet
        self._resource: Resource = registry.get(plan.resource)
        self._headers = {name: header for header, name in self._plan.mapping.items()}
        self._fixes = {
            (fix.column, fix.value): fix for fix in job.fixes.filter(row=None)
        }
        self._owner = job.owner
        self._lookups = DatabaseLookups()

    def group(self, alike_by: dict[str, str], rows: pd.Series) -> ProblemGroup:
        full, value = alike_by["column"], alike_by["value"]
        name = full.removeprefix(self._plan.prefix)
        column = self._resource.columns.get(name)
        label = str(column.label) if column else ""
        sheet = f"{self._sheet}: " if self._sheet else ""
        return ProblemGroup(
            **alike_by,
            label=(sheet + self._headers.get(name, label)).removesuffix(": "),
            count=len(rows),
            rows_text=rows_text(rows.tolist()),
            suggestion=self._suggestion(column, alike_by) if column else "",
            actions=self._actions(column, alike_by["code"]),
            fix=self._fixes.get((full, value)),
        )

    def _actions(self, column: Column | None, code: str) -> list[Action]:
        if column is None or column.name not in self._plan.columns or code == PARENT:
            return [Action.SKIP]
        missing = isinstance(column, ForeignKeyColumn) and code == "not_found"
        creates = missing and may_create(self._resource, column.name, self._owner)
        may_be_blank = not column.required and column.name not in self._plan.key
        return [
            Action.REPLACE,
            *([Action.BLANK] if may_be_blank and code != "required" else []),
            *([Action.CREATE] if creates else []),
            Action.SKIP,
        ]

    def _suggestion(self, column: Column, alike_by: dict[str, str]) -> str:
        value = alike_by["value"]
        if isinstance(column, ForeignKeyColumn) and alike_by["code"] == "not_found":
            found = self._lookups.suggest(column.model, column.field_name, value)
        elif isinstance(column, ChoiceColumn) and value:
            words = [
                str(word)
                for choice, label in column.choices
                for word in (label, choice)
            ]
            found = alike(value, words)
        elif isinstance(column, BooleanColumn) and value:
            found = alike(value, [*YES, *NO])
        else:
            found = None
        return found or ""
