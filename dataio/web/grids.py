"""Rows of the one grid: differences and problems, as its template and its script take them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dataio.errors import UnknownResource
from dataio.imports.plan import ImportPlan
from dataio.models import Job
from dataio.resources import registry
from dataio.web.cells import Cell, cell_of
from dataio.web.problems import column_names

if TYPE_CHECKING:
    from dataio.jobs.correcting import RejectedRow
    from dataio.jobs.review import ChangeRow

ROWS = 100
"""Rows of one page: what the server renders at first, and what the script fetches at a time."""
NUMBERS = {"integer", "decimal", "float"}
LINE_BREAK = "↵"


@dataclass(frozen=True, kw_only=True, slots=True)
class GridColumn:
    name: str
    label: str
    is_number: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GridCell:
    """One cell: what is shown, and what the person may know or do about it."""

    column: GridColumn
    value: str
    """The whole text, as it is copied and edited."""
    old: str | None = None
    """What the database holds, when that is something else."""
    problem: str = ""
    is_new: bool = False
    """The value of a record that will be created."""

    @property
    def shown(self) -> Cell:
        return _on_one_line(self.value)

    @property
    def shown_old(self) -> Cell:
        return _on_one_line(self.old or "")

    @property
    def differs(self) -> bool:
        """Whether the text on the page is not the whole truth."""
        return self.value != self.value.strip() or "\n" in self.value


@dataclass(frozen=True, kw_only=True, slots=True)
class GridRow:
    row: int
    """As Excel shows it."""
    cells: list[GridCell]
    kind: str = ""
    """create, update, unchanged or conflict; "" where rows are listed for their problems."""
    message: str = ""
    """Why a conflict is one."""

    @property
    def kind_words(self) -> str:
        return _("Conflict") if self.kind == "conflict" else kind_words()[self.kind]


class GridColumns:
    """The columns of one job's grids, called as in the person's file."""

    def __init__(self, job: Job, names: list[str]) -> None:
        self.job = job
        self.names = names

    @cached_property
    def all(self) -> list[GridColumn]:
        labels = column_names(self.job, with_sheets=False)
        numbers = self._numbers()
        return [
            GridColumn(
                name=name, label=labels.get(name, name), is_number=name in numbers
            )
            for name in self.names
        ]

    def changed(self, row: ChangeRow) -> GridRow:
        """Return one row of the difference."""
        cells = []
        for column in self.all:
            cell = row.cells.get(column.name)
            old = _text(cell.old) if cell and cell.changed else None
            new = _text(cell.new) if cell else ""
            fresh = row.kind == "create" and bool(new)
            cells.append(GridCell(column=column, value=new, old=old, is_new=fresh))
        return GridRow(row=row.row, kind=row.kind, cells=cells, message=row.message)

    def rejected(self, row: RejectedRow) -> GridRow:
        """Return one row with problems."""
        cells = [
            GridCell(
                column=column,
                value=_text(row.cells.get(column.name)),
                problem=row.problems.get(column.name, ""),
            )
            for column in self.all
        ]
        return GridRow(row=row.row, cells=cells)

    def _numbers(self) -> set[str]:
        try:
            return {
                part.prefix + name
                for part in ImportPlan.from_data(self.job.plan).all_parts
                for name, one in registry.get(part.resource).columns.items()
                if one.kind in NUMBERS
            }
        except UnknownResource:
            return set()


def kind_words() -> dict[str, str]:
    """Return what a row would do, in a word."""
    return {
        "create": _("New"),
        "update": _("Changed"),
        "unchanged": _("Same"),
        "problem": _("Problems"),
        "conflict": _("Conflicts"),
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _on_one_line(text: str) -> Cell:
    return cell_of(text.replace("\r\n", "\n").replace("\n", LINE_BREAK))
