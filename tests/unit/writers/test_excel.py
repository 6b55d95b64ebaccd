# mypy: disable-error-code="index, union-attr, arg-type, list-item, var-annotated, attr-defined"
# ruff: noqa: DTZ001 - what is in a sheet has no zone
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from dataio.writers import OutputColumn, WriteOptions, WriteProgress, open_writer

BERLIN = ZoneInfo("Europe/Berlin")


def frame_of(kind: pa.DataType, *values: object) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(values, dtype=pd.ArrowDtype(kind))})


def write(path, *frames, columns=(("a", "A"),), **options):
    output = [
        OutputColumn(name=name, header=header, kind="") for name, header in columns
    ]
    with open_writer(path, "xlsx", WriteOptions(columns=output, **options)) as writer:
        for frame in frames:
            writer.write(frame)
    return writer


def read(path, sheet=0):
    """Return the cells under the header, by row; texts as Excel shows them."""
    book = openpyxl.load_workbook(path)
    rows = list(book.worksheets[sheet].iter_rows(min_row=2, values_only=True))
    return [
        tuple(unescape(c) if isinstance(c, str) else c for c in row) for row in rows
    ]


def written(path, kind, *values, **options):
    write(path, frame_of(kind, *values), **options)
    return [row[0] for row in read(path)]


TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.sampled_from(
            ["=1+1", "_x0041_", "_x005F_x0041_", "a\x08b", "\r\n", " x ", "😀", "0012"]
        ),
    ).filter(bool),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS)
def test_every_text_comes_back_as_it_was(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("texts") / "book.xlsx"
    # openpyxl's XML parser turns a lone CR of an unescaped text into LF; ours are escaped.
    assert written(path, pa.string(), *texts) == texts


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(
        st.one_of(
            st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-1000, 1000)
        ),
        min_size=1,
        max_size=20,
    )
)
def test_every_whole_number_keeps_all_its_digits(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("numbers") / "book.xlsx"
    expected = [str(n) if n is not None and abs(n) >= 10**15 else n for n in numbers]
    found = written(path, pa.int64(), *numbers, None, 1)
    assert found[: len(numbers)] == expected


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(
        st.decimals(-(10**17), 10**17, allow_nan=False, places=2),
        min_size=1,
        max_size=20,
    )
)
def test_every_decimal_is_exact(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("decimals") / "book.xlsx"
    found = written(path, pa.decimal128(22, 2), *numbers)
    shown = [
        Decimal(cell) if isinstance(cell, str) else Decimal(repr(cell))
        for cell in found
    ]
    assert shown == numbers
    for cell, number in zip(found, numbers, strict=True):
        significant = str(abs(number)).replace(".", "").strip("0")
        assert isinstance(cell, str) == (len(significant) > 15)


@settings(max_examples=60, deadline=None)
@given(moments=st.lists(st.datetimes(dt.datetime(1900, 1, 1)), min_size=1, max_size=20))
def test_every_datetime_from_1900_comes_back_to_the_millisecond(
    tmp_path_factory, moments
):
    path = tmp_path_factory.mktemp("moments") / "book.xlsx"
    moments = [m.replace(microsecond=m.microsecond // 1000 * 1000) for m in moments]
    assert written(path, pa.timestamp("us"), *moments) == moments


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.bool_(), True, True),
        (pa.bool_(), False, False),
        (pa.float64(), 0.1 + 0.2, 0.1 + 0.2),
        (pa.float64(), float("nan"), None),
        (pa.float64(), float("-inf"), None),
        (pa.string(), "", None),
        (pa.string(), None, None),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.decimal128(12, 2), Decimal("0.57"), 0.57),
        (pa.decimal128(38, 0), Decimal(10) ** 20, 1e20),
        (pa.date32(), dt.date(1900, 1, 1), dt.datetime(1900, 1, 1)),
        (pa.date32(), dt.date(1900, 2, 28), dt.datetime(1900, 2, 28)),
        (pa.date32(), dt.date(1900, 3, 1), dt.datetime(1900, 3, 1)),
        (pa.date32(), dt.date(9999, 12, 31), dt.datetime(9999, 12, 31)),
        (pa.date32(), dt.date(1899, 12, 31), "1899-12-31"),
        (pa.timestamp("us"), dt.datetime(1850, 5, 1, 8, 30), "1850-05-01T08:30:00"),
        (pa.time64("us"), dt.time(23, 59, 59), dt.time(23, 59, 59)),
        (
            pa.duration("us"),
            dt.timedelta(hours=26, minutes=5),
            dt.timedelta(hours=26, minutes=5),
        ),
        (pa.duration("us"), -dt.timedelta(minutes=90), "-1:30:00"),
        (pa.list_(pa.int64()), [1, 2], "[1, 2]"),
        (pa.dictionary(pa.int8(), pa.string()), "red", "red"),
    ],
)
def test_each_odd_value_has_one_outcome(tmp_path, kind, value, expected):
    path = tmp_path / "book.xlsx"
    # The last row is there because openpyxl leaves empty rows at the end out.
    both = pd.DataFrame(
        {
            "a": pd.Series(pa.array([value], kind), dtype=pd.ArrowDtype(kind)),
            "end": pd.Series(["end"], dtype=pd.ArrowDtype(pa.string())),
        }
    )
    write(path, both, columns=[("a", "A"), ("end", "End")])
    assert read(path) == [(expected, "end")]


def test_a_datetime_with_a_zone_is_written_in_the_local_time_of_the_writer(tmp_path):
    summer = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    found = written(
        tmp_path / "b.xlsx", pa.timestamp("us", "UTC"), summer, timezone=BERLIN
    )
    assert found == [dt.datetime(2026, 7, 2, 0, 30)]


