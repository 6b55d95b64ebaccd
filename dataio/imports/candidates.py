"""Candidates: what a header may mean."""

from __future__ import annotations

from dataclasses import dataclass

from dataio.columns import Column, ForeignKeyColumn
from dataio.columns.related_key import key_words
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """What a header may mean."""

    column: Column
    longer: list[str]
    """Names that also say of what it is a column."""


def candidates(resource: Resource, prefix: str = "") -> dict[str, Candidate]:
    """Return what headers may mean: the columns that a file may fill, by (prefixed) name."""
    thing = resource.verbose_name
    return {
        prefix + name: Candidate(column=column, longer=_longer(column, thing))
        for name, column in resource.import_columns.items()
    }


def _longer(column: Column, thing: str) -> list[str]:
    """Return longer names of a column, such as "order number" for the number of an order."""
    names = [f"{thing} {column.label}"]
    if isinstance(column, ForeignKeyColumn):
        words = key_words(column.model, column.field_name)
        names.append(f"{column.label} {words}")
    return names
