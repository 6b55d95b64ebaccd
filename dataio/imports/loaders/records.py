"""Records of the ORM: clean values as Python values, and what a record relates to."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from dataio.imports.loaders.values import Field


def related_keys(record: models.Model, name: str) -> list[Any]:
    """Return the primary keys of the records a many-to-many field holds."""
    return list(getattr(record, name).values_list("pk", flat=True))


def python_value(field: Field, value: object) -> Any:
    """Return a clean value as the field's own Python value."""
    if isinstance(field, models.JSONField):
        return json.loads(value, cls=field.decoder) if isinstance(value, str) else value
    if isinstance(field, models.DateTimeField) and value is not None:
        return _moment(value)
    return field.to_python(value)


def _moment(value: Any) -> Any:
    if settings.USE_TZ:
        return (
            value
            if value.tzinfo
            else value.replace(tzinfo=timezone.get_default_timezone())
        )
    return timezone.make_naive(value) if value.tzinfo else value
