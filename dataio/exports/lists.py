"""A field that takes several values, one on each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

MOST = 1_000
"""Values in a list; more would not fit into one question to the database."""


class ListWidget(forms.Textarea):
    """Takes one text with many lines as well as many texts."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        getter = getattr(data, "getlist", None)
        return lines_of(getter(name) if getter else [data.get(name) or ""])

    def format_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else str(value or "")


class ListField(forms.Field):
    """Each line is read as a value of another field."""

    widget = ListWidget

    def __init__(self, *, base: forms.Field, **options: Any) -> None:
        super().__init__(**options)
        self.base = base

    def clean(self, value: Any) -> list[Any]:
        lines = lines_of(value or [])
        if len(lines) > MOST:
            raise forms.ValidationError(
                _("These are %(count)s values. At most %(most)s are possible.")
                % {"count": len(lines), "most": MOST}
            )
        return [self._read(line) for line in lines]

    def _read(self, line: str) -> Any:
        try:
            return self.base.clean(line)
        except forms.ValidationError as error:
            raise forms.ValidationError(
                f'"{line}": {" ".join(error.messages)}'
            ) from None


def lines_of(texts: list[str] | Mapping[str, str]) -> list[str]:
    """Return the lines of all texts that are not blank, each once."""
    lines = [line.strip() for text in texts for line in str(text).splitlines()]
    return list(dict.fromkeys(line for line in lines if line))
