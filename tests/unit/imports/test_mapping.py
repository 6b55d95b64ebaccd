"""From the columns of a file to the columns of a resource."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from dataio.errors import MissingColumns
from dataio.imports.mapping import mapped
from dataio.imports.matching import check_plan
from dataio.imports.plan import ImportPlan, Join, Split
from dataio.resources import registry
from project.shop.models import Category

ROWS = [4, 5, 9]


def raw(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns, index=ROWS, dtype=object)


def plan(**options) -> ImportPlan:
    return ImportPlan(resource="shop.product", **options)


def cells(frame: pd.DataFrame) -> dict[str, list]:
    assert frame.index.tolist() == ROWS
    return {name: frame[name].tolist() for name in frame.columns}


def test_it_renames_and_leaves_out():
    frame = raw(A=["1", None, "3"], B=[1, 2.5, None])

    assert cells(mapped(frame, plan(mapping={"B": "price"}))) == {
        "price": [1, 2.5, None]
    }


def test_a_fixed_value_stands_in_every_row():
    frame = raw(A=["x", "y", "z"])
    found = mapped(frame, plan(mapping={"A": "name"}, constants={"category": "Tools"}))

    assert cells(found) == {"name": ["x", "y", "z"], "category": ["Tools"] * 3}


@pytest.mark.parametrize(
    ("columns", "separator", "expected"),
    [
        (
            {"A": ["An", "Bo", None], "B": ["Le", None, None]},
            " ",
            ["An Le", "Bo", None],
        ),
        ({"A": [" An ", "", "x"], "B": ["Le", "  ", ""]}, ", ", ["An, Le", None, "x"]),
        ({"A": [1, 2.0, 2.5], "B": ["a", True, None]}, "-", ["1-a", "2-TRUE", "2.5"]),
        (
            {"A": [dt.date(2024, 12, 31), None, None], "B": [dt.time(9, 5), "x", None]},
            " ",
            ["2024-12-31 09:05:00", "x", None],
        ),
        (
            {"A": ["#REF!", "a", "b"], "B": ["x", "#N/A", "c"]},
            " ",
            ["#REF!", "#N/A", "b c"],
        ),
    ],
)
def test_columns_are_joined(columns, separator, expected):
    joins = {"name": Join(headers=("A", "B"), separator=separator)}

    assert cells(mapped(raw(**columns), plan(joins=joins))) == {"name": expected}


@pytest.mark.parametrize(
    ("texts", "separator", "first", "second"),
    [
        (["An Le", "Bo", None], " ", ["An", "Bo", None], ["Le", None, None]),
        (["An  Van Le", " ", ""], " ", ["An", None, None], ["Van Le", None, None]),
        (["Le, An", "Le,An,Bo", ","], ",", ["Le", "Le", None], ["An", "An,Bo", None]),
        (["1.2", 1.5, 3], ".", ["1", "1", "3"], ["2", "5", None]),
        (["#REF!", "a|b", "|c"], "|", ["#REF!", "a", None], [None, "b", "c"]),
    ],
)
def test_a_column_is_split(texts, separator, first, second):
    splits = {"A": Split(columns=("name", "notes"), separator=separator)}

    found = cells(mapped(raw(A=texts), plan(splits=splits)))

    assert found == {"name": first, "notes": second}


def test_a_column_is_split_in_three():
    splits = {"A": Split(columns=("sku", "name", "notes"), separator="/")}

    found = cells(mapped(raw(A=["1/2/3/4", "1/2", None]), plan(splits=splits)))

    assert found == {
        "sku": ["1", "1", None],
        "name": ["2", "2", None],
        "notes": ["3/4", None, None],
    }


def test_no_rows_give_no_rows():
    frame = raw(A=["x"] * 3, B=["y"] * 3).iloc[:0]
    joins = {"name": Join(headers=("A", "B"))}
    splits = {"A": Split(columns=("sku", "notes"))}

    found = mapped(frame, plan(joins=joins, splits=splits, constants={"price": "1"}))

    assert found.columns.tolist() == ["name", "sku", "notes", "price"]
    assert found.empty


def test_it_names_the_missing_column():
    with pytest.raises(MissingColumns) as caught:
        mapped(raw(A=[1, 2, 3]), plan(mapping={"A": "sku", "B": "name"}))

    assert caught.value.message == (
        'This file has no column "B". Choose what its columns are again.'
    )


CREATE = {"mode": "create", "mapping": {"A": "sku", "B": "name", "C": "price"}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        (
            {"constants": {"category": "Tools"}},
            ['"Category" for all rows: There is no category "Tools".'],
        ),
        (
            {"constants": {"category": "Garden", "price": "1"}},
            [
                '"Price" is filled with one value and read from the file too. Choose one of them.'
            ],
        ),
        (
            {"constants": {"category": "Garden", "quantity": "many"}},
            ['"Quantity" for all rows: "many" is not a number. Write it like 12.'],
        ),
        (
            {
                "constants": {"category": "Garden"},
                "joins": {"notes": Join(headers=("D",))},
            },
            ['Choose at least two headers that are joined into "Notes".'],
        ),
        (
            {
                "constants": {"category": "Garden"},
                "splits": {"D": Split(columns=("notes",), separator="")},
            },
            [
                'Choose at least two columns for the parts of "D".',
                'Say which sign stands between the parts of "D".',
            ],
        ),
        ({"constants": {"category": "Garden", "quantity": "5"}}, []),
    ],
)
def test_a_plan_that_cannot_work_is_explained(options, sentences):
    Category.objects.create(name="Garden")

    assert check_plan(plan(**CREATE, **options), registry.get("product")) == sentences
