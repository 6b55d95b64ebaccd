from __future__ import annotations

import io

import pytest
import xlsxwriter

from dataio.writers.sheets import legal_sheet_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Products", "Products"),
        ("Sales [2026/27]: all?*\\", "Sales 2026 27 all"),
        ("", "Sheet1"),
        ("///", "Sheet1"),
        ("'quoted'", "quoted"),
        ("history", "history 1"),
        ("x" * 40, "x" * 30 + "…"),
        ("😀" * 20, "😀" * 15 + "…"),
        ("a\x08b", "a b"),
    ],
)
def test_it_makes_a_name_legal(name, expected):
    assert legal_sheet_name(name) == expected
    xlsxwriter.Workbook(io.BytesIO()).add_worksheet(expected)  # raises


def test_it_numbers_names_that_are_taken_whatever_their_case():
    taken: list[str] = []
    for _ in range(3):
        taken.append(legal_sheet_name("ä" * 40, taken))
    assert taken == ["ä" * 30 + "…", "ä" * 28 + "… 2", "ä" * 28 + "… 3"]
    assert legal_sheet_name("PRODUCTS", ["Products"]) == "PRODUCTS 2"
