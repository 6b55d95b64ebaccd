"""Filters by related records: chosen from a list where it is short, else typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters as df  # type: ignore[import-untyped]
from django import forms
from django.db.models import Model, Q

from dataio.columns import Column
from dataio.columns.related_key import called, key_paths, key_text, key_value
from dataio.columns.relation import RelationColumn
from dataio.exports.asking import Asked, Condition
from dataio.exports.controls import BY_KEY, ListFilter

MOST_LISTED = 200  # related records that a page offers as a list; else they are typed


def _record(column: Column) -> df.Filter:
    assert isinstance(column, RelationColumn)  # noqa: S101 - `conditions_of` chose it
    records, named = column.model._default_manager.all(), column.field_name
    if records[: MOST_LISTED + 1].count() > MOST_LISTED:
        kind, _field = BY_KEY.get(column.key.kind, (df.CharFilter, forms.CharField))
        return kind(label=column.label)
    if not isinstance(named, str):
        texts = records.order_by(*key_paths(named)).values_list(key_value(named))
        return df.ChoiceFilter(choices=[one * 2 for one in texts], label=column.label)
    return df.ModelChoiceFilter(
        queryset=records, to_field_name=named, label=column.label
    )


def _is_record(asked: Asked, value: Any) -> Q:
    if isinstance(value, Model):
        return Q(**{asked.path: value})
    return _has_key(asked, [value])


def _keys(column: Column) -> df.Filter:
    assert isinstance(column, RelationColumn)  # noqa: S101
    _kind, base = BY_KEY.get(column.key.kind, (df.CharFilter, forms.CharField))
    return ListFilter(base=base(), label=column.label)


def _has_key(asked: Asked, values: Sequence[Any]) -> Q:
    column = asked.column
    assert isinstance(column, RelationColumn)  # noqa: S101
    if isinstance(column.field_name, str):
        return Q(**{f"{asked.path}__{column.field_name}__in": values})
    texts = [key_text(value) for value in values]
    records = called(column.model._default_manager.all(), column.field_name, texts)
    return Q(**{f"{asked.path}__pk__in": records.values("pk")})


RECORD = Condition(make=_record, means=_is_record)
RECORDS = Condition(make=_keys, means=_has_key)
