"""Rows of an Excel sheet as XML, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataio.writers.cells import ExcelCells
from dataio.writers.letters import letters
from dataio.writers.markup import escaped, excel_escaped, joined
from dataio.writers.texts import Arrow

SUM = 109
"""SUBTOTAL's number of the sum that leaves out rows which are hidden."""
SUM_OF_GROUP = 9
"""SUBTOTAL's number of the sum that counts rows which are folded away."""
LEVELS = 8
TEXT = '" t="inlineStr"><is><t xml:space="preserve">'


@dataclass(frozen=True, kw_only=True, slots=True)
class XmlCells:
    """The cells of one column of a batch."""

    letter: str
    cells: ExcelCells
    style: Arrow | str
    """Number of the cell format: for all, or row by row."""
    formulas: Arrow | None = None
    """Where not null, the cell is this formula, and the number its value."""


def rows_xml(
    columns: Sequence[XmlCells],
    first: int,
    levels: Arrow | None = None,
    *,
    folded: Arrow | None = None,
) -> Arrow:
    """Return `<row>` elements as texts; `first` is the number of the first row, from 1.

    `folded`: for groups that are folded, whether a row is the one that stays for its group.
    """
    count = len(columns[0].cells.values)
    rows = pa.array(np.arange(first, first + count), pa.int64()).cast(pa.string())
    start = joined('<row r="', rows, '">')
    if levels is not None:
        texts = levels.cast(pa.string())
        shown: Arrow | str = ""
        if folded is not None:
            hidden = pc.if_else(pc.greater(levels, pa.scalar(0)), ' hidden="1"', "")
            shown = joined(hidden, pc.if_else(folded, ' collapsed="1"', ""))
        start = joined('<row r="', rows, '" outlineLevel="', texts, '"', shown, ">")
    cells = [pc.fill_null(_cell(column, rows), "") for column in columns]
    return joined(start, *cells, "</row>")


def text_row(texts: Sequence[str], styles: Sequence[str], row: int) -> str:
    """Return a `<row>` of texts, such as the header; styles by place."""
    columns = [
        XmlCells(
            letter=letters(place),
            cells=ExcelCells(values=pa.array([text or None], pa.string())),
            style=style,
        )
        for place, (text, style) in enumerate(zip(texts, styles, strict=True))
    ]
    found: str = rows_xml(columns, row)[0].as_py()
    return found


def _cell(column: XmlCells, rows: Arrow) -> Arrow:
    values, texts = column.cells.values, column.cells.texts
    if pa.types.is_string(values.type):
        return _text_cell(column, rows, values)
    if pa.types.is_boolean(values.type):
        shown = pc.if_else(values, "1", "0")
        return joined(*_start(column, rows, '" t="b"><v>'), shown, "</v></c>")
    written = values.cast(pa.string())
    number = joined(*_start(column, rows, '"><v>'), written, "</v></c>")
    if column.formulas is not None:
        value = joined("</f><v>", written, "</v></c>")
        formula = joined(*_start(column, rows, '"><f>'), column.formulas, value)
        number = pc.coalesce(formula, number)
    return (
        number
        if texts is None
        else pc.coalesce(_text_cell(column, rows, texts), number)
    )


def _text_cell(column: XmlCells, rows: Arrow, texts: Arrow) -> Arrow:
    texts = pc.if_else(
        pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts
    )
    inside = escaped(excel_escaped(texts))
    return joined(*_start(column, rows, TEXT), inside, "</t></is></c>")


def _start(column: XmlCells, rows: Arrow, rest: str) -> list[Arrow | str]:
    """Return the parts of a cell up to its value; each join of parts copies them."""
    begin, style = f'<c r="{column.letter}', column.style
    if isinstance(style, str):
        return [begin, rows, f'" s="{style}{rest}']
    return [begin, rows, '" s="', style, rest]


class Groups:
    """Finds the rows that fold under a subtotal, across batches."""

    def __init__(self, header: int) -> None:
        self._last = [header] * LEVELS
        """For each level: the last row so far of that level or a lower one."""

    def starts(self, levels: NDArray[np.int8], first: int) -> NDArray[np.int64]:
        """Return for each row the first row that folds under it.

        It is the row itself where none does. `first`: number of the first row.
        """
        rows = np.arange(first, first + len(levels), dtype=np.int64)
        found = rows.copy()
        for level in range(LEVELS):
            ends = np.concatenate([[self._last[level]], rows[levels <= level]])
            mine = levels == level
            before = np.searchsorted(ends, rows[mine]) - 1
            found[mine] = ends[before] + 1
            self._last[level] = int(ends[-1])
        return found


def subtotal_ranges(
    starts: NDArray[np.int64], first: int, strong: Arrow
) -> tuple[Arrow, Arrow]:
    """Return first and last row under each strong row as texts, null elsewhere."""
    rows = np.arange(first, first + len(starts), dtype=np.int64)
    sums = pc.and_(strong, pa.array(starts < rows))
    nothing = pa.scalar(None, pa.string())
    return (
        pc.if_else(sums, pa.array(starts).cast(pa.string()), nothing),
        pc.if_else(sums, pa.array(rows - 1).cast(pa.string()), nothing),
    )
