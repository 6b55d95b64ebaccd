"""Headers in two rows: the upper text stands over the blank cells to its right."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from dataio.readers import as_objects, open_reader
from dataio.readers.base import joined_header
from dataio.readers.headers import propose_lines


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [["SKU", "Price", None], [None, "EUR", "USD"]],
            ["SKU", "Price EUR", "Price USD"],
        ),
        ([["A", "B"], ["a", None, "c"]], ["A a", "B", "B c"]),
        ([["Title"], [" a ", 5]], ["Title a", "Title 5"]),
        ([["a", None, "c"]], ["a", None, "c"]),
    ],
)
def test_rows_are_joined(lines, expected):
    assert joined_header(lines) == expected


@pytest.mark.parametrize(
    ("rows", "header_row", "expected"),
    [
        ([["SKU", "Price", None], [None, "EUR", "USD"], ["A", 1, 2]], 1, (2, 2)),
        ([["2024", None, "2025"], ["Jan", "Feb", "Jan"], [1, 2, 3]], 2, (2, 2)),
        # One row is enough: each column has a name of its own.
        ([["Goods", None, "Price"], ["Code", "Name", "EUR"], ["A", "b", 5]], 2, (2, 1)),
        ([["SKU", "Name", None], ["A1", None, "x"], ["A2", "Saw", None]], 1, (1, 1)),
        ([["SKU", "Name"], ["A1", "A1"], ["A2", "A2"]], 1, (1, 1)),
        ([["Stock list", None], ["SKU", "SKU"], ["A1", "b"]], 2, (2, 1)),
        ([["SKU", "Price"]], 1, (1, 1)),
    ],
)
def test_two_rows_are_proposed_where_one_does_not_name_all(rows, header_row, expected):
    assert propose_lines(rows, header_row) == expected


def workbook(folder: Path) -> Path:
    book = Workbook()
    for line in (["Goods", None, "Price"], ["Code", "Name", "EUR"], ["A1", "Saw", 5]):
        book.active.append(line)
    path = folder / "two.xlsx"
    book.save(path)
    return path


def text(folder: Path) -> Path:
    path = folder / "two.csv"
    path.write_text("Goods,,Price\nCode,Name,EUR\nA1,Saw,5\n")
    return path


@pytest.mark.parametrize("made", [workbook, text])
def test_readers_take_both_rows(tmp_path, made):
    reader = open_reader(made(tmp_path), None, 2, 2)

    frames = list(map(as_objects, reader.frames(100)))

    assert reader.headers == ["Goods Code", "Goods Name", "Price EUR"]
    assert frames[0].index.tolist() == [3]
    assert frames[0].iloc[0, :2].tolist() == ["A1", "Saw"]
