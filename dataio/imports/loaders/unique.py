"""What the database keeps unique in the table of a model."""

from __future__ import annotations

from typing import Any

from django.db import models


def unique_groups(meta: Any, *, deferrable: bool = False) -> list[tuple[str, ...]]:
    """Return the fields of each unique index over all rows, by their names.

    `deferrable`: also of those that may hold only when the transaction ends.
    """
    groups: list[tuple[str, ...]] = [
        (field.name,) for field in meta.concrete_fields if field.unique
    ]
    groups += [tuple(group) for group in meta.unique_together]
    return groups + [
        tuple(rule.fields)
        for rule in meta.constraints
        if isinstance(rule, models.UniqueConstraint)
        and rule.fields
        and rule.condition is None
        and (deferrable or rule.deferrable is None)
    ]
