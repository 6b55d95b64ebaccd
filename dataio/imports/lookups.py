"""DatabaseLookups: related records by value, asked for once per chunk and remembered per job."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connections, models, router
from django.db.models.functions import Lower
from rapidfuzz import fuzz, process, utils

Found = dict[Hashable, list[Any]]
Place = tuple[type[Any], str]

MOST_REMEMBERED = 100_000
"""Values kept per field; above it the memory of that field starts anew."""
MOST_CHOICES = 5_000
"""Existing values that a suggestion is chosen from."""
MOST_PARAMETERS = 10_000
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
        self, model: type[Any], field_name: str, values: Sequence[Hashable]
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

    def suggest(self, model: type[Any], field_name: str, value: Hashable) -> str | None:
        """Return the existing value most like a value that was not found, if one is."""
        place = (model, field_name)
        if place not in self._choices:
            texts = _records(model).values_list(field_name, flat=True).order_by("pk")
            self._choices[place] = [str(text) for text in texts[:MOST_CHOICES] if text]
        best = process.extractOne(
            str(value),
            self._choices[place],
            scorer=fuzz.ratio,
            processor=utils.default_process,
            score_cutoff=LIKE_ENOUGH,
        )
        return best[0] if best else None


def _find(model: type[Any], field_name: str, values: list[Hashable]) -> Found:
    field: Any = (
        model._meta.pk if field_name == "pk" else model._meta.get_field(field_name)
    )
    asked = {value: _python(field, value) for value in values}
    stored = _query(
        model, field.name, [one for one in asked.values() if one is not None]
    )
    found = {value: stored.get(one, []) for value, one in asked.items()}
    if isinstance(field, models.CharField | models.TextField):
        missed = [value for value, keys in found.items() if not keys]
        found |= _find_without_case(model, field.name, missed)
    return found


def _find_without_case(
    model: type[Any], field_name: str, values: list[Hashable]
) -> Found:
    lowered = {value: str(value).lower() for value in values}
    stored = _query(
        model, field_name, list(dict.fromkeys(lowered.values())), lower=True
    )
    return {value: stored.get(text, []) for value, text in lowered.items()}


def _query(
    model: type[Any], field_name: str, values: Sequence[Any], *, lower: bool = False
) -> Found:
    records, name = _records(model), field_name
    if lower:
        name = "dataio_lower"
        records = records.annotate(dataio_lower=Lower(field_name))
    found: Found = {}
    for part in _parts(values, records.db):
        pairs: Iterable[tuple[Any, Any]] = records.filter(**{f"{name}__in": part})
        for value, key in pairs.values_list(name, "pk").order_by("pk"):  # type: ignore[attr-defined]
            found.setdefault(value, []).append(key)
    return found


def _parts(values: Sequence[Any], using: str) -> Iterator[Sequence[Any]]:
    """Cut values into parts below the database's limit of parameters."""
    size = min(
        connections[using].features.max_query_params or MOST_PARAMETERS, MOST_PARAMETERS
    )
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _records(model: type[Any]) -> models.QuerySet[Any]:
    records: models.QuerySet[Any] = model._default_manager.using(
        router.db_for_read(model)
    )
    return records


def _python(field: Any, value: Hashable) -> Any:
    """Return a value as the field's own type; None when it can never be one."""
    try:
        return field.to_python(value)
    except ValidationError:
        return None
