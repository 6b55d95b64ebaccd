"""Kin: what is special about checking rows that have parents or children in the same file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from dataio.columns import CellFormat, Column, ParseContext
from dataio.imports.check import Checked
from dataio.imports.parents import name_texts
from dataio.imports.plan import ImportPlan

PARENT = "parent"
"""Code of the problem of children whose parent has one."""


class Alone:
    """Rows that have no kin in the file."""

    awaits: Sequence[str] = ()
    """See `dataio.imports.check.check_cells`."""
    wants_objects: bool = False
    """Whether all raw cells must be objects, see `dataio.readers.as_objects`."""

    def given(self, cells: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
        """Return the cells of rows that were just read from `raw`."""
        return cells

    def again(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the cells of rows that are checked once more."""
        return cells

    def checked(self, checked: Checked) -> Checked:
        """Return the check with the rules about kin."""
        return checked

    def settled(self, rows: pd.Index, checked: Checked) -> None:
        """Take note of what became of `rows` in the end."""


def names_in(
    cells: pd.DataFrame, column: Column, plan: ImportPlan, context: ParseContext
) -> pd.Series:
    """Return the values that a column reads as texts; None where it reads none."""
    cell_format = plan.formats.get(column.name, CellFormat())
    context = replace(context, cell_format=cell_format)
    return name_texts(column.parse(cells[column.name], context).values)