def test_a_text_that_is_too_long_is_cut_and_noted(tmp_path):
    path = tmp_path / "book.xlsx"
    fits, ascii_text, emoji = "x" * 32_767, "x" * 32_768, "😀" * 17_000
    writer = write(path, frame_of(pa.string(), fits, ascii_text, emoji, None))
    found = [row[0] for row in read(path)]
    assert found[:3] == [fits, "x" * 32_766 + "…", "😀" * 16_383 + "…"]
    assert writer.notes == [
        '2 texts in "A" are longer than a cell holds (32767 characters) and were cut.'
    ]


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path):
    path = tmp_path / "book.xlsx"
    write(path, frame_of(pa.string(), "=1+1", "@SUM(A1)", "https://example.com"))
    cells = openpyxl.load_workbook(path).active["A"][1:]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells] == ["=1+1", "@SUM(A1)", "https://example.com"]
    assert not any(cell.hyperlink for cell in cells)


def test_rows_beyond_a_sheet_go_on_in_the_next_one_with_the_same_header(tmp_path):
    path = tmp_path / "book.xlsx"
    frames = [frame_of(pa.int64(), *range(start, start + 4)) for start in (0, 4, 8)]
    writer = write(path, *frames, sheet_name="Products", sheet_rows=5)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Products", "Products 2", "Products 3"]
    assert [sheet["A1"].value for sheet in book] == ["A", "A", "A"]
    assert [read(path, n) for n in range(3)] == [
        [(n,) for n in range(start, end)] for start, end in [(0, 5), (5, 10), (10, 12)]
    ]
    assert writer.rows == 12


def test_a_long_number_on_a_later_sheet_does_not_disturb_the_others(tmp_path):
    path = tmp_path / "book.xlsx"
    write(
        path, frame_of(pa.int64(), 1, 2), frame_of(pa.int64(), 10**15, 4), sheet_rows=2
    )
    assert read(path, 0) + read(path, 1) == [(1,), (2,), ("1000000000000000",), (4,)]


def test_a_file_without_rows_has_its_header(tmp_path):
    path = tmp_path / "book.xlsx"
    writer = write(path)
    assert openpyxl.load_workbook(path).active["A1"].value == "A"
    assert (writer.rows, writer.notes) == (0, [])


def test_a_frame_of_another_type_follows_the_first(tmp_path):
    path = tmp_path / "book.xlsx"
    write(
        path,
        frame_of(pa.string(), "x"),
        pd.DataFrame({"a": [None]}),
        frame_of(pa.int64(), 7),
    )
    assert read(path) == [("x",), (None,), ("7",)]


def test_the_sheet_is_dressed(tmp_path):
    path = tmp_path / "book.xlsx"
    kinds = {
        "text": (pa.string(), "x" * 200),
        "whole": (pa.int64(), 5),
        "price": (pa.decimal128(12, 3), Decimal("12345678.500")),
        "day": (pa.date32(), dt.date(2026, 1, 2)),
        "moment": (pa.timestamp("us"), dt.datetime(2026, 1, 2, 3, 4, 5)),
        "time": (pa.duration("us"), dt.timedelta(hours=30)),
    }
    frame = pd.DataFrame(
        {n: pd.Series([v], dtype=pd.ArrowDtype(kind)) for n, (kind, v) in kinds.items()}
    )
    write(path, frame, columns=[(name, name.title()) for name in kinds])
    sheet = openpyxl.load_workbook(path).active
    assert [cell.number_format for cell in sheet[2]] == [
        "@",
        "0",
        "0.000",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm:ss",
        "[h]:mm:ss",
    ]
    widths = [round(sheet.column_dimensions[letter].width) for letter in "ABCDEF"]
    assert widths == [61, 10, 14, 12, 21, 11]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F2")
    assert all(cell.font.b and cell.fill.fgColor.rgb == "FFE8EDF5" for cell in sheet[1])


def test_repeated_headers_are_told_apart(tmp_path):
    path = tmp_path / "book.xlsx"
    frame = frame_of(pa.string(), "x").assign(b="y")
    write(path, frame, columns=[("a", "Name"), ("b", "Name")])
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    assert rows == [("Name", "Name (2)"), ("x", "y")]


@pytest.fixture
def folder(tmp_path):
    """An empty folder."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


class Stopped(Exception):
    pass


def stop(*args):
    raise Stopped


@pytest.mark.parametrize("value", [1, 10**15])
@pytest.mark.parametrize(
    "progress", [WriteProgress(writing=stop), WriteProgress(packing=stop)]
)
def test_stopping_while_the_file_is_finished_leaves_the_old_file(
    folder, progress, value
):
    path = folder / "book.xlsx"
    path.write_text("old")
    with pytest.raises(Stopped):
        write(path, frame_of(pa.int64(), value), progress=progress)
    assert [file.name for file in folder.iterdir()] == ["book.xlsx"]
    assert path.read_text() == "old"


def test_an_error_midway_leaves_nothing(folder):
    options = WriteOptions(columns=[OutputColumn(name="a", header="A", kind="")])
    with pytest.raises(Stopped):
        with open_writer(folder / "book.xlsx", "xlsx", options) as writer:
            writer.write(frame_of(pa.int64(), 1))
            raise Stopped
    assert list(folder.iterdir()) == []


def test_progress_is_told_of_every_row(tmp_path):
    told = []
    progress = WriteProgress(
        writing=told.append, packing=lambda: told.append("packing")
    )
    frame = frame_of(pa.int64(), *range(25_000))
    write(tmp_path / "book.xlsx", frame, progress=progress)
    assert told == [*[2_500] * 10, "packing"]
