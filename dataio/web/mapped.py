"""What the mapping page shows of a file: its first rows, its columns, what they may become."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dataio.columns import CellFormat, Column
from dataio.web.cells import Cell

SAME_NAME = 0.9
DATE_KINDS = {"date", "datetime"}
NUMBER_KINDS = {"decimal", "float"}


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewRow:
    number: int
    cells: list[Cell]
    place: str
    """"above", "header" or "" (data)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One column of the file, and what it becomes."""

    position: int
    text: str
    letters: str
    samples: list[Cell]
    column: str
    certainty: float
    """0 to 1, see `dataio.imports.matching.Match`."""
    reason: str
    formats: CellFormat

    @property
    def is_certain(self) -> bool:
        return self.certainty >= SAME_NAME

    @property
    def sure_words(self) -> str:
        return _("Certain") if self.is_certain else _("Likely")


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One column of the resource in the list of what a header may become."""

    column: Column

    @property
    def needs(self) -> str:
        """The format that a text of this type may need to be told."""
        if self.column.kind in DATE_KINDS:
            return "date"
        return "number" if self.column.kind in NUMBER_KINDS else ""
