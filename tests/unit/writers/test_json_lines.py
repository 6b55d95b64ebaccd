# ruff: noqa: DTZ001 - days and times without a zone are meant
from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.writers.steps import frame_of, output, write


def written(path, kind, *values, **options):
    write(path, frame_of(a=(kind, [*values])), **options)
    # Only "\n" ends a line, for every program.
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal)["a"] for line in lines]


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(
        st.one_of(
            st.none(),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
            st.text('\\"\n\r\t\x00\x08\u2028\x85\x0b\x1c/u', max_size=12),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_every_text_comes_back_as_it_was(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("texts") / "file.jsonl"
    assert written(path, pa.string(), *texts) == texts


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    exact=st.lists(st.decimals(-(10**17), 10**17, places=2), min_size=1),
)
def test_every_number_keeps_all_its_digits(tmp_path_factory, numbers, exact):
    path = tmp_path_factory.mktemp("numbers") / "file.jsonl"
    assert written(path, pa.int64(), *numbers) == numbers
    assert written(path, pa.decimal128(22, 2), *exact) == exact


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.bool_(), True, True),
        (pa.bool_(), False, False),
        (pa.bool_(), None, None),
        (pa.float64(), 0.1 + 0.2, Decimal("0.30000000000000004")),
        (pa.float64(), float("nan"), None),
        (pa.float64(), float("inf"), None),
        (pa.string(), "", ""),
        (pa.string(), "=1+1", "=1+1"),
        (pa.date32(), dt.date(1850, 1, 2), "1850-01-02"),
        (pa.timestamp("us"), dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (
            pa.timestamp("us", "UTC"),
            dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC),
            "2026-07-02T00:30:00+02:00",
        ),
        (pa.time64("us"), dt.time(9, 30), "09:30:00"),
        (pa.duration("us"), -dt.timedelta(minutes=90), "-1:30:00"),
        (pa.list_(pa.string()), ["a", 'b"'], ["a", 'b"']),
        (pa.dictionary(pa.int8(), pa.string()), "red", "red"),
    ],
)
def test_each_value_has_one_form(tmp_path, kind, value, expected):
    zone = ZoneInfo("Europe/Berlin")
    assert written(tmp_path / "f.jsonl", kind, value, timezone=zone) == [expected]


def test_a_row_is_an_object_whose_keys_are_the_names_of_the_fields(tmp_path):
    path = tmp_path / "file.jsonl"
    frame = frame_of(sku=(pa.string(), ["A-1", None]), price=(pa.int64(), [1, 2]))
    writer = write(path, frame, frame[:1], columns=output("price", "sku"))
    assert path.read_text() == (
        '{"price": 1, "sku": "A-1"}\n{"price": 2, "sku": null}\n'
        '{"price": 1, "sku": "A-1"}\n'
    )
    assert writer.rows == 3


def test_a_file_without_rows_is_empty(tmp_path):
    path = tmp_path / "file.jsonl"
    write(path, columns=output("price"))
    assert path.read_bytes() == b""
