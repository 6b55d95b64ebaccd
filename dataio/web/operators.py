"""What can be said of a column in a sentence of the export page: "Price is at least 5"."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dataio.columns import Column
from dataio.columns.choice import ChoiceColumn
from dataio.columns.relation import RelationColumn
from dataio.exports.conditions import NUMBER_KINDS, TEXT_KINDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """The words between a column and its value."""

    key: str
    words: str | Promise
    suffixes: tuple[str, ...] = ("",)
    """Of the names of its filters: one value each."""
    fixed: str = ""
    """The value, where the words say it all."""


EMPTY = Operator(key="empty", words=_("is empty"), suffixes=("_empty",), fixed="yes")
FILLED = Operator(
    key="filled", words=_("is not empty"), suffixes=("_empty",), fixed="no"
)
AMONG = Operator(key="in", words=_("is one of"), suffixes=("_in",))
EXACT = Operator(key="is", words=_("is"), suffixes=("_is",))
TEXT = [
    Operator(key="contains", words=_("contains")),
    Operator(key="not", words=_("does not contain"), suffixes=("_not",)),
    Operator(key="starts", words=_("starts with"), suffixes=("_starts",)),
    Operator(key="is", words=_("is exactly"), suffixes=("_is",)),
    AMONG,
    EMPTY,
    FILLED,
]
SPAN = [
    Operator(key="between", words=_("is between"), suffixes=("_min", "_max")),
    Operator(key="min", words=_("is at least"), suffixes=("_min",)),
    Operator(key="max", words=_("is at most"), suffixes=("_max",)),
    EXACT,
]
HOURS = [
    Operator(key="between", words=_("is between"), suffixes=("_from", "_to")),
    Operator(key="from", words=_("is not before"), suffixes=("_from",)),
    Operator(key="to", words=_("is not after"), suffixes=("_to",)),
    EXACT,
]
DAYS = [
    Operator(key="period", words=_("is in"), suffixes=("_period",)),
    Operator(key="between", words=_("is between"), suffixes=("_from", "_to")),
    Operator(key="from", words=_("is on or after"), suffixes=("_from",)),
    Operator(key="to", words=_("is on or before"), suffixes=("_to",)),
    Operator(key="is", words=_("is on"), suffixes=("_is",)),
]
CHOICE = [
    Operator(key="one", words=_("is one of")),
    Operator(key="none", words=_("is none of"), suffixes=("_not",)),
]
YES_OR_NO = [
    Operator(key="yes", words=_("is yes"), fixed="yes"),
    Operator(key="no", words=_("is no"), fixed="no"),
]
RECORD = [Operator(key="record", words=_("is")), AMONG]
MANY = [Operator(key="has", words=_("has"))]
UUID = [Operator(key="record", words=_("is")), AMONG]
BY_KIND: dict[str, list[Operator]] = {
    **dict.fromkeys(TEXT_KINDS, TEXT),
    **{kind: [*SPAN, AMONG, EMPTY, FILLED] for kind in NUMBER_KINDS},
    "date": [*DAYS, EMPTY, FILLED],
    "datetime": [*DAYS, EMPTY, FILLED],
    "time": [*HOURS, EMPTY, FILLED],
    "duration": [*SPAN, EMPTY, FILLED],
    "boolean": [*YES_OR_NO, EMPTY, FILLED],
    "uuid": [*UUID, EMPTY, FILLED],
    "json": [EMPTY, FILLED],
}


def operators_of(column: Column) -> list[Operator]:
    """Return what can be said of a column, the most usual first."""
    if isinstance(column, RelationColumn):
        return [*(MANY if column.many else RECORD), EMPTY, FILLED]
    if isinstance(column, ChoiceColumn):
        return [*CHOICE, EMPTY, FILLED]
    return BY_KIND.get(column.kind, [])


def operator_for(column: Column, suffixes: set[str], value: str) -> Operator | None:
    """Return the operator whose filters have these suffixes and, if it is fixed, this value."""
    for one in operators_of(column):
        if set(one.suffixes) == suffixes and one.fixed in ("", value):
            return one
    return None
