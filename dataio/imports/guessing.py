"""Which resource a file is about, by its headers."""

from __future__ import annotations

from collections.abc import Sequence

from dataio.imports.family import children_of
from dataio.imports.matching import propose_plan
from dataio.imports.proposing import is_mixed, mixed_mappings
from dataio.readers import Peek, SheetPeek
from dataio.resources import Resource


def guess_resource(sheet: SheetPeek, resources: Sequence[Resource]) -> Resource:
    """Return the resource with most matched headers; of equals the one whose own columns are best used.

    Where a sheet holds children too, it is the parents' resource.
    Raises ValueError when there are no resources.
    """
    return max(resources, key=lambda resource: _fit(sheet, resource))


def main_sheet(peek: Peek, resources: Sequence[Resource]) -> SheetPeek:
    """Return the sheet to begin with: the first that holds something, or that of its parents."""
    first = first_sheet(peek)
    others = [one for one in peek.sheets if one.visible and one.header_row]
    if len(others) < 2:
        return first
    guessed = guess_resource(first, resources).label
    for sheet in others:
        children = children_of(guess_resource(sheet, resources))
        if any(one.resource.label == guessed for one in children):
            return sheet
    return first


def first_sheet(peek: Peek) -> SheetPeek:
    """Return the first visible sheet that holds something, else the first."""
    filled = [sheet for sheet in peek.sheets if sheet.visible and sheet.header_row]
    return (filled or peek.sheets)[0]


def _fit(sheet: SheetPeek, resource: Resource) -> tuple[int, float]:
    matched = len(propose_plan(sheet, resource).mapping)
    for child in children_of(resource):
        if sheet.header_row and is_mixed(sheet, resource, child):
            both = mixed_mappings(sheet, resource, child)
            matched = max(matched, sum(map(len, both)))
    return matched, matched / max(1, len(resource.import_columns))
