"""No text of a file is run by a spreadsheet, and each comes back as it was."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from dataio.readers import as_objects, guard, open_reader
from dataio.writers import open_writer
from dataio.writers.base import OutputColumn, WriteOptions

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
"""As OWASP lists what a spreadsheet may run, and their full-width forms."""
RESTS = [
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://127.0.0.1/?"&A1,"x")',
    "",
    "\u00e9;,",
]
BEFORE = ["", "'", "''", '"', "x", " "]
TEXTS = [
    before + start + rest for start in STARTS for before in BEFORE for rest in RESTS
]
TEXTS += ["'", "''", "'tis", "'1", '"', '""', "'\"=1"]  # fmt: skip


def written(path: Path, kind: str, **options: object) -> Path:
    columns = [OutputColumn(name=name, header=name, kind="text") for name in ("A", "B")]
    cells = pd.Series(TEXTS, dtype=pd.ArrowDtype(pa.string()))
    with open_writer(path, kind, WriteOptions(columns=columns, **options)) as writer:
        writer.write(pd.DataFrame({"A": cells, "B": cells}))
    return path


def read_back(path: Path) -> list[str]:
    guard(path)
    (frame,) = map(as_objects, open_reader(path).frames(10_000))
    return frame["B"].tolist()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [True, False])
def test_a_csv_guards_each_start_and_every_text_comes_back(
    tmp_path: Path, delimiter: str, mark: bool
):
    path = written(
        tmp_path / "file.csv", "csv", delimiter=delimiter, byte_order_mark=mark
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        _header, *rows = csv.reader(file, delimiter=delimiter)
    assert not [cell for row in rows for cell in row if cell[:1] in STARTS]
    assert read_back(path) == TEXTS


def test_a_csv_has_the_texts_themselves_where_that_is_chosen(tmp_path: Path):
    path = written(tmp_path / "file.csv", "csv", guard_formulas=False)
    with path.open(encoding="utf-8-sig", newline="") as file:
        _header, *rows = csv.reader(file)
    assert [row[0] for row in rows] == TEXTS


def test_a_workbook_has_texts_and_no_formula(tmp_path: Path):
    path = written(tmp_path / "file.xlsx", "xlsx")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f" not in sheet
    cells = [row[0] for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(2)]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert not [cell for cell in cells if cell.data_type == "n" and cell.value]
    assert read_back(path) == TEXTS


def test_an_open_document_has_texts_and_no_formula(tmp_path: Path):
    path = written(tmp_path / "file.ods", "ods")
    with zipfile.ZipFile(path) as archive:
        assert b"table:formula" not in archive.read("content.xml")
