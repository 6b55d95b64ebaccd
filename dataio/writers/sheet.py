"""One table on its way into a workbook: spooled as it comes, read back when the file is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from dataio.writers.base import Outline, OutputColumn
from dataio.writers.cells import number_format
from dataio.writers.frames import arrow_cells, unique_headers
from dataio.writers.sheets import column_width
from dataio.writers.spool import Spool
from dataio.writers.texts import Arrow

LEVEL, STRONG = "level", "strong"


class Sheet:
    """The columns of one table, and its rows on disk. One type per column: the first."""

    def __init__(
        self,
        name: str,
        columns: Sequence[OutputColumn],
        spool: Path,
        *,
        hidden: int = 0,
    ) -> None:
        self.name = name
        self.columns = columns
        self.hidden = hidden
        """How many of the last columns nobody sees."""
        self.headers = unique_headers([column.header for column in columns])
        self.kinds: list[pa.DataType] = []
        self.widths: list[int] = []
        self.deepest = 0
        """The deepest level of its outline."""
        self.outline: Outline | None = None
        """The last one that was given."""
        self.spool = Spool(spool)

    @property
    def formats(self) -> list[str]:
        """Excel number formats, column by column."""
        return [number_format(kind) for kind in self.kinds]

    @property
    def links(self) -> list[int]:
        """Places of the columns that hold addresses."""
        return [
            place
            for place, (column, kind) in enumerate(
                zip(self.columns, self.kinds, strict=True)
            )
            if column.kind == "url" and pa.types.is_string(kind)
        ]

    @property
    def numbers(self) -> list[int]:
        """Places of the columns of numbers."""
        return [place for place, kind in enumerate(self.kinds) if is_number(kind)]

    @property
    def summed(self) -> list[int]:
        """Places of the columns that a totals row adds up."""
        return [place for place in self.numbers if self.columns[place].summed]

    def sums_groups(self, place: int) -> bool:
        """Return whether the bold cells of a column are the sums of their groups."""
        wanted = self.outline.summed if self.outline is not None else ()
        return place in self.numbers and self.columns[place].name in wanted

    def write(self, frame: pd.DataFrame, outline: Outline | None) -> None:
        """Append a frame."""
        found = [arrow_cells(frame[column.name]) for column in self.columns]
        if not self.kinds:
            self._begin(found)
        pairs = zip(found, self.kinds, strict=True)
        arrays: dict[str, Arrow] = {
            str(place): cells.cast(kind) for place, (cells, kind) in enumerate(pairs)
        }
        if outline is not None:
            arrays[LEVEL] = pa.array(outline.levels, pa.int8())
            arrays[STRONG] = pa.array(outline.strong, pa.bool_())
            self.outline = outline
            self.deepest = max(self.deepest, *outline.levels, 0)
        self.spool.write(pa.RecordBatch.from_pydict(arrays))

    def finish(self) -> None:
        """End the writing of rows."""
        self.spool.finish()
        if not self.kinds:
            types = [one.arrow_type or pa.string() for one in self.columns]
            self._begin([pa.array([], kind) for kind in types])

    def _begin(self, found: Sequence[Arrow]) -> None:
        self.kinds = [cells.type for cells in found]
        self.widths = [
            column_width(header, cells, shown)
            for header, cells, shown in zip(
                self.headers, found, self.formats, strict=True
            )
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The rows of a table that fit on one sheet of the file."""

    name: str
    """Legal, and unlike those of the other pages."""
    sheet: Sheet
    first: int
    """Row of the table, counted from 0."""
    last: int
    """The row after the last one."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.last - self.first

    @property
    def label_place(self) -> int | None:
        """Column with the label of the totals: the first without a sum."""
        free = set(range(len(self.sheet.headers))) - set(self.sheet.summed)
        return min(free, default=None)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows; columns are named "0", "1", …, and LEVEL, STRONG in an outline."""
        return self.sheet.spool.batches(self.first, self.last)


def is_number(kind: pa.DataType) -> bool:
    """Return whether cells of this type can be added up."""
    types = pa.types
    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    )
