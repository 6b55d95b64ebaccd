"""What every writer has in common: it takes frames and leaves a whole file or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self
from zoneinfo import ZoneInfo

import pandas as pd


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputColumn:
    """One column of a file that is written."""

    name: str
    """Name in the frames."""
    header: str
    kind: str
    """A column kind (`Column.kind`): decides number format and width."""


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

    def write(self, frame: pd.DataFrame) -> None:
        """Append a frame; its columns are the output columns' names, Arrow dtypes."""

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

    columns: Sequence[OutputColumn]
    sheet_name: str = "Sheet1"
    """Made legal; further sheets of a long table are "Name 2", "Name 3"."""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Datetimes with a zone are written in the local time of this one."""
    sheet_rows: int = 1_048_575
    """Data rows on one sheet at most: Excel's own limit, less the header."""
    delimiter: str = ","
    byte_order_mark: bool = True
    """Begin a text file with the mark that tells Excel that it is UTF-8."""
    hidden: Sequence[OutputColumn] = ()
    """Columns to the right that nobody sees; in workbooks only."""
    hidden_sheet: tuple[str, Sequence[str]] | None = None
    """Name and cells (one column) of a sheet that nobody sees; in workbooks only."""
    progress: WriteProgress = field(default_factory=WriteProgress)
