"""Which resource a file is about, by its headers."""

from __future__ import annotations

from collections.abc import Sequence

from dataio.imports.matching import propose_plan
from dataio.readers import Peek, SheetPeek
from dataio.resources import Resource


def guess_resource(peek: Peek, resources: Sequence[Resource]) -> Resource:
    """Return the resource with most matched headers; of equals the one whose own columns are best used.

    Raises ValueError when there are no resources.
    """
    sheet = first_sheet(peek)
    return max(resources, key=lambda resource: _fit(sheet, resource))


def first_sheet(peek: Peek) -> SheetPeek:
    """Return the first visible sheet that holds something, else the first."""
    filled = [sheet for sheet in peek.sheets if sheet.visible and sheet.header_row]
    return (filled or peek.sheets)[0]


def _fit(sheet: SheetPeek, resource: Resource) -> tuple[int, float]:
    matched = len(propose_plan(sheet, resource).mapping)
    return matched, matched / max(1, len(resource.import_columns))
