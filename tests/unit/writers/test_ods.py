# ruff: noqa: DTZ001, S314 - what is in a sheet has no zone; we parse what we wrote
from __future__ import annotations

import datetime as dt
import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine_plus import CalamineWorkbook

from dataio.writers import (
    Outline,
    OutputColumn,
    WriteOptions,
    WriteProgress,
    open_writer,
)
from tests.unit.writers.steps import frame_of, ods_rows, output, write

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
)


def column(path, kind, *values, **options):
    """Write values as a column; return what is read back, None for an empty cell."""
    ends = ["end"] * len(values)  # rows at the end that are empty are not read
    write(path, frame_of(a=(kind, [*values]), b=(pa.string(), ends)), **options)
    return [None if row[0] == "" else row[0] for row in ods_rows(path)]


def content(path):
    return zipfile.ZipFile(path).read("content.xml").decode()


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(
        st.one_of(
            st.text(CHARACTERS, min_size=1, max_size=30),
            st.text(" \tx\n<&\"'=", min_size=1, max_size=12),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_every_text_comes_back_as_it_was(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("texts") / "book.ods"
    assert column(path, pa.string(), *texts) == texts


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(
        st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-1000, 1000)),
        min_size=1,
        max_size=20,
    )
)
def test_every_whole_number_keeps_all_its_digits(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("numbers") / "book.ods"
    expected = [str(n) if abs(n) >= 10**15 else n for n in numbers]
    assert column(path, pa.int64(), *numbers) == expected


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(
        st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20
    )
)
def test_every_number_comes_back_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("numbers") / "book.ods"
    assert column(path, pa.float64(), *numbers) == numbers


@settings(max_examples=40, deadline=None)
@given(moments=st.lists(st.datetimes(dt.datetime(1600, 1, 1)), min_size=1, max_size=20))
def test_every_moment_comes_back_to_the_microsecond(tmp_path_factory, moments):
    path = tmp_path_factory.mktemp("moments") / "book.ods"
    assert column(path, pa.timestamp("us"), *moments) == moments


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.bool_(), True, True),
        (pa.bool_(), False, False),
        (pa.float64(), float("nan"), None),
        (pa.float64(), float("-inf"), None),
        (pa.string(), "", None),
        (pa.string(), None, None),
        (pa.string(), "=1+1", "=1+1"),
        (pa.string(), "0012", "0012"),
        (pa.string(), "a\r\nb\rc", "a\nb\nc"),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.decimal128(12, 2), Decimal("0.57"), 0.57),
        (pa.decimal128(22, 2), Decimal("12345678901234567.89"), "12345678901234567.89"),
        (pa.date32(), dt.date(1850, 5, 1), dt.date(1850, 5, 1)),
        (pa.date32(), dt.date(9999, 12, 31), dt.date(9999, 12, 31)),
        (pa.time64("us"), dt.time(23, 59, 59), dt.time(23, 59, 59)),
        (pa.time64("us"), dt.time(9, 30, 0, 250_000), dt.time(9, 30, 0, 250_000)),
        # As calamine shows what is a day and more, or below zero.
        (pa.duration("us"), dt.timedelta(hours=26, minutes=5), "PT26H05M00S"),
        (pa.duration("us"), -dt.timedelta(minutes=90), "-PT1H30M00S"),
        (pa.list_(pa.int64()), [1, 2], "[1, 2]"),
        (pa.dictionary(pa.int8(), pa.string()), "red", "red"),
    ],
)
def test_each_odd_value_has_one_outcome(tmp_path, kind, value, expected):
    assert column(tmp_path / "book.ods", kind, value) == [expected]


def test_a_datetime_with_a_zone_is_written_in_the_local_time_of_the_writer(tmp_path):
    summer = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    kind, zone = pa.timestamp("us", "UTC"), ZoneInfo("Europe/Berlin")
    found = column(tmp_path / "book.ods", kind, summer, timezone=zone)
    assert found == [dt.datetime(2026, 7, 2, 0, 30)]


def test_what_a_cell_cannot_hold_is_changed_and_noted(tmp_path):
    path = tmp_path / "book.ods"
    frame = frame_of(a=(pa.string(), ["a\x08b\uffff", "fine", "x" * 40_000]))
    writer = write(path, frame)
    assert [row[0] for row in ods_rows(path)] == [
        "a\ufffdb\ufffd",
        "fine",
        "x" * 32_766 + "…",
    ]
    assert writer.notes == [
        '1 text in "A" is longer than a cell holds (32767 characters) and was cut.',
        '1 text in "A" has control characters that this kind of file cannot hold; '
        'they are written as "\ufffd".',
    ]


