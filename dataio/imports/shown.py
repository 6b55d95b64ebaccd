"""Clean values as texts for people: whole Arrow arrays at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.db import router
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.columns import ChoiceColumn, Column, ForeignKeyColumn, ManyToManyColumn
from dataio.columns.related_key import key_value
from dataio.imports.loaders.values import Arrow, arrow, filled
from dataio.writers.texts import as_text, duration_text, time_text

MOST_PARAMETERS = 10_000


class Shower:
    """Shows values; related records by the field they are found by, each asked for once."""

    def __init__(self) -> None:
        self._names: dict[str, dict[Any, str]] = {}

    def values(self, values: pd.Series, column: Column) -> Arrow:
        """Return the values of a clean frame as they will be stored: blanks filled."""
        if callable(column.blank_value):
            return arrow(values)
        return filled(arrow(values), column)

    def texts(self, values: Arrow, column: Column) -> Arrow:
        """Return clean values as an Arrow array of strings; blanks are null."""
        if isinstance(column, ManyToManyColumn):
            return self._lists(values, column)
        if isinstance(column, ForeignKeyColumn):
            return self._related(values, column)
        if isinstance(column, ChoiceColumn):
            return _mapped(values, {key: str(label) for key, label in column.choices})
        return _plain(values)

    def _related(self, keys: Arrow, column: Any) -> Arrow:
        distinct = keys.unique().drop_null().to_pylist()
        return _mapped(keys, self._found(distinct, column))

    def _lists(self, lists: Arrow, column: ManyToManyColumn) -> Arrow:
        if pa.types.is_string(lists.type):
            return lists
        flat = pc.list_flatten(lists)
        names = pd.Series(self._related(flat, column).to_pylist(), dtype=object)
        places: Arrow = pc.list_parent_indices(lists)
        joined: Any = {}
        if len(names):
            joined = names.groupby(places.to_numpy()).agg(list)
        cells = pd.Series(
            [joined.get(place) for place in range(len(lists))], dtype=object
        )
        return arrow(column.present(cells))

    def _found(self, keys: list[Any], column: Any) -> dict[Any, str]:
        """Return the texts of related records by primary key; a query per many new keys."""
        known = self._names.setdefault(column.name, {})
        unknown = [key for key in keys if key not in known]
        manager = column.model._base_manager.using(router.db_for_read(column.model))
        for start in range(0, len(unknown), MOST_PARAMETERS):
            some = manager.filter(pk__in=unknown[start : start + MOST_PARAMETERS])
            pairs = some.values_list("pk", key_value(column.field_name))
            known.update((_key(pk), str(name)) for pk, name in pairs)
        return known


def _mapped(values: Arrow, texts: dict[Any, str]) -> Arrow:
    """Return the text of each value; a value without one is shown as it is."""
    encoded = values.dictionary_encode()
    shown = [texts.get(value, str(value)) for value in encoded.dictionary.to_pylist()]
    return pa.array(shown, pa.string()).take(encoded.indices)


def _plain(values: Arrow) -> Arrow:
    kind = values.type
    if pa.types.is_boolean(kind):
        yes, no = pa.scalar(_("Yes")), pa.scalar(_("No"))
        return pc.if_else(values, yes, no)
    if pa.types.is_timestamp(kind):
        zone = timezone.get_current_timezone_name()
        local = pc.local_timestamp(values.cast(pa.timestamp("us", zone)))
        texts = local.cast(pa.string())
        return pc.replace_substring_regex(texts, r"\.?0*$", "", max_replacements=1)
    if pa.types.is_time(kind):
        return time_text(values)
    if pa.types.is_duration(kind):
        return duration_text(values)
    return as_text(values)


def _key(value: Any) -> Any:
    return value if isinstance(value, int | str) else str(value)
