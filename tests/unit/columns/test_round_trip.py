"""What was read, presented and read again is the same."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataio.columns import (
    BooleanColumn,
    CellFormat,
    ChoiceColumn,
    DateColumn,
    DateTimeColumn,
    DecimalColumn,
    DurationColumn,
    FloatColumn,
    IntegerColumn,
    JsonColumn,
    ParseContext,
    TextColumn,
    TimeColumn,
    UuidColumn,
)

# Failed formulas are not text that anyone keeps.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0#"), min_size=1
).filter(str.strip)
NESTED = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_leaves=5,
)
SPANS = st.timedeltas(dt.timedelta(-100_000), dt.timedelta(100_000))
PAIRS = [
    (TextColumn("x"), WORDS),
    (IntegerColumn("x"), st.integers(-(2**63), 2**63 - 1)),
    (FloatColumn("x"), st.floats(allow_nan=False, allow_infinity=False)),
    (
        DecimalColumn("x", max_digits=20, decimal_places=4),
        st.decimals(-(10**15), 10**15, places=4),
    ),
    (BooleanColumn("x"), st.booleans()),
    (DateColumn("x"), st.dates()),
    (DateTimeColumn("x"), st.datetimes(timezones=st.just(dt.UTC))),
    (TimeColumn("x"), st.times()),
    (DurationColumn("x"), SPANS),
    (UuidColumn("x"), st.uuids()),
    (JsonColumn("x"), NESTED),
    (ChoiceColumn("x", choices=[(1, "One"), (2, "Two")]), st.sampled_from([1, 2])),
]


@pytest.mark.parametrize(
    ("column", "values"), PAIRS, ids=lambda part: getattr(part, "kind", "")
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_values_come_back(column, values, data):
    stored = pd.Series(data.draw(st.lists(values, max_size=8)), dtype=object)
    presented = column.present(stored)
    again = column.parse(presented.astype(object), ParseContext())
    assert again.problems.empty
    found = again.values.tolist()
    if column.kind == "json":
        found = [json.loads(text) for text in found]
    assert found == [str(value) if column.kind == "uuid" else value for value in stored]


@pytest.mark.parametrize(("decimal", "sign"), [("", "."), (",", ",")])
@given(number=st.decimals(-(10**7), 10**7, places=2))
def test_decimals_come_back_from_text(decimal, sign, number):
    column = DecimalColumn("x", max_digits=10, decimal_places=2)
    text = str(number).replace(".", sign)
    context = ParseContext(cell_format=CellFormat(decimal=decimal))
    parsed = column.parse(pd.Series([text], dtype=object), context)
    assert parsed.values.tolist() == [Decimal(number)]
