# ruff: noqa: DTZ001 - what is in a sheet has no zone
from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataio.errors import UnknownFormat
from dataio.readers import DelimitedReader, as_objects
from dataio.writers import FORMATS, OutputColumn, WriteOptions, open_writer


def frame_of(kind: pa.DataType, *values: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": pd.Series(pa.array(values, kind), dtype=pd.ArrowDtype(kind)),
            "end": pd.Series(["end"] * len(values), dtype=pd.ArrowDtype(pa.string())),
        }
    )


def write(path, *frames, header="A", **options):
    columns = [
        OutputColumn(name="a", header=header, kind=""),
        OutputColumn(name="end", header="End", kind=""),
    ]
    with open_writer(path, "csv", WriteOptions(columns=columns, **options)) as writer:
        for frame in frames:
            writer.write(frame)
    return writer


def read(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def written(path, kind, *values, **options):
    write(path, frame_of(kind, *values), **options)
    return [row[0] for row in read(path)[1:]]


def unguarded(text: str) -> str:
    """Take back what the writer did, by the rule of its docstring."""
    bare = text.lstrip("'")
    guarded = text.startswith("'") and bare[:1] in tuple(
        "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    )
    return text[1:] if guarded and bare else text


NASTY = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
    ),
    st.text("'=+-@\t\r\n\",;x ", max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(NASTY, min_size=1, max_size=20))
def test_every_text_comes_back_and_none_is_a_formula(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("texts") / "file.csv"
    found = written(path, pa.string(), *texts)
    assert [unguarded(text) for text in found] == texts
    assert not [
        text
        for text in found
        if text.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
    ]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.int64(), -5, "-5"),
        (pa.int64(), 2**63 - 1, "9223372036854775807"),
        (pa.decimal128(38, 4), Decimal("-0.5700"), "-0.5700"),
        (
            pa.decimal128(38, 2),
            Decimal("12345678901234567890.10"),
            "12345678901234567890.10",
        ),
        (pa.float64(), 0.1 + 0.2, "0.30000000000000004"),
        (pa.float64(), float("nan"), ""),
        (pa.float64(), float("inf"), ""),
        (pa.bool_(), True, "TRUE"),
        (pa.bool_(), False, "FALSE"),
        (pa.bool_(), None, ""),
        (pa.string(), None, ""),
        (pa.string(), "-5", "'-5"),
        (pa.string(), "''=x", "'''=x"),
        (pa.date32(), dt.date(1850, 1, 2), "1850-01-02"),
        (pa.timestamp("us"), dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (
            pa.timestamp("us"),
            dt.datetime(2026, 1, 2, 3, 4, 5, 250_000),
            "2026-01-02T03:04:05.25",
        ),
        (
            pa.timestamp("us", "UTC"),
            dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC),
            "2026-07-02T00:30:00+02:00",
        ),
        (pa.time64("us"), dt.time(9, 30), "09:30:00"),
        (pa.duration("us"), dt.timedelta(days=1, hours=2, minutes=5), "26:05:00"),
        (
            pa.duration("us"),
            -dt.timedelta(minutes=30, microseconds=5),
            "-0:30:00.000005",
        ),
        (pa.duration("us"), None, ""),
    ],
)
def test_each_value_has_one_form(tmp_path, kind, value, expected):
    zone = ZoneInfo("Europe/Berlin")
    assert written(tmp_path / "file.csv", kind, value, timezone=zone) == [expected]


def test_the_file_begins_with_the_mark_that_excel_needs(tmp_path):
    path = tmp_path / "file.csv"
    write(path, frame_of(pa.string(), "ü"))
    assert path.read_bytes() == b'\xef\xbb\xbf"A","End"\n"\xc3\xbc","end"\n'


def test_the_mark_and_the_delimiter_are_choices(tmp_path):
    path = tmp_path / "file.csv"
    write(path, frame_of(pa.string(), "a;b"), byte_order_mark=False, delimiter=";")
    assert path.read_bytes().startswith(b'"A";"End"')
    assert read(path, ";")[1] == ["a;b", "end"]


def test_a_header_cannot_be_a_formula(tmp_path):
    path = tmp_path / "file.csv"
    write(path, header="=1+1")
    assert read(path) == [["'=1+1", "End"]]


def test_frames_follow_each_other(tmp_path):
    path = tmp_path / "file.csv"
    writer = write(path, frame_of(pa.int64(), 1, 2), frame_of(pa.int64(), 3))
    assert [row[0] for row in read(path)] == ["A", "1", "2", "3"]
    assert writer.rows == 3


def test_an_error_midway_leaves_nothing(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    options = WriteOptions(columns=[OutputColumn(name="a", header="A", kind="")])
    with pytest.raises(RuntimeError, match="midway"):
        with open_writer(folder / "file.csv", "csv", options) as writer:
            writer.write(frame_of(pa.int64(), 1))
            raise RuntimeError("midway")
    assert list(folder.iterdir()) == []


def test_an_unknown_format_lists_those_there_are(tmp_path):
    with pytest.raises(UnknownFormat) as caught:
        open_writer(tmp_path / "file.pdf", "pdf", WriteOptions(columns=[]))
    assert (
        caught.value.message
        == 'Files of the kind "pdf" cannot be written. There are: xlsx, csv, ods, jsonl, parquet.'
    )


def test_each_format_has_a_suffix_a_label_and_a_content_type():
    assert [(f.suffix, str(f.label), f.content_type) for f in FORMATS.values()] == [
        (
            ".xlsx",
            "Excel workbook",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (".csv", "Comma-separated text (CSV)", "text/csv; charset=utf-8"),
        (
            ".ods",
            "OpenDocument spreadsheet",
            "application/vnd.oasis.opendocument.spreadsheet",
        ),
        (".jsonl", "JSON lines, for programs", "application/x-ndjson"),
        (".parquet", "Parquet, for programs", "application/vnd.apache.parquet"),
    ]


PRINTED = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.one_of(
            st.text(PRINTED, min_size=1, max_size=20),
            st.text("'=+-@;,\"x", min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_our_own_reader_takes_back_what_was_put_before_a_formula(
    tmp_path_factory, texts
):
    path = tmp_path_factory.mktemp("texts") / "file.csv"
    write(path, frame_of(pa.string(), *texts))
    (frame,) = map(as_objects, DelimitedReader(path).frames(1_000))
    assert frame["A"].tolist() == texts


def test_the_guard_can_be_switched_off(tmp_path):
    path = tmp_path / "file.csv"
    write(path, frame_of(pa.string(), "=1+1"), header="-A", guard_formulas=False)
    assert read(path) == [["-A", "End"], ["=1+1", "end"]]
