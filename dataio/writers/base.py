"""What every writer has in common: it takes frames and leaves a whole file or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from dataio.writers.summaries import Summary


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputColumn:
    """One column of a file that is written."""

    name: str
    """Name in the frames."""
    header: str
    kind: str
    """A column kind (`Column.kind`): "url" becomes links in workbooks."""
    arrow_type: pa.DataType | None = None
    """Type of its cells; it counts in a file without rows only."""
    summed: bool = True
    """Add its numbers up where a totals row is asked for; no sum of record numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """Groups of rows that fold; the row that sums a group up stands below it."""

    levels: Sequence[int]
    """For each row of the frame 0 to 7. A row folds away under the next lower level."""
    strong: Sequence[bool]
    """For each row of the frame: bold, as subtotals are."""
    summed: Collection[str] = ()
    """Names of columns whose numbers in bold rows are sums of the rows that fold under
    them: a workbook then holds a formula and shows the frame's value."""
    folded: bool = False
    """All groups are folded when the workbook is opened; the last frame of a sheet decides."""


class Writer(Protocol):
    """Writes frames to one file; used as a context manager.

    The file is written under another name in the same folder and renamed on a clean exit;
    on an error nothing is left behind.
    """

    notes: list[str]
    """Sentences about values the format could not hold; complete after a clean exit."""

    @property
    def rows(self) -> int:
        """Data rows written so far."""

    def write(self, frame: pd.DataFrame, outline: Outline | None = None) -> None:
        """Append a frame; its columns are the output columns' names, Arrow dtypes.

        `outline`: only where the format has layouts (`OutputFormat.layouts`).
        """

    def sheet(self, name: str, columns: Sequence[OutputColumn]) -> None:
        """Begin the next sheet: the frames that follow go there.

        The name is made legal and unique. A sheet that was left is not begun again.
        Raises DataioError where the format holds one table only (`OutputFormat.layouts`).
        """

    def summary(self, summary: Summary) -> None:
        """Add a sheet with a small table, and its chart where the format has charts.

        The frames that follow still go to the sheet begun last. Raises like `sheet`.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteProgress:
    """Who is told while a file is finished. Either may raise to stop: then no file is left."""

    writing: Callable[[int], None] = lambda rows: None
    """Called with a number of rows each time so many more went into the file."""
    packing: Callable[[], None] = lambda: None
    """Called when all rows are in and the file is about to be packed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteOptions:
    """Choices for the whole file."""

    columns: Sequence[OutputColumn] = ()
    """Of the first sheet. None: the first sheet begins with `Writer.sheet`."""
    sheet_name: str = "Sheet1"
    """Made legal; further sheets of a long table are "Name 2", "Name 3"."""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Datetimes with a zone are written in the local time of this one."""
    sheet_rows: int = 1_048_575
    """Data rows on one sheet at most: Excel's own limit, less the header."""
    delimiter: str = ","
    byte_order_mark: bool = True
    """Begin a text file with the mark that tells Excel that it is UTF-8."""
    guard_formulas: bool = True
    """Put an apostrophe before texts that a spreadsheet would run; in CSV only."""
    table: bool = False
    """Make each sheet an Excel table (banded, named) instead of a range with a filter."""
    totals: bool = False
    """End each sheet with a row of sums; in workbooks only."""
    hidden: Sequence[OutputColumn] = ()
    """Columns of the first sheet, to the right that nobody sees; in workbooks only."""
    hidden_sheet: tuple[str, Sequence[str]] | None = None
    """Name and cells (one column) of a sheet that nobody sees; in workbooks only."""
    progress: WriteProgress = field(default_factory=WriteProgress)
