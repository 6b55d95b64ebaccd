"""The workbooks to time with are the same every time, and their versions differ in every row."""

from __future__ import annotations

import openpyxl
import pyarrow.parquet as pq
import pytest

from benchmarks.shapes import CREATE, UPDATE, Shape, header
from benchmarks.watch import watched, worked
from benchmarks.workbooks import table, workbook


@pytest.mark.parametrize("columns", [10, 50])
def test_the_second_version_changes_every_row_and_no_key(columns):
    shape = Shape(rows=1_000, columns=columns)
    first, second = table(shape, CREATE, 0, 1_000), table(shape, UPDATE, 0, 1_000)
    assert first.column_names == list(shape.fields)
    assert first.num_columns == columns
    assert first.column("sku").equals(second.column("sku"))
    pairs = zip(first.column("price"), second.column("price"), strict=True)
    assert all(one != two for one, two in pairs)
    assert len(set(first.column("sku").to_pylist())) == 1_000


def test_the_same_rows_come_every_time():
    shape = Shape(rows=100)
    assert table(shape, CREATE, 0, 100).equals(table(shape, CREATE, 0, 100))


def test_the_workbook_holds_what_its_parquet_file_holds(tmp_path):
    path = workbook(tmp_path, Shape(rows=20))
    sheet = openpyxl.load_workbook(path).active
    head, *rows = sheet.iter_rows(values_only=True)
    data = pq.read_table(path.with_suffix(".parquet")).to_pylist()
    assert list(head) == [header(name) for name in data[0]]
    assert len(rows) == 20
    for row, values in zip(rows, data, strict=True):
        assert row[0] == values["sku"]
        assert row[3] == float(values["price"])
        assert row[7].date() == values["created"]


def test_a_workbook_is_made_once(tmp_path):
    made = workbook(tmp_path, Shape(rows=5))
    written = made.stat().st_mtime_ns
    assert workbook(tmp_path, Shape(rows=5)).stat().st_mtime_ns == written


def test_memory_and_work_of_a_family_are_seen():
    import os

    with watched({"itself": os.getpid()}) as peaks:
        held = bytearray(50_000_000)
        del held
    assert peaks.megabytes["itself"] > 50
    assert worked([os.getpid()]) > 0
