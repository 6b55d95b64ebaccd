# ruff: noqa: DTZ001 - days and times without a zone are meant
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataio.writers import OutputColumn, WriteOptions, open_writer
from tests.unit.writers.steps import frame_of, output, write

MOMENTS = st.datetimes(dt.datetime(1700, 1, 1), timezones=st.just(dt.UTC))
VALUES = [
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"]))),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.decimal128(38, 4), st.decimals(-(10**30), 10**30, places=4)),
    (pa.float64(), st.floats(allow_nan=False)),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.dates()),
    (pa.timestamp("us", "UTC"), MOMENTS),
    (pa.time64("us"), st.times()),
    (pa.duration("us"), st.timedeltas(-dt.timedelta(9999), dt.timedelta(9999))),
]


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=lambda one: str(one)[:12])
def test_every_value_comes_back_as_it_was(tmp_path_factory, kind, values):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.one_of(st.none(), values), min_size=1, max_size=20))
    def holds(cells):
        path = tmp_path_factory.mktemp("values") / "file.parquet"
        write(path, frame_of(a=(kind, cells)))
        found = pq.read_table(path).column("a")
        assert found.type == kind
        assert found.to_pylist() == cells

    holds()


def test_a_moment_keeps_its_zone(tmp_path):
    path = tmp_path / "file.parquet"
    summer = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    frame = frame_of(a=(pa.timestamp("us", "UTC"), [summer]))
    write(path, frame, timezone=ZoneInfo("Europe/Berlin"))
    found = pq.read_table(path).column("a")
    assert found.type == pa.timestamp("us", "Europe/Berlin")
    assert found.to_pylist() == [summer]


def test_frames_are_row_groups_of_one_schema(tmp_path):
    path = tmp_path / "file.parquet"
    columns = [OutputColumn(name="a", header="Amount (€)", kind="decimal")]
    frames = [
        frame_of(a=(pa.decimal128(12, 2), [Decimal("1.50")])),
        frame_of(a=(pa.decimal128(5, 1), [Decimal("2.0")])),
    ]
    write(path, *frames, columns=columns)
    file = pq.ParquetFile(path)
    assert file.num_row_groups == 2
    assert file.read().column("a").to_pylist() == [Decimal("1.50"), Decimal("2.00")]
    assert file.schema_arrow.field("a").metadata[b"header"] == "Amount (€)".encode()


def test_a_file_without_rows_has_its_columns(tmp_path):
    path = tmp_path / "file.parquet"
    typed = OutputColumn(name="b", header="B", kind="integer", arrow_type=pa.int64())
    write(path, columns=[*output("a"), typed])
    table = pq.read_table(path)
    assert (table.schema.names, table.schema.types) == (
        ["a", "b"],
        [pa.string(), pa.int64()],
    )
    assert table.num_rows == 0


def test_an_error_midway_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="midway"):
        options = WriteOptions(columns=output("a"))
        with open_writer(tmp_path / "file.parquet", "parquet", options) as writer:
            writer.write(frame_of(a=(pa.int64(), [1])))
            raise RuntimeError("midway")
    assert list(tmp_path.iterdir()) == []
