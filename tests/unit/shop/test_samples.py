"""The sample workbooks."""

from __future__ import annotations

import datetime
from pathlib import Path

from openpyxl import load_workbook

from project.shop import order_samples, samples


def rows_of(path: Path) -> list[tuple[object, ...]]:
    return list(load_workbook(path).worksheets[0].iter_rows(values_only=True))


def test_the_clean_workbook_has_typed_cells(tmp_path: Path):
    samples.write_clean(tmp_path / "clean.xlsx", 50)
    header, first, *others = rows_of(tmp_path / "clean.xlsx")
    assert list(header) == list(samples.HEADERS.values())
    assert first == (
        "P-000001",
        "Alder blue flower pot",
        "Garden",
        306.14,
        794,
        8.18,
        True,
        datetime.datetime(2020, 10, 4),  # noqa: DTZ001 - a workbook knows no zone
        "sales8@example.com",
        "+84 28 3822 1234",
    )
    assert len(others) == 49


def test_the_dirty_workbook_has_each_flaw_as_often_as_it_says(tmp_path: Path):
    samples.write_dirty(tmp_path / "dirty.xlsx")
    header, *rows = rows_of(tmp_path / "dirty.xlsx")
    assert len(rows) == samples.DIRTY_ROWS
    for flaw in samples.FLAWS:
        place = header.index(samples.HEADERS[flaw.field])
        # Compared with the type: 3 is not "3".
        seen = [row[place] for row in rows if (type(row[place]), row[place]) == (type(flaw.value), flaw.value)]  # fmt: skip
        assert len(seen) == flaw.times, flaw
    keys = [row[0] for row in rows if row[0] is not None]
    assert len(keys) - len(set(keys)) == samples.REPEATED_SKUS


def test_it_makes_only_what_is_missing(tmp_path: Path):
    for name in ("products-1000.xlsx", "products-100000.xlsx"):
        (tmp_path / name).write_text("mine")
    paths = samples.make_samples(tmp_path)
    assert [path.name for path in paths] == [
        "products-1000.xlsx",
        "products-dirty-500.xlsx",
        "products-100000.xlsx",
        "orders-with-lines.xlsx",
        "orders-linked.xlsx",
    ]
    assert paths[0].read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_orders_stand_in_the_row_of_their_first_line(tmp_path: Path):
    order_samples.write_in_rows(tmp_path / "orders.xlsx")
    header, *rows = rows_of(tmp_path / "orders.xlsx")
    expected = list(order_samples.orders("R"))
    assert list(header) == order_samples.ORDER_HEADERS + order_samples.LINE_HEADERS
    assert len(rows) == sum(len(order.lines) for order in expected)
    assert [list(row[:5]) for row in rows if row[0]] == [one.cells for one in expected]
    assert [list(row[5:]) for row in rows] == [
        line for one in expected for line in one.lines
    ]


def test_lines_on_their_own_sheet_name_their_order(tmp_path: Path):
    order_samples.write_linked(tmp_path / "orders.xlsx")
    book = load_workbook(tmp_path / "orders.xlsx")
    assert book.sheetnames == ["Orders", "Lines"]
    expected = list(order_samples.orders("L"))
    _header, *rows = book["Lines"].iter_rows(values_only=True)
    assert [list(row) for row in rows] == [
        [one.cells[0], *line] for one in expected for line in one.lines
    ]
