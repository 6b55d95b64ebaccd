"""A filter as one sentence of text: "Placed at is in last month"."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dataio.web.sentences import Sentence


def told(sentence: Sentence) -> str:
    """Return a filter in words, its values as their controls show them."""
    values = [_words(field) for field in sentence.fields]
    said = f"{sentence.column.label} {sentence.operator.words}"
    if len(values) > 1:
        pair = {"low": values[0] or "…", "high": values[1] or "…"}
        return f"{said} {_('%(low)s and %(high)s') % pair}"
    return " ".join([said, *values])


def _words(field: Any) -> str:
    value = field.value()
    texts = value if isinstance(value, list) else [value or ""]
    choices = getattr(field.field, "choices", None)
    if choices is not None and not isinstance(field.field, forms.ModelChoiceField):
        labels = {str(key): str(label) for key, label in choices}
        texts = [labels.get(str(text), str(text)) for text in texts]
    if isinstance(field.field, forms.DateField):
        texts = [_day(str(text)) for text in texts]
    return ", ".join(str(text) for text in texts if text)


def _day(text: str) -> str:
    day = parse_date(text) if len(text) == len("2026-01-01") else None
    return date_format(day, "DATE_FORMAT") if day else text
