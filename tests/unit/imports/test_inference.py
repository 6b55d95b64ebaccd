"""What all values of a column prove, and what has to be asked."""

from __future__ import annotations

import pandas as pd
import pytest

from dataio.columns import CellFormat, DateColumn, DecimalColumn
from dataio.imports.inference import evidence_in, inferred, questions, scan

PRICE, DAY = DecimalColumn("price"), DateColumn("day")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12,50", "1.234"], CellFormat(decimal=",")),
        (["12.50", "1,234"], CellFormat(decimal=".")),
        (["1,234,567"], CellFormat(decimal=".")),
        (["1.234.567 ₫", "5 VND"], CellFormat(decimal=",", currency="VND")),
        (["0.125"], CellFormat(decimal=".")),
        (["1 234,5"], CellFormat(decimal=",")),
        (["(5)", "6"], CellFormat(negative="minus")),
        (["€5", "$5"], CellFormat()),
        (["1,234", "12"], CellFormat()),
        (["12.50", "12,50"], CellFormat()),
        (["12 %"], CellFormat()),
        ([12.5, None, True], CellFormat()),
        (["n/a", "\ud800", "12.50"], CellFormat(decimal=".")),
    ],
)
def test_numbers_are_inferred_where_proved(cells, expected):
    assert inferred(PRICE.kind, evidence_in(cells)) == expected


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2024", "25/12/2024"], "DMY"),
        (["03/04/2024", "12/25/2024"], "MDY"),
        (["2024-01-02"], "YMD"),
        (["2024-01-02", "25/12/2024"], "DMY"),
        (["2024-01-02", "03/04/2024"], ""),
        (["25/12/2024", "12/25/2024"], ""),
        (["03/03/2024"], ""),
        (["31.02.2025", "03/04/2025"], ""),
        (["25 Dec 2024"], ""),
    ],
)
def test_dates_are_inferred_where_proved(cells, order):
    assert inferred(DAY.kind, evidence_in(cells)) == CellFormat(date_order=order)


def test_texts_have_no_format():
    evidence = evidence_in(["12,50", "25/12/2024"])

    assert inferred("text", evidence) == CellFormat()
    assert questions("text", evidence, CellFormat()) == []


@pytest.mark.parametrize(
    ("column", "cells", "asked"),
    [
        (PRICE, ["12", "12.50"], []),
        (PRICE, ["1.234"], [("decimal", '"1.234": is it 1234 or 1.234?')]),
        (PRICE, ["€ 1,234"], [("decimal", '"€ 1,234": is it 1234 or 1.234?')]),
        (
            PRICE,
            ["12.50", "12,50"],
            [
                (
                    "decimal",
                    '"12.50" has a decimal point, "12,50" a decimal comma. Choose how numbers '
                    "are written; the others are listed as problems.",
                )
            ],
        ),
        (
            PRICE,
            ["€ 1", "2 USD"],
            [
                (
                    "currency",
                    "There are several currencies: EUR, USD. Choose one; amounts in others "
                    "are listed as problems.",
                )
            ],
        ),
        (
            PRICE,
            ["12 %"],
            [("percent", '"12 %": is it kept as 12 or as a hundredth of that?')],
        ),
        (DAY, ["25/12/2024", "03/04/2024"], []),
        (DAY, ["03/03/2024"], []),
        (
            DAY,
            ["03/04/2024"],
            [("date_order", '"03/04/2024": is the day or the month in front?')],
        ),
    ],
)
def test_what_stays_open_is_asked(column, cells, asked):
    evidence = evidence_in(cells)
    found = questions(column.kind, evidence, inferred(column.kind, evidence))

    assert [(one.part, one.sentence) for one in found] == asked


def test_an_answer_ends_the_question():
    evidence = evidence_in(["1.234 %"])
    answer = CellFormat(decimal=",", percent="number")

    assert questions(PRICE.kind, evidence, answer) == []


class Frames:
    """A reader of frames that are there already."""

    headers = ("A",)
    expected_rows = None

    def __init__(self, *frames: list) -> None:
        self._frames = [pd.DataFrame({"A": cells}, dtype=object) for cells in frames]

    def frames(self, chunk_rows: int):
        yield from self._frames

    def close(self) -> None:
        pass


def test_it_looks_at_all_rows():
    found = scan(Frames(["1.234"], ["5"], ["12,50"]))

    assert (found.rows, found.whole) == (3, True)
    assert found.evidence == {"A": {"either_number": "1.234", "comma": "12,50"}}


def test_it_stops_at_the_limit_and_says_so():
    found = scan(Frames(["1.234"], ["5"], ["12,50"]), limit=2)

    assert (found.rows, found.whole) == (2, False)
    assert found.evidence == {"A": {"either_number": "1.234"}}
