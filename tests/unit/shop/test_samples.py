"""The sample workbooks."""

from __future__ import annotations

import datetime
from pathlib import Path

from openpyxl import load_workbook

from project.shop import samples


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
    ]
    assert paths[0].read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == sorted(paths)
