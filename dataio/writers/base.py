"""What every writer has in common: it takes frames and leaves a whole file or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

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

    rows: int
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
class WriteOptions:
    """Choices for the whole file."""

    columns: Sequence[OutputColumn]
    sheet_name: str = "Sheet1"
