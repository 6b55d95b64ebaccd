"""What the writers of files with one table have in common: each frame is written at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

import pandas as pd
from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.writers.atomic import atomic_target
from dataio.writers.base import Outline, OutputColumn, WriteOptions
from dataio.writers.frames import arrow_cells
from dataio.writers.summaries import Summary
from dataio.writers.texts import Arrow


class OneTableWriter:
    """Takes the frames of one table; a subclass says how they are written."""

    def __init__(self, path: Path, options: WriteOptions) -> None:
        self.rows = 0
        self.notes: list[str] = []
        self.options = options
        self._path = path
        self.stack = ExitStack()
        """What is closed at the end, the last first; the file is the first."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # what is open is closed when a later step fails
            target = stack.enter_context(atomic_target(self._path))
            self.begin(stack.enter_context(target.open("wb")))
            self.stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            with self.stack:
                self.options.progress.packing()
                self.end()
        else:
            self.stack.__exit__(kind, error, traceback)

    def write(self, frame: pd.DataFrame, outline: Outline | None = None) -> None:
        """Append a frame; its columns are the output columns' names, Arrow dtypes.

        Raises DataioError for an outline.
        """
        if outline is not None:
            self._refuse()
        self.append([arrow_cells(frame[one.name]) for one in self.options.columns])
        self.rows += len(frame)
        self.options.progress.writing(len(frame))

    def begin(self, file: IO[bytes]) -> None:
        """Begin to write to a file. Overridden."""
        raise NotImplementedError

    def append(self, cells: list[Arrow]) -> None:
        """Write rows, given column by column. Overridden."""
        raise NotImplementedError

    def end(self) -> None:
        """Write what stands after the last row. Overridden where there is such a thing."""

    def sheet(self, name: str, columns: Sequence[OutputColumn]) -> None:
        """Raise DataioError: there is one table, and the options began it."""
        self._refuse()

    def summary(self, summary: Summary) -> None:
        """Raise DataioError: there is one table."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise DataioError(
            _(
                "This kind of file holds one plain table. Choose Excel or OpenDocument "
                "for several sheets, subtotals or a summary."
            )
        )
