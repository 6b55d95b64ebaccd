"""DatabaseLookups: related records by value, asked for once per chunk and remembered per job."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from django.db import connections, models, router
from rapidfuzz import fuzz, process, utils

from dataio.columns.related_key import (
    KeyFields,
    as_stored,
    called,
    key_text,
    key_value,
)

Found = dict[Hashable, list[Any]]
Place = tuple[type[Any], KeyFields]

MOST_REMEMBERED = 100_000
"""Values kept per field; above it the memory of that field starts anew."""
MOST_CHOICES = 5_000
"""Existing values that a suggestion is chosen from."""
MOST_PARAMETERS = 10_000
SPARE = 100
LIKE_ENOUGH = 70
"""Least likeness of a suggestion, in percent."""


class DatabaseLookups:
    """Finds related records by the value of a field; see `dataio.columns.base.Lookups`.

    Lives as long as one job works: it remembers what it found, and what it did not find.
    """

    def __init__(self) -> None:
        self._remembered: dict[Place, Found] = {}
        self._choices: dict[Place, list[str]] = {}

    def find(
        self, model: type[Any], field_name: KeyFields, values: Sequence[Hashable]
    ) -> Found:
        """Return for each value the primary keys of the records that have it.

        Texts that no record has exactly are compared once more without regard to case.
        """
        known = self._remembered.setdefault((model, field_name), {})
        unknown = [value for value in dict.fromkeys(values) if value not in known]
        if unknown:
            answer = {value: known[value] for value in values if value in known}
            if len(known) + len(unknown) > MOST_REMEMBERED:
                known.clear()
            fresh = _find(model, field_name, unknown)
            known.update(fresh)
            return answer | fresh
        return {value: known[value] for value in values}

    def suggest(
        self, model: type[Any], field_name: KeyFields, value: Hashable
    ) -> str | None:
        """Return the existing value most like a value that was not found, if one is."""
        place = (model, field_name)
        if place not in self._choices:
            named = key_value(field_name)
            texts = _records(model).values_list(named, flat=True).order_by("pk")
            self._choices[place] = [str(text) for text in texts[:MOST_CHOICES] if text]
        best = process.extractOne(
            str(value),
            self._choices[place],
            scorer=fuzz.ratio,
            processor=utils.default_process,
            score_cutoff=LIKE_ENOUGH,
        )
        return best[0] if best else None


def _find(model: type[Any], named: KeyFields, values: list[Hashable]) -> Found:
    asked, is_text = _asked(model, named, values)
    stored = _query(model, named, [one for one in asked.values() if one is not None])
    found = {value: stored.get(one, []) for value, one in asked.items()}
    if is_text:
        missed = {value: asked[value] for value, keys in found.items() if not keys}
        found |= _find_without_case(model, named, missed)
    return found


def _asked(
    model: type[Any], named: KeyFields, values: list[Hashable]
) -> tuple[dict[Hashable, Any], bool]:
    """Return what to ask for, None for what can never be there; and whether it is text."""
    if not isinstance(named, str):
        return {value: key_text(str(value)) for value in values}, True
    field: Any = model._meta.pk if named == "pk" else model._meta.get_field(named)
    asked = {value: as_stored(field, value) for value in values}
    return asked, isinstance(field, models.CharField | models.TextField)


def _find_without_case(
    model: type[Any], named: KeyFields, asked: dict[Hashable, Any]
) -> Found:
    lowered = {value: str(text).lower() for value, text in asked.items()}
    stored = _query(model, named, list(dict.fromkeys(lowered.values())), folded=True)
    return {value: stored.get(text, []) for value, text in lowered.items()}


def _query(
    model: type[Any], named: KeyFields, values: Sequence[Any], *, folded: bool = False
) -> Found:
    records = _records(model)
    found: Found = {}
    for part in _parts(values, records.db, named):
        pairs: Iterable[tuple[Any, Any]] = (
            called(records, named, part, folded=folded)
            .order_by("pk")
            .values_list("dataio_key", "pk")
        )
        for value, key in pairs:
            found.setdefault(value, []).append(key)
    return found


def _parts(
    values: Sequence[Any], using: str, named: KeyFields
) -> Iterator[Sequence[Any]]:
    """Cut values into parts below the database's limit of parameters."""
    limit = connections[using].features.max_query_params or MOST_PARAMETERS
    size = min(limit, MOST_PARAMETERS)
    if not isinstance(named, str):
        # Each text and how it begins; and a few for what joins the fields.
        size = size // 2 - SPARE
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _records(model: type[Any]) -> models.QuerySet[Any]:
    records: models.QuerySet[Any] = model._default_manager.using(
        router.db_for_read(model)
    )
    return records
