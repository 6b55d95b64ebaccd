"""Fixes: decisions about values and single cells, applied to raw cells."""

from __future__ import annotations

import pandas as pd
import pytest

from dataio.columns.problems import join_problems, no_problems, problems_of
from dataio.imports.check import Checked
from dataio.imports.fixes import Decision, Fixes, correct

KNOWN = {"Tools", "Toys", None}


def cells(**columns: list) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=range(2, 2 + count), dtype=object)


def check(frame: pd.DataFrame) -> Checked:
    """A column "kind" that knows few words, and a rule over rows: numbers add up to 10."""
    bad = frame["kind"][~frame["kind"].isin(KNOWN)]
    found = [problems_of(bad, "kind", "unknown", lambda seen: f"{seen}?")]
    if frame["number"].sum() != 10:
        found.append(problems_of(frame["number"], "number", "sum", lambda seen: "10!"))
    problems = join_problems(found)
    clean = frame[~frame.index.isin(problems["row"])]
    return Checked(clean=clean, problems=problems, cells=frame)


def corrected(frame: pd.DataFrame, *decisions: dict) -> Checked:
    fixes = Fixes(Decision(**one) for one in decisions)
    return correct(frame, check(frame).problems, fixes, check)


def value(text: str, action: str, replacement: str = "") -> dict:
    return {"column": "kind", "value": text, "action": action} | {
        "replacement": replacement
    }


@pytest.mark.parametrize(
    ("decisions", "kinds", "left"),
    [
        ([], ["Tolls", "Toys", "Tolls", "x"], [2, 4, 5]),
        ([value("Tolls", "replace", "Tools")], ["Tools", "Toys", "Tools", "x"], [5]),
        ([value("x", "blank")], ["Tolls", "Toys", "Tolls", None], [2, 4]),
        ([value("x", "skip")], ["Tolls", "Toys", "Tolls"], [2, 4]),
        ([value("x", "create")], ["Tolls", "Toys", "Tolls", "x"], [2, 4, 5]),
        (
            [value("Tolls", "replace", "x"), value("x", "replace", "Toys")],
            ["Toys", "Toys", "Toys", "Toys"],
            [],
        ),
        # Two values that replace each other never end well, but they end.
        (
            [value("Tolls", "replace", "x"), value("x", "replace", "Tolls")],
            ["x", "Toys", "x", "Tolls"],
            [2, 4, 5],
        ),
        # A value that is no problem is left alone.
        (
            [value("Toys", "replace", "Tools")],
            ["Tolls", "Toys", "Tolls", "x"],
            [2, 4, 5],
        ),
    ],
)
def test_decisions_about_values(decisions, kinds, left):
    frame = cells(kind=["Tolls", "Toys", "Tolls", "x"], number=[10, 0, 0, 0])
    found = corrected(frame, *decisions)
    seen = found.cells["kind"].where(found.cells["kind"].notna(), None).tolist()
    assert sorted(map(str, seen)) == sorted(map(str, kinds))
    assert found.rejected.index.tolist() == left


def test_a_single_cell_wins_over_a_decision_about_its_value():
    frame = cells(kind=["Tolls", "Tolls"], number=[10, 0])
    edit = {"column": "kind", "row": 3, "action": "replace", "replacement": "Toys"}
    found = corrected(frame, value("Tolls", "replace", "Tools"), edit)
    assert found.clean["kind"].tolist() == ["Tools", "Toys"]
    assert frame["kind"].tolist() == ["Tolls", "Tolls"]


def test_a_single_row_is_skipped():
    frame = cells(kind=["Tolls", "Tolls"], number=[0, 10])
    skip = {"column": "kind", "row": 2, "action": "skip"}
    found = corrected(frame, skip, value("Tolls", "replace", "Tools"))
    assert (found.clean.index.tolist(), found.rows) == ([3], 1)


def test_a_rule_over_rows_sees_all_rows_at_once():
    frame = cells(kind=["Tools", "Tools"], number=[3, 3])
    assert check(frame).failed == 2
    edit = {"column": "number", "row": 3, "action": "replace", "replacement": "7"}
    fixes = Fixes([Decision(**edit)])

    def check_texts(cells: pd.DataFrame) -> Checked:
        return check(cells.assign(number=cells["number"].astype(int)))

    found = correct(frame, check(frame).problems, fixes, check_texts)
    assert found.clean["number"].tolist() == [3, 7]


def test_without_decisions_nothing_matches():
    problems = check(cells(kind=["x"], number=[10])).problems
    assert Fixes().matching(problems).empty
    assert Fixes().matching(no_problems()).empty
