"""Why a record stays as it is when an import is undone, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.db import models
from django.utils.translation import gettext as _

from dataio.columns.problems import join_problems
from dataio.imports.loaders.images import ROW, Head, plain_values
from dataio.imports.loaders.result import same_problem
from dataio.resources import Resource

CHANGED, GONE, REFUSED, USED, PARENT = "changed", "gone", "refused", "used", "parent"
TAKEN, LOST, BARRED = "taken", "lost", "barred"
"""Why a removed record does not come back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A foreign key of another table to this one."""

    field: models.ForeignKey[Any, Any]

    @property
    def table(self) -> str:
        return self.field.model._meta.db_table

    @property
    def words(self) -> str:
        """The records that refer, such as "order lines"."""
        through: Any = self.field.model._meta.auto_created
        return str((through or self.field.model)._meta.verbose_name_plural)


def references(model: type[models.Model]) -> list[Reference]:
    """Return the foreign keys that point to the model, but those of its own links."""
    own = {field.remote_field.through for field in model._meta.many_to_many}
    return [
        Reference(field=field)
        for field in _foreign_keys(model)
        if not (field.model in own and _is_source(field, model))
        and not (field.remote_field.parent_link and issubclass(model, field.model))
    ]


def told(
    image: pa.Table, places: list[int], code: str, resource: Resource, words: str = ""
) -> pd.DataFrame:
    """Return one line for each record (by its place in the image) that is left."""
    part = image.take(pa.array(places, pa.int64()))
    rows = pd.Index(part.column(ROW).to_numpy(), dtype="int64")
    cells = pd.Series(_names(part, resource), index=rows, dtype=object)
    return same_problem(cells, "", code, sentence(code, resource.verbose_name, words))


def all_told(
    image: pa.Table, left: list[tuple[int, str, str]], resource: Resource
) -> pd.DataFrame:
    """Return one line for each (place, code, words)."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, code, words in left:
        groups.setdefault((code, words), []).append(place)
    return join_problems(
        told(image, places, code, resource, words)
        for (code, words), places in groups.items()
    )


def sentence(code: str, thing: str, words: str) -> str:
    """Return why a record is left.

    `words`: what refers to it, what it referred to, or what others have the same now.
    """
    sentences = {
        CHANGED: _("This %(thing)s was changed after the import. It stays as it is."),
        GONE: _("This %(thing)s was removed after the import."),
        USED: _("Some %(words)s refer to this %(thing)s now. It stays as it is."),
        PARENT: _(
            "The %(words)s that this %(thing)s had before the import is not there any"
            " more. It stays as it is."
        ),
        REFUSED: _(
            "The database does not take the values back that this %(thing)s had before"
            " the import, or does not let it go. It stays as it is."
        ),
        TAKEN: _(
            "This %(thing)s was removed and cannot come back: another one has the same"
            " %(words)s now."
        ),
        LOST: _(
            "This %(thing)s was removed and cannot come back: its %(words)s is not there"
            " any more."
        ),
        BARRED: _(
            "This %(thing)s was removed, and the database does not take it back."
        ),
    }
    return sentences[code] % {"thing": thing, "words": words}


def _names(part: pa.Table, resource: Resource) -> Any:
    """Return what people know the records by, as texts."""
    meta = resource.model._meta
    fields: list[Any] = [meta.get_field(name) for name in Head.of(part).key]
    columns = [
        plain_values(part.column(f"new.{field.column}"))
        for field in fields
        if f"new.{field.column}" in part.column_names
    ] or [[""] * len(part)]
    names = np.empty(len(part), dtype=object)
    names[:] = [" / ".join(map(str, values)) for values in zip(*columns, strict=True)]
    return names


def _foreign_keys(
    model: type[models.Model],
) -> Iterator[models.ForeignKey[Any, Any]]:
    for relation in model._meta.get_fields(include_hidden=True):
        field: Any = getattr(relation, "field", None)
        backward = relation.auto_created and not relation.concrete
        plain = backward and not relation.many_to_many
        if plain and isinstance(field, models.ForeignKey):
            yield field


def _is_source(field: models.ForeignKey[Any, Any], model: type[models.Model]) -> bool:
    return any(
        many.remote_field.through is field.model and many.m2m_field_name() == field.name
        for many in model._meta.many_to_many
    )
