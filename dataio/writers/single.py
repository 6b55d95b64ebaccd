"""Formats that hold one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.writers.base import Outline, OutputColumn
from dataio.writers.summaries import Summary


class OneTable:
    """The part of a writer that refuses what only workbooks hold."""

    def sheet(self, name: str, columns: Sequence[OutputColumn]) -> None:
        """Raise DataioError: there is one table, and the options began it."""
        self._refuse()

    def summary(self, summary: Summary) -> None:
        """Raise DataioError: there is one table."""
        self._refuse()

    def refuse(self, outline: Outline | None) -> None:
        """Raise DataioError for rows with an outline."""
        if outline is not None:
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise DataioError(
            _(
                "This kind of file holds one plain table. Choose Excel or OpenDocument "
                "for several sheets, subtotals or a summary."
            )
        )
