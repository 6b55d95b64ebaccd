"""Problems of one import as pages show them: alike ones together, columns by the file's own names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from dataio.errors import UnknownResource
from dataio.imports.family import sheet_of
from dataio.imports.plan import ImportPlan
from dataio.models import Job, Problem
from dataio.resources import registry
from dataio.web.cells import Cell, cell_of

GROUPS = 100
ROWS_NAMED = 5
# Spreadsheets take a text that starts like this for a formula.
FORMULA_SIGNS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One value of one column that is wrong in the same way, however often."""

    column: str
    code: str
    value: str
    message: str
    count: int
    rows: list[int]
    """The first rows, as Excel shows them."""

    @property
    def cell(self) -> Cell:
        """The value with its stray spaces marked."""
        return cell_of(self.value)

    @property
    def more(self) -> int:
        """How many rows are not named."""
        return self.count - len(self.rows)


def column_names(job: Job, *, with_sheets: bool = True) -> dict[str, str]:
    """Return what each column is called: as in the file, else by its label.

    `with_sheets`: after the name of its sheet, where a file has several.
    """
    if not job.plan.get("resource"):
        return {}
    plan = ImportPlan.from_data(job.plan)
    names: dict[str, str] = {}
    for part in plan.all_parts:
        try:
            columns = registry.get(part.resource).columns
        except UnknownResource:
            columns = {}
        own = {name: str(column.label) for name, column in columns.items()}
        own |= {name: header for header, name in part.mapping.items()}
        sheet = sheet_of(plan, part) if with_sheets else ""
        start = f"{sheet}: " if sheet else ""
        names |= {part.prefix + name: start + text for name, text in own.items()}
        if part.prefix:
            names[part.prefix] = sheet
    return names


def groups_of(job: Job, limit: int = GROUPS) -> list[Group]:
    """Return the most frequent problems, alike ones together."""
    if not job.problem_count:
        return []
    names = column_names(job)
    alike = ("column", "code", "value", "message")
    found = (
        job.problems.order_by()
        .values(*alike)
        .annotate(count=Count("id"), first=Min("row"))
        .order_by("-count", "first")[:limit]
    )
    return [
        Group(
            column=names.get(one["column"], one["column"]),
            code=one["code"],
            value=one["value"],
            message=one["message"],
            count=one["count"],
            rows=_first_rows(job, {name: one[name] for name in alike}, one),
        )
        for one in found
    ]


def narrowed(job: Job, column: str, text: str) -> QuerySet[Problem]:
    """Return the problems of one column, and those that hold the text."""
    found: QuerySet[Problem] = job.problems.all()
    if column:
        found = found.filter(column=column)
    if text.isdigit():
        return found.filter(row=int(text)) | found.filter(value__icontains=text)
    return found.filter(value__icontains=text) if text else found


def as_csv(job: Job) -> Iterator[str]:
    """Yield all kept problems as lines of CSV, with the mark that Excel needs to read UTF-8."""
    names = column_names(job)
    yield "\ufeff" + _line([_("Row"), _("Column"), _("Value"), _("Problem")])
    for one in job.problems.iterator(chunk_size=1000):
        column = names.get(one.column, one.column)
        yield _line([str(one.row), harmless(column), harmless(one.value), one.message])


def _first_rows(job: Job, alike: dict[str, str], one: dict[str, int]) -> list[int]:
    if one["count"] == 1:
        return [one["first"]]
    rows = job.problems.filter(**alike).order_by("row").values_list("row", flat=True)
    return list(rows[:ROWS_NAMED])


def harmless(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_SIGNS) else value


def _line(cells: list[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