def test_rows_beyond_a_sheet_go_on_in_the_next_one(tmp_path):
    path = tmp_path / "book.ods"
    frames = [
        frame_of(a=(pa.int64(), [*range(start, start + 4)])) for start in (0, 4, 8)
    ]
    writer = write(path, *frames, sheet_name="Products", sheet_rows=5)
    names = CalamineWorkbook.from_path(str(path)).sheet_names
    assert names == ["Products", "Products 2", "Products 3"]
    assert [len(ods_rows(path, name)) for name in names] == [5, 5, 2]
    assert writer.notes == [
        '"Products" has more rows than a sheet holds: 2 more sheets, up to '
        '"Products 3", have the rest.'
    ]


def test_the_sheet_is_dressed(tmp_path):
    path = tmp_path / "book.ods"
    write(path, frame_of(a=(pa.int64(), [1]), b=(pa.date32(), [dt.date(2026, 1, 2)])))
    file = zipfile.ZipFile(path)
    assert file.infolist()[0].filename == "mimetype"
    assert file.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
    for name in file.namelist()[1:]:
        ElementTree.fromstring(file.read(name))
    settings_xml = file.read("settings.xml").decode()
    assert re.search(r'VerticalSplitPosition" config:type="int">1<', settings_xml)
    xml = content(path)
    assert "'Sheet1'.A1:'Sheet1'.B2" in xml
    assert 'table:display-filter-buttons="true"' in xml
    columns = re.findall(r'<table:table-column table:style-name="(\w+)"', xml)
    assert columns == ["co8", "co11"]
    assert 'fo:background-color="#E8EDF5"' in xml


def test_totals_are_formulas_with_their_value(tmp_path):
    path = tmp_path / "book.ods"
    frame = frame_of(
        name=(pa.string(), ["x", "y"]),
        id=(pa.int64(), [1, 2]),
        price=(pa.decimal128(20, 2), [Decimal("1.50"), Decimal("2.25")]),
    )
    columns = [
        *output("name"),
        OutputColumn(name="id", header="Id", kind="integer", summed=False),
        *output("price"),
    ]
    write(path, frame, frame, columns=columns, totals=True)
    assert ods_rows(path)[-1] == ["Total", "", 7.5]
    assert 'table:formula="of:=SUBTOTAL(109;[.C2:.C5])"' in content(path)


def test_an_outline_folds(tmp_path):
    path = tmp_path / "book.ods"
    frame = frame_of(
        name=(pa.string(), ["a", "b", "Sum", "c", "Sum", "All"]),
        price=(pa.int64(), [1, 2, 3, 4, 4, 7]),
    )
    parts = [
        (frame[:4], [2, 2, 1, 2], [False, False, True, False]),
        (frame[4:], [1, 0], [True, True]),
    ]
    options = WriteOptions(columns=output("name", "price"))
    with open_writer(path, "ods", options) as writer:
        for part, levels, strong in parts:
            writer.write(part, Outline(levels=levels, strong=strong, summed={"price"}))
    xml = content(path)
    sums = re.findall(r"SUBTOTAL\(9;\[(.*?)\]\)", xml)
    assert sums == [".B2:.B3", ".B5:.B5", ".B2:.B6"]
    table = ElementTree.fromstring(xml).find(f".//{TABLE}table")
    assert table is not None
    outer = table.find(f"{TABLE}table-row-group")
    assert outer is not None
    kinds = [child.tag.removeprefix(f"{TABLE}table-") for child in outer]
    assert kinds == ["row-group", "row", "row-group", "row"]
    assert [row[1] for row in ods_rows(path)] == [1, 2, 3, 4, 4, 7]


def test_addresses_are_links(tmp_path):
    path = tmp_path / "book.ods"
    frame = frame_of(web=(pa.string(), ["https://e.com/?a=1&b=2", "file:///x", None]))
    write(path, frame, columns=output(web="url"))
    links = re.findall('xlink:href="(.*?)"', content(path))
    assert links == ["https://e.com/?a=1&amp;b=2"]
    assert [row[0] for row in ods_rows(path)] == ["https://e.com/?a=1&b=2", "file:///x"]


class Stopped(Exception):
    pass


def stop(*args):
    raise Stopped


@pytest.mark.parametrize(
    "progress", [WriteProgress(writing=stop), WriteProgress(packing=stop)]
)
def test_stopping_leaves_the_old_file(tmp_path, progress):
    path = tmp_path / "book.ods"
    path.write_text("old")
    with pytest.raises(Stopped):
        write(path, frame_of(a=(pa.int64(), [1])), progress=progress)
    assert [file.name for file in tmp_path.iterdir()] == ["book.ods"]
    assert path.read_text() == "old"
