"""What an example row holds: cells that the import reads without a problem."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from dataio.columns import BooleanColumn, ChoiceColumn, Column
from dataio.columns.related_key import key_paths, key_value
from dataio.columns.relation import RelationColumn

Cell = str | float | int | bool | dt.date | dt.time | dt.timedelta | None


def example_cell(column: Column) -> Cell:
    """Return an example as a workbook's cell holds it.

    Related records are ones that are there, as far as there are any.
    """
    if isinstance(column, BooleanColumn):
        return "yes"
    if isinstance(column, ChoiceColumn):
        return str(column.choices[0][1]) if column.choices else None
    if isinstance(column, RelationColumn):
        found = _first_name(column)
        blank = found is None and not column.required
        return None if blank else _cell(column.example() if found is None else found)
    return _cell(column.example())


def _first_name(column: RelationColumn) -> object:
    names = column.model._default_manager.order_by(*key_paths(column.field_name))
    return names.values_list(key_value(column.field_name), flat=True).first()


def _cell(value: Any) -> Cell:
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, uuid.UUID) else value
