# mypy: disable-error-code="index, union-attr, arg-type, attr-defined"
# ruff: noqa: DTZ001 - what is in a sheet has no zone
"""What LibreOffice makes of our workbooks: opened, saved again as xlsx, and read."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from dataio.writers import Chart, Outline, Summary, WriteOptions, open_writer
from tests.unit.writers.steps import frame_of, output, write

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


@dataclass
class Case:
    """A value and what it is after LibreOffice; the same in both unless said."""

    name: str
    kind: pa.DataType
    value: Any
    xlsx: Any
    ods: Any = "the same"


MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 250_000)
CASES = [
    Case("formula", pa.string(), "=1+1", "=1+1"),
    Case("zeros", pa.string(), "0012", "0012"),
    Case("spaces", pa.string(), " a  b ", " a  b "),
    Case("lines", pa.string(), "a\nb\tc", "a\nb\tc"),
    Case("windows_lines", pa.string(), "a\r\nb", "a\nb"),
    Case("markup", pa.string(), "<&>\"'😀", "<&>\"'😀"),
    # LibreOffice shows the escape that Excel decodes.
    Case("control", pa.string(), "a\x08b", "a_x0008_b", "a\ufffdb"),
    Case("escape", pa.string(), "_x0041_", "_x0041_"),
    Case("long", pa.string(), "x" * 40_000, "x" * 32_766 + "…"),
    Case("empty", pa.string(), "", None),
    Case("missing", pa.string(), None, None),
    Case("fifteen", pa.int64(), 999_999_999_999_999, 999_999_999_999_999),
    Case("sixteen", pa.int64(), 2**53 + 1, "9007199254740993"),
    Case("exact", pa.decimal128(12, 2), Decimal("0.57"), 0.57),
    Case(
        "exact_long",
        pa.decimal128(22, 2),
        Decimal("12345678901234567.89"),
        "12345678901234567.89",
    ),
    Case("small", pa.float64(), -1e-300, -1e-300),
    Case("not_a_number", pa.float64(), float("nan"), None),
    Case("infinite", pa.float64(), float("inf"), None),
    Case("day", pa.date32(), dt.date(2026, 1, 2), dt.datetime(2026, 1, 2)),
    Case(
        "old_day",
        pa.date32(),
        dt.date(1850, 5, 1),
        "1850-05-01",
        dt.datetime(1850, 5, 1),
    ),
    Case("leap", pa.date32(), dt.date(1900, 2, 28), dt.datetime(1900, 2, 28)),
    Case("moment", pa.timestamp("us"), MOMENT, MOMENT),
    Case(
        "zoned",
        pa.timestamp("us", "UTC"),
        dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC),
        dt.datetime(2026, 7, 2, 0, 30),
    ),
    Case("time", pa.time64("us"), dt.time(9, 30), dt.time(9, 30)),
    Case(
        "span",
        pa.duration("us"),
        dt.timedelta(hours=26, minutes=5),
        dt.timedelta(hours=26, minutes=5),
    ),
    Case(
        "negative_span",
        pa.duration("us"),
        -dt.timedelta(minutes=90),
        "-1:30:00",
        -dt.timedelta(minutes=90),
    ),
    # LibreOffice saves true and false as formulas.
    Case("yes", pa.bool_(), True, True),
    Case("list", pa.list_(pa.int64()), [1, 2], "[1, 2]"),
]
SALES = frame_of(
    name=(pa.string(), ["a", "b", "Sum", "c", "Sum", "All"]),
    price=(pa.int64(), [1, 2, 3, 4, 4, 7]),
)
OUTLINE = Outline(
    levels=[2, 2, 1, 2, 1, 0],
    strong=[False, False, True, False, True, True],
    summed={"price"},
)
PIVOT = pd.DataFrame(
    {"Toys": [1, 2], "Tools": [3, 4]}, index=pd.Index(["Jan", "Feb"], name="Month")
)


def write_odd(path: Path) -> None:
    frame = frame_of(**{case.name: (case.kind, [case.value]) for case in CASES})
    write(path, frame, timezone=ZoneInfo("Europe/Berlin"))


def write_layouts(path: Path) -> None:
    options = WriteOptions(totals=True, table=path.stem.endswith("table"))
    with open_writer(path, path.suffix[1:], options) as writer:
        writer.sheet("Folded", output("name", "price"))
        writer.write(SALES, OUTLINE)
        writer.sheet("It's <plain>", output("price", name="url"))
        writer.write(SALES.assign(name="https://example.com/a#b"))
        chart = Chart(kind="column")
        writer.summary(Summary(name="Summary", table=PIVOT, title="Sales", chart=chart))


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Path:
    """A folder with all files as LibreOffice saves them."""
    folder = tmp_path_factory.mktemp("libreoffice")
    for suffix in ("xlsx", "ods"):
        write_odd(folder / f"odd_{suffix}.{suffix}")
        for name in ("layout", "table"):
            write_layouts(folder / f"{suffix}_{name}.{suffix}")
    files = [str(file) for file in folder.iterdir()]
    subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder / "out"),
            *files,
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder / "out"


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_each_odd_value_has_one_outcome(opened, suffix):
    sheet = openpyxl.load_workbook(opened / f"odd_{suffix}.xlsx", data_only=True).active
    found = {name.value: cell.value for name, cell in zip(*sheet, strict=True)}
    expected = {
        case.name.title(): case.xlsx
        if suffix == "xlsx" or case.ods == "the same"
        else case.ods
        for case in CASES
    }
    assert found == expected


@pytest.mark.parametrize(
    "name", ["xlsx_layout", "xlsx_table", "ods_layout", "ods_table"]
)
def test_layouts_are_understood(opened, name):
    book = openpyxl.load_workbook(opened / f"{name}.xlsx", data_only=True)
    assert book.sheetnames == ["Summary", "Folded", "It's <plain>"]
    folded, plain = book["Folded"], book["It's <plain>"]
    assert list(folded.iter_rows(values_only=True))[1:] == [
        ("a", 1),
        ("b", 2),
        ("Sum", 3),
        ("c", 4),
        ("Sum", 4),
        ("All", 7),
        ("Total", 7),
    ]
    levels = [folded.row_dimensions[row].outlineLevel for row in range(2, 8)]
    assert levels == [2, 2, 1, 2, 1, 0]
    assert plain["A8"].value == 21
    assert plain["B2"].hyperlink is not None
    assert folded["A1"].font.b
    assert [row[-2:] for row in book["Summary"].iter_rows(values_only=True)][-2:] == [
        (1, 3),
        (2, 4),
    ]


def test_the_formulas_hold_when_they_are_computed_again(opened):
    folded = openpyxl.load_workbook(opened / "ods_layout.xlsx")["Folded"]
    assert folded["B7"].value == "=SUBTOTAL(9,B2:B6)"
    assert folded["B8"].value == "=SUBTOTAL(9,B2:B7)"


def test_the_chart_is_one_of_excel(opened):
    book = openpyxl.load_workbook(opened / "xlsx_layout.xlsx")
    assert len(book["Summary"]._charts) == 1
