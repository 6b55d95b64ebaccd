"""What a workbook that dataio made says of itself, on a hidden sheet, so that it is recognised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Self

from dataio.columns import Column
from dataio.readers.base import OWN_SHEET, Peek

SHEET = OWN_SHEET
"""Excel and LibreOffice keep it, hidden, through every edit of the others."""
TEMPLATE, EXPORT = "template", "export"
ID_HEADER, CHECK_HEADER = "dataio id", "dataio check"
"""Hidden columns of an export that is to be edited: the record, and what it was."""
CELL = 30_000
"""Characters in one cell, below Excel's limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Which resource a workbook is about, and what its columns are."""

    kind: str
    """TEMPLATE or EXPORT."""
    resource: str
    """Label of the resource."""
    version: str
    """Of the resource's columns when the workbook was made, see `version_of`."""
    columns: dict[str, str] = field(default_factory=dict)
    """Header text -> column name, "" for what is only shown."""
    key: tuple[str, ...] = ()
    """The columns by which the rows of an export are found again."""
    made_at: str = ""
    """ISO time."""

    def cells(self) -> list[str]:
        """Return the cells of the hidden sheet's only column, from the first row down."""
        text = json.dumps(asdict(self), ensure_ascii=False)
        parts = [text[start : start + CELL] for start in range(0, len(text), CELL)]
        return [SHEET, *parts]

    @classmethod
    def from_cells(cls, cells: Iterable[object]) -> Self | None:
        """Return what `cells` gave, None when it is something else."""
        head, *parts = [str(cell) for cell in cells if cell is not None] or [""]
        if head != SHEET:
            return None
        try:
            data = json.loads("".join(parts))
            return cls(**data | {"key": tuple(data["key"])})
        except (ValueError, TypeError, KeyError):
            return None


def identity_in(peek: Peek) -> Identity | None:
    """Return what a workbook says of itself, None when dataio did not make it."""
    for sheet in peek.sheets:
        if sheet.name == SHEET:
            return Identity.from_cells(row[0] for row in sheet.rows if row)
    return None


def version_of(columns: Iterable[Column]) -> str:
    """Return a short text that is another one when the columns are others."""
    facts = [(one.name, one.kind, one.required) for one in columns]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
