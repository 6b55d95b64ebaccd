"""How carefully a file is read: at once by those who may die of it, in samples by others."""

from __future__ import annotations

from dataclasses import dataclass

from dataio.readers.base import LONGEST_HEADER_CELL


@dataclass(frozen=True, kw_only=True, slots=True)
class Care:
    """How carefully a workbook is read."""

    apart: bool = False
    """In a process of its own, which costs a tenth of a second and a tenth of the speed."""
    longest: int | None = None
    """Characters at which texts are cut."""


HERE = Care()
APART = Care(apart=True)
SAMPLE = Care(apart=True, longest=LONGEST_HEADER_CELL)
"""For the web server: whatever is in the workbook, little of it gets here."""
