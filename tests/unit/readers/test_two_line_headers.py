"""Headers in two rows: the upper text stands over the blank cells to its right."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from dataio.readers import open_reader
from dataio.readers.base import joined_header


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

    frames = list(reader.frames(100))

    assert reader.headers == ["Goods Code", "Goods Name", "Price EUR"]
    assert frames[0].index.tolist() == [3]
    assert frames[0].iloc[0, :2].tolist() == ["A1", "Saw"]
