"""What every column type does alike."""

# ruff: noqa: DTZ901 - the cells of a workbook carry no zone

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from django.core.exceptions import ValidationError

from dataio.columns import (
    BooleanColumn,
    ChoiceColumn,
    DateColumn,
    DateTimeColumn,
    DecimalColumn,
    DurationColumn,
    EmailColumn,
    FloatColumn,
    IntegerColumn,
    IpAddressColumn,
    JsonColumn,
    ParseContext,
    SlugColumn,
    TextColumn,
    TimeColumn,
    UrlColumn,
    UuidColumn,
)
from dataio.columns.cells import Cells, Kind
from dataio.columns.edges import MAY_BEGIN, MAY_END

COLUMNS = [
    TextColumn("x", max_length=30),
    EmailColumn("x"),
    UrlColumn("x"),
    SlugColumn("x"),
    IpAddressColumn("x"),
    UuidColumn("x"),
    JsonColumn("x"),
    IntegerColumn("x"),
    FloatColumn("x"),
    DecimalColumn("x", max_digits=8, decimal_places=2),
    BooleanColumn("x"),
    DateColumn("x"),
    DateTimeColumn("x"),
    TimeColumn("x"),
    DurationColumn("x"),
    ChoiceColumn("x", choices=[("a", "Apple"), ("b", "Bean")]),
]
ANY = pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.kind)
NASTY = [
    *(
        None,
        "",
        "  ",
        "\u00a0",
        float("nan"),
        pd.NA,
        pd.NaT,
        True,
        1,
        1.0,
        0,
        -0.0,
        2**70,
        -(2**63),
    ),
    *(
        1e300,
        5e-324,
        float("inf"),
        float("-inf"),
        Decimal("NaN"),
        Decimal("1e9"),
        np.int64(3),
    ),
    *(
        np.float64(2.5),
        np.bool_(True),
        "a\0b",
        "\ud800",
        "😀" * 300,
        "=1+1",
        "007",
        "#REF!",
        "#n/a",
    ),
    *(
        "1e999",
        "9" * 5000,
        "{" * 5000,
        "NaN",
        "inf",
        "2024-02-30",
        "99999999999999-01-01",
    ),
    *(
        dt.date.min,
        dt.date.max,
        dt.datetime.min,
        dt.datetime.max,
        dt.time.max,
        dt.timedelta.max,
    ),
    *(
        dt.timedelta.min,
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        [1],
        {"a": 1},
        object(),
        b"x",
    ),
]


@ANY
def test_a_bad_cell_is_never_an_exception(read, column):
    parsed = read(column, NASTY)
    assert parsed.problems["message"].str.len().gt(0).all()
    assert parsed.problems["row"].is_unique


@ANY
def test_a_cell_means_the_same_alone_and_beside_others(read, column):
    together = read(column, NASTY)
    for number, cell in enumerate(NASTY):
        alone = read(column, [cell])
        assert alone.values.iloc[0] is together.values.iloc[number] or (
            alone.values.iloc[0] == together.values.iloc[number]
        )


@ANY
def test_it_reads_no_cells(read, column):
    parsed = read(column, [])
    assert len(parsed.values) == len(parsed.problems) == 0


@ANY
@pytest.mark.parametrize("blank", [None, "", " \t\n", float("nan"), pd.NA, pd.NaT])
def test_a_blank_cell_is_missing(value, column, blank):
    assert value(column, blank) is None


@ANY
def test_its_example_can_be_read(read, column):
    parsed = read(column, [column.example()])
    assert parsed.problems.empty
    assert parsed.values.notna().all()
    assert column.allowed()


@ANY
@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", " #name? "])
def test_it_says_that_a_formula_failed(problem, column, error):
    assert problem(column, error) == (
        "error_cell",
        f'"{error}" is there because a formula failed in Excel. '
        "Correct the formula or write the value itself.",
    )


@ANY
@pytest.mark.parametrize("text", ["a\0b", "a\ud800"])
def test_it_refuses_text_that_cannot_be_stored(read, column, text):
    problems = read(column, [text]).problems
    assert problems["code"].tolist() == ["bad_character"]
    assert problems["value"].tolist() == [("a\ufffdb" if "\0" in text else "a\ufffd")]
    assert problems["message"].tolist() == [
        "There is a character in this cell that cannot be stored. Type the text again."
    ]


def test_it_asks_for_a_value_in_each_blank_cell():
    column = IntegerColumn("size", required=True)
    cells = pd.Series([1, None, " ", float("nan")], index=[2, 5, 6, 9], dtype=object)
    problems = column.parse(cells, ParseContext()).problems
    assert problems.to_dict("list") == {
        "row": [5, 6, 9],
        "column": ["size"] * 3,
        "code": ["required"] * 3,
        "value": ["", " ", "nan"],
        "message": ["A value is needed."] * 3,
    }


def test_it_asks_validators_once_for_each_value(read):
    asked = []

    def even(number: int) -> None:
        asked.append(number)
        if number % 2:
            raise ValidationError("Ensure that the number is even.")

    parsed = read(IntegerColumn("x", validators=[even]), [2, 3, "3", None, 2, 5])
    assert sorted(asked) == [2, 3, 5]
    assert parsed.values.dropna().tolist() == [2, 2]
    assert parsed.problems[["row", "code", "message"]].values.tolist() == [
        [row, "not_allowed", "Ensure that the number is even."] for row in (3, 4, 7)
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Ho_Chi_Minh"])
def test_no_zone_makes_a_bad_cell_an_exception(read, zone):
    read(DateTimeColumn("x"), NASTY, zone=zone)


def test_it_tells_apart_what_is_equal():
    cells = Cells(pd.Series([1, True, 1.0, Decimal(1), "1", None], dtype=object))
    assert [Kind(kind).name for kind in cells.kinds] == [
        "INT",
        "BOOL",
        "FLOAT",
        "DECIMAL",
        "TEXT",
        "BLANK",
    ]


def test_each_whitespace_begins_and_ends_with_a_byte_that_is_looked_at():
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    trimmed = pc.utf8_trim_whitespace(pa.array(list(map(chr, codes))))
    white = [
        chr(code).encode()
        for code, text in zip(codes, trimmed.to_pylist(), strict=True)
        if not text
    ]
    assert len(white) > 20
    assert all(MAY_BEGIN[one[0]] and MAY_END[one[-1]] for one in white)


@pytest.mark.parametrize(
    "odd", [" a", "a ", "\u3000a", "a\u00a0", "a\u2009", "#N/A", "", "  ", "a\0b", None]
)
def test_one_odd_text_among_plain_ones_is_seen(odd):
    plain = ["Gỗ", "Ấn", "Đà Nẵng", "a"]
    texts = pd.arrays.ArrowExtensionArray(pa.array([*plain, odd], pa.string()))
    cells = Cells(pd.Series(texts))
    wanted = Cells(pd.Series([odd], dtype=object))
    assert cells.kinds.tolist() == [Kind.TEXT] * 4 + wanted.kinds.tolist()
    assert cells.stripped.to_pylist() == plain + wanted.stripped.to_pylist()
    assert cells.texts.to_pylist() == plain + wanted.texts.to_pylist()
