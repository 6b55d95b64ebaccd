"""Columns of nothing but texts are Arrow's; `as_objects` gives the cells as they are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from dataio.readers import as_objects, open_reader
from tests.unit.readers.test_excel import save

TEXT = pd.ArrowDtype(pa.string())
LATE = 2_345
"""A row behind those that are made into columns at once."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def read(path: Path, chunk_rows: int = 10_000) -> list[pd.DataFrame]:
    return list(open_reader(path).frames(chunk_rows))


def test_only_columns_of_texts_and_blanks_are_arrows(path: Path) -> None:
    day = dt.date(2026, 3, 9)
    save(path, [["A", "B", "C", "D"], ["x", 1, None, day], [None, "y", None, None]])
    (frame,) = read(path)
    assert frame.dtypes.tolist() == [TEXT, object, TEXT, object]
    assert as_objects(frame).to_numpy().tolist() == [
        ["x", 1, None, day],
        [None, "y", None, None],
    ]


def test_a_number_far_down_makes_the_whole_column_objects(path: Path) -> None:
    rows = [[f"t{number}", "same"] for number in range(3_000)]
    rows[LATE][0] = 17
    save(path, [["A", "B"], *rows])
    (frame,) = read(path)
    assert frame.dtypes.tolist() == [object, TEXT]
    assert as_objects(frame).to_numpy().tolist() == rows


def test_a_column_that_begins_late_is_blank_above(path: Path) -> None:
    rows: list[list[object]] = [["x"] for _number in range(3_000)]
    rows[LATE] = ["x", None, "late", 5]
    save(path, [["A"], *rows])
    (frame,) = read(path)
    assert frame.columns.tolist() == ["A", "Column B", "Column C", "Column D"]
    assert frame.dtypes.tolist() == [TEXT, TEXT, TEXT, object]
    found = as_objects(frame)
    assert found.iloc[LATE].tolist() == ["x", None, "late", 5]
    assert found.drop(index=LATE + 2).iloc[:, 1:].notna().sum().tolist() == [0, 0, 0]


def test_chunks_join_to_the_same_rows_whatever_their_size(path: Path) -> None:
    rows = [[f"t{n}", n if n % 700 == 3 else None, ""] for n in range(2_500)]
    save(path, [["A", "B", "C"], *rows])
    whole = pd.concat(map(as_objects, read(path)))
    for chunk_rows in (1, 999, 1_000, 1_001):
        pieces = pd.concat(map(as_objects, read(path, chunk_rows)))
        pd.testing.assert_frame_equal(pieces, whole)
    assert whole["A"].tolist() == [row[0] for row in rows]
    assert whole["B"].tolist() == [row[1] for row in rows]
    assert set(whole["C"]) == {None}
