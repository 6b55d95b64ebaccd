"""Rejected rows come back exactly: value and type of each cell."""

from __future__ import annotations

import datetime as dt
import math
import random
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dataio.columns.problems import join_problems, problems_of
from dataio.imports.rejected import Rejected, keep, read, read_rows, remove

ZONE = dt.timezone(dt.timedelta(hours=7))
ODD = [
    None,
    "",
    " ",
    "00042",
    "=1+1",
    "Đà Nẵng 日本 😀",
    "half \ud800",
    "nul \0",
    "a\r\nb",
    True,
    False,
    0,
    1,
    -(10**40),
    2**63,
    1.0,
    -0.0,
    0.1,
    5e-324,
    1.7976931348623157e308,
    math.inf,
    -math.inf,
    Decimal("1.10"),
    dt.date(1, 1, 1),
    dt.date(9999, 12, 31),
    dt.datetime(2024, 2, 29, 23, 59, 59, 999999),  # noqa: DTZ001
    dt.datetime(2024, 2, 29, 1, tzinfo=ZONE),
    dt.time(0, 0),
    dt.time(23, 59, 59, 1),
    dt.timedelta(0),
    dt.timedelta(days=-999_999_999),
    dt.timedelta(days=5, microseconds=-1),
]


def frame(*columns: list, first_row: int = 2) -> pd.DataFrame:
    return pd.DataFrame(
        {
            f"c{place}": pd.Series(cells, dtype=object)
            for place, cells in enumerate(columns)
        },
        dtype=object,
    ).set_axis(range(first_row, first_row + len(columns[0])), axis=0)


def round_trip(cells: pd.DataFrame, path) -> Rejected:
    problems = problems_of(cells["c0"], "c0", "odd", lambda seen: f"{seen} is odd")
    keep(Rejected(cells=cells, problems=problems), path)
    return read(path)


def exactly(cells: pd.DataFrame) -> list[list[tuple]]:
    """Cells with their types: 1, 1.0 and True are equal, and so are 0.0 and -0.0."""
    return [
        [(type(cell), repr(cell)) for cell in row] for row in cells.to_numpy().tolist()
    ]


def test_every_kind_of_cell_comes_back(tmp_path):
    cells = frame(ODD, list(reversed(ODD)), [None] * len(ODD))
    found = round_trip(cells, tmp_path / "r.parquet").cells
    assert exactly(found) == exactly(cells)
    assert list(found.index) == list(cells.index)
    assert list(found.columns) == list(cells.columns)


@pytest.mark.parametrize("seed", range(20))
def test_any_mixture_of_cells_comes_back(tmp_path, seed):
    chance = random.Random(seed)
    rows = chance.randrange(1, 60)

    def cell() -> object:
        return chance.choice(
            [
                chance.choice(ODD),
                chance.uniform(-1e9, 1e9),
                chance.randrange(-(2**70), 2**70),
                "".join(chr(chance.randrange(0x11_0000)) for _ in range(5)),
                dt.datetime(1900, 1, 1)  # noqa: DTZ001
                + dt.timedelta(microseconds=chance.randrange(10**17)),
                dt.timedelta(microseconds=chance.randrange(-(10**17), 10**17)),
            ]
        )

    columns = [[cell() for _row in range(rows)] for _column in range(4)]
    cells = frame(*columns, first_row=chance.randrange(1, 10**6))
    assert exactly(round_trip(cells, tmp_path / "r.parquet").cells) == exactly(cells)


def test_what_a_hook_may_give_becomes_a_plain_cell(tmp_path):
    cells = frame([np.int64(3), np.float64(0.5), np.bool_(True), pd.NA, pd.NaT])
    cells.loc[9, "c0"] = pd.Timestamp("2024-01-02 03:04")
    found = round_trip(cells, tmp_path / "r.parquet").cells["c0"].tolist()
    assert [(type(cell), cell) for cell in found] == [
        (int, 3),
        (float, 0.5),
        (bool, True),
        (type(None), None),
        (type(None), None),
        (dt.datetime, dt.datetime(2024, 1, 2, 3, 4)),  # noqa: DTZ001
    ]


def test_a_cell_of_another_type_is_refused_by_name(tmp_path):
    with pytest.raises(TypeError, match="complex"):
        round_trip(frame([1j]), tmp_path / "r.parquet")
    assert not (tmp_path / "r.parquet").exists()


def test_problems_come_back_however_many(tmp_path):
    cells = frame(["a", "b"], ["c", None])
    problems = join_problems(
        problems_of(cells[name], name, "odd", lambda seen: f"{seen}!") for name in cells
    )
    keep(Rejected(cells=cells, problems=problems), tmp_path / "r.parquet")
    pd.testing.assert_frame_equal(
        read(tmp_path / "r.parquet").problems, problems, check_dtype=False
    )
    assert read_rows(tmp_path / "r.parquet").tolist() == [2, 3]


def test_nothing_is_left_once_removed(tmp_path):
    round_trip(frame(["a"]), tmp_path / "r.parquet")
    remove(tmp_path / "r.parquet")
    remove(tmp_path / "r.parquet")
    assert list(tmp_path.iterdir()) == []
