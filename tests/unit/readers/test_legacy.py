"""Old Excel workbooks, read in a process of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xlwt

from dataio.errors import DataioError
from dataio.readers import as_objects, guard, open_reader, peek

HEADER = ["SKU", "Name", "Price", "Created", "Active"]
ROWS = [
    [f"00{n}", f"Dụng cụ {n}", n + 0.5, dt.date(2024, 2, n), n % 2 == 0]
    for n in range(1, 6)
]


@pytest.fixture
def old_workbook(tmp_path: Path) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sản phẩm")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, cells in enumerate([HEADER, *ROWS]):
        for place, cell in enumerate(cells):
            style = [day] if isinstance(cell, dt.date) else []
            sheet.write(number, place, cell, *style)
    path = tmp_path / "old"
    book.save(str(path))
    return path


def test_every_cell_of_an_xls_is_read(old_workbook):
    guard(old_workbook)
    seen = peek(old_workbook)
    assert (seen.format, [sheet.name for sheet in seen.sheets]) == ("xls", ["Sản phẩm"])
    [frame] = map(as_objects, open_reader(old_workbook).frames(10))
    assert list(frame.columns) == HEADER
    assert list(frame.index) == [2, 3, 4, 5, 6]
    assert frame.to_numpy().tolist() == ROWS


def test_a_damaged_xls_is_refused_in_a_sentence(old_workbook):
    whole = old_workbook.read_bytes()
    old_workbook.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataioError) as refused:
        list(open_reader(old_workbook).frames(10))
    assert str(refused.value).endswith(".")
