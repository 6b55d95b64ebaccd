"""Filters of the export page as sentences: "Placed at is in last month"."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.errors import UnknownColumn
from dataio.exports.filters import SUFFIXES, chosen_filters, filterset, named_filter
from dataio.exports.lists import ListWidget, lines_of
from dataio.exports.paths import path_column
from dataio.resources import Resource
from dataio.web.operators import Operator, operator_for, operators_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One filter, or two for a range."""

    column: Column
    """Named by its path."""
    operator: Operator
    fields: list[BoundField]
    is_asked: bool = False
    """Whether a report asks for the value each time it is run."""

    @property
    def value(self) -> str:
        return _value(self.column, self.operator)

    @property
    def operators(self) -> list[tuple[str, str]]:
        """What else can be said of the column: value and words."""
        return [
            (_value(self.column, one), str(one.words))
            for one in operators_of(self.column)
        ]

    @property
    def names(self) -> list[str]:
        return [self.column.name + suffix for suffix in self.operator.suffixes]

    @property
    def errors(self) -> list[str]:
        return [
            f"{self.column.label} {self.operator.words}: {' '.join(map(str, field.errors))}"
            for field in self.fields
            if field.errors
        ]


class Sentences:
    """The filters of one export page. `data` is the query or the form as it came."""

    def __init__(
        self, resource: Resource, data: QueryDict, may_use: Callable[[str], bool]
    ) -> None:
        self.resource = resource
        self.may_use = may_use
        self.said = self._said(data)
        self.data = self._completed(data)

    @cached_property
    def all(self) -> list[Sentence]:
        """The sentences, in the order in which they were added."""
        names = [name for one in self.said for name in _names(*one)]
        form = filterset(self.resource, self.data, dict.fromkeys(names)).form
        for field in form.fields.values():
            _dress(field)
        asked = self.data.getlist("export-ask")
        return [
            Sentence(
                column=column,
                operator=operator,
                fields=[] if operator.fixed else [form[name] for name in found],
                is_asked=_value(column, operator) in asked,
            )
            for column, operator in self.said
            if (found := _names(column, operator))
        ]

    @property
    def errors(self) -> list[str]:
        return [error for one in self.all for error in one.errors]

    @cached_property
    def filters(self) -> dict[str, list[str]]:
        """The filters, as plain data for a plan; those without a value yet are none."""
        chosen = {}
        for column, operator in self.said:
            for name in _names(column, operator):
                texts = [text for text in self.data.getlist(name) if text.strip()]
                if texts:
                    chosen[name] = lines_of(texts) if name.endswith("_in") else texts
        return chosen

    @property
    def can_ask(self) -> list[Sentence]:
        """Those whose value a report can ask for."""
        return [one for one in self.all if one.fields]

    @property
    def questions(self) -> list[str]:
        """Names of the filters that a report asks for."""
        return [name for one in self.can_ask if one.is_asked for name in one.names]

    def _said(self, data: QueryDict) -> list[tuple[Column, Operator]]:
        """Return column and operator of each sentence."""
        if "export-sent" in data:
            values = data.getlist("export-filter")
            values = [one for one in values if one != data.get("export-drop")]
        else:
            values = list(self._of_names(chosen_filters(self.resource, data)))
        found: dict[str, tuple[Column, Operator]] = {}
        for value in values:
            if one := self._read(value):
                found.setdefault(_value(*one), one)
        if added := self._added(data.get("export-add", ""), found):
            found[_value(*added)] = added
        return list(found.values())

    def _added(
        self, path: str, found: Container[str]
    ) -> tuple[Column, Operator] | None:
        """Return a new sentence about a column, the first that is not said yet."""
        one = self._read(path)
        if one is None:
            return None
        column, _first = one
        unused = [
            (column, operator)
            for operator in operators_of(column)
            if _value(column, operator) not in found
        ]
        return unused[0] if unused else None

    def _of_names(self, chosen: dict[str, list[str]]) -> Iterable[str]:
        """Yield what filters in an address or a plan say."""
        suffixes: dict[str, set[str]] = {}
        for name in chosen:
            path = named_filter(self.resource, name).column.name
            suffixes.setdefault(path, set()).add(name.removeprefix(path))
        for path, found in suffixes.items():
            column = path_column(self.resource, path)
            for some in [found, *({one} for one in SUFFIXES if one in found), {""}]:
                value = chosen.get(path + next(iter(some)), [""])[0]
                if some <= found and (one := operator_for(column, some, value)):
                    found = found - some
                    yield _value(column, one)

    def _read(self, value: str) -> tuple[Column, Operator] | None:
        path, _colon, key = value.partition(":")
        try:
            column = path_column(self.resource, path)
        except UnknownColumn:
            return None
        operators = operators_of(column)
        if not operators or not self.may_use(path):
            return None
        return column, {one.key: one for one in operators}.get(key, operators[0])

    def _completed(self, data: QueryDict) -> QueryDict:
        """Return the data with what operators say, and what was typed before they changed."""
        full = data.copy()
        for column, operator in self.said:
            names = _names(column, operator)
            if operator.fixed:
                full[names[0]] = operator.fixed
            elif not any(data.get(name) for name in names):
                before = _typed(column, operator, data)
                if before:
                    full[names[0]] = before
        return full


def _typed(column: Column, operator: Operator, data: QueryDict) -> str:
    """Return what another operator of the same kind of value had, "" when there is nothing."""
    fits = {"contains", "not", "starts", "is", "in", "between", "min", "max"}
    if operator.key not in fits:
        return ""
    for other in operators_of(column):
        if other.key in fits and not other.fixed:
            for name in _names(column, other):
                if text := data.get(name, ""):
                    return str(text)
    return ""


def _names(column: Column, operator: Operator) -> list[str]:
    return [column.name + suffix for suffix in operator.suffixes]


def _value(column: Column, operator: Operator) -> str:
    return f"{column.name}:{operator.key}"


def _dress(field: forms.Field) -> None:
    """Give a filter the control that a person expects."""
    choices: Any
    if isinstance(field, forms.DateField):
        field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif isinstance(field, forms.TimeField):
        field.widget = forms.TimeInput(attrs={"type": "time"})
    elif isinstance(field, forms.DecimalField):
        field.widget.attrs.setdefault("step", "any")
    elif isinstance(field, forms.MultipleChoiceField):
        choices = field.choices
        field.widget = forms.CheckboxSelectMultiple(choices=list(choices))
    elif isinstance(field, forms.ChoiceField):  # ModelChoiceField is one too
        single: Any = field  # django-filter's fields have an empty_label as well
        single.empty_label = _("Choose …")
    elif isinstance(field.widget, ListWidget):
        field.widget.attrs |= {"rows": 3, "placeholder": _("One on each line")}
