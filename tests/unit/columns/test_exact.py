"""Decimals are exact, whichever way they are read: all at a time, or the odd ones apart."""

from __future__ import annotations

import random
from decimal import Decimal

import pandas as pd
import pytest

from dataio.columns import DecimalColumn, ParseContext, TextColumn


def parsed(cells, **options):
    column = DecimalColumn("price", max_digits=12, **options)
    found = column.parse(pd.Series(cells, dtype=object), ParseContext())
    values = found.values.astype(object).where(found.values.notna(), None)
    return values.tolist(), found.problems["code"].tolist()


@pytest.mark.parametrize("places", [0, 2, 5, 12])
@pytest.mark.parametrize("odd", [[], ["7"], [0.1 + 0.2, None]])
def test_a_decimal_that_came_as_a_float_is_the_same(places, odd):
    luck = random.Random(places)
    wanted = [
        Decimal(luck.randrange(-(10**digits), 10**digits)).scaleb(-places)
        for digits in range(1, 13)
        for _time in range(50)
    ]
    values, codes = parsed([*map(float, wanted), *odd], decimal_places=places)
    assert values[: len(wanted)] == wanted
    assert len(codes) <= len(odd)


@pytest.mark.parametrize(
    ("cell", "value", "codes"),
    [
        (9_999_999_999.99, Decimal("9999999999.99"), []),
        (-9_999_999_999.99, Decimal("-9999999999.99"), []),
        (10_000_000_000.0, None, ["too_many_digits"]),
        (9_999_999_999.995, None, ["too_many_digits"]),
        (1.005, None, ["too_many_digits"]),
        (0.1 + 0.2, Decimal("0.30"), []),
        (-0.0, Decimal("0.00"), []),
        (1e300, None, ["too_many_digits"]),
    ],
)
def test_the_last_digits_count(cell, value, codes):
    assert parsed([cell], decimal_places=2) == ([value], codes)
    assert parsed([1.25, cell], decimal_places=2) == ([Decimal("1.25"), value], codes)


@pytest.mark.parametrize("beside", [[], [None], [1.5], [None, 1.5]])
def test_odd_texts_are_found_whatever_stands_beside_them(beside):
    cells = ["a\0b", "#N/A", " #ref! ", "#1", "\ud800", " ", "ok", *beside]
    found = TextColumn("name").parse(pd.Series(cells, dtype=object), ParseContext())
    problems = zip(found.problems["row"], found.problems["code"], strict=True)
    assert sorted(problems) == [
        (0, "bad_character"),
        (1, "error_cell"),
        (2, "error_cell"),
        (4, "bad_character"),
    ]
    kept = found.values.dropna().tolist()
    assert kept == ["#1", "ok", *(["1.5"] if 1.5 in beside else [])]
