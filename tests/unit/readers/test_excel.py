from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from dataio.errors import EmptyFile, PasswordProtected, UnreadableFile
from dataio.readers import as_objects, open_reader, peek, workbook
from tests.workbooks import make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def read(path: Path, chunk_rows: int = 50, **options) -> pd.DataFrame:
    return pd.concat(map(as_objects, open_reader(path, **options).frames(chunk_rows)))


def cells(path: Path) -> list[object]:
    return read(path).iloc[:, 0].tolist()


def save(path: Path, rows: list[list], name: str = "Data") -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_it_reads_cells_as_they_are(path: Path) -> None:
    when = dt.datetime.fromisoformat("2026-02-28 13:30")
    values = ["007", 7, 0.5, True, dt.date(2026, 2, 28), when, "  x "]
    save(path, [list("ABCDEFG"), values])
    frame = read(path)
    assert frame.columns.tolist() == list("ABCDEFG")
    assert frame.index.tolist() == [2]
    assert frame.index.dtype == "int64"
    assert frame.to_numpy().tolist() == [values]
    assert [type(cell) for cell in frame.loc[2]] == [type(cell) for cell in values]
    assert set(frame.dtypes.astype(str)) == {"object"}


def test_it_cuts_chunks_and_keeps_row_numbers(path: Path) -> None:
    save(path, [["N"], *[[n] for n in range(2, 3_008)]])
    reader = open_reader(path)
    assert reader.expected_rows == 3_006
    frames = list(map(as_objects, reader.frames(1_250)))
    assert [len(frame) for frame in frames] == [1_250, 1_250, 506]
    joined = pd.concat(frames)
    assert joined["N"].tolist() == joined.index.tolist() == list(range(2, 3_008))


def test_it_leaves_out_blank_rows_but_counts_them(path: Path) -> None:
    save(path, [["A", "B"], [None, 1], [None, None], ["", "x"], ["y"]])
    frame = read(path, chunk_rows=2)
    assert frame.index.tolist() == [2, 4, 5]
    assert frame.values.tolist() == [[None, 1], [None, "x"], ["y", None]]


def test_it_reads_on_after_thousands_of_blank_rows(path: Path) -> None:
    last = make.row(5_000, make.number_cell("A5000", 1))
    make.pack(path, make.parts(make.column_of("A") + last))
    assert read(path).index.tolist() == [5_000]


def test_it_skips_title_rows_and_takes_the_header_asked_for(path: Path) -> None:
    save(path, [["Stock"], [], ["SKU", "Name", "Price"], ["A", "Bolt", 1]])
    reader = open_reader(path)
    assert reader.headers == ["SKU", "Name", "Price"]
    assert read(path).index.tolist() == [4]
    assert open_reader(path, header_row=4).headers == ["A", "Bolt", "1"]


def test_it_names_repeated_and_blank_headers(path: Path) -> None:
    save(path, [["Price", None, "Price"], [1, 2, 3]])
    assert open_reader(path).headers == ["Price", "Column B", "Price (2)"]


def test_it_loses_no_value_to_the_right_of_the_header(path: Path) -> None:
    save(path, [["A"], [1], [2, None, "late"]])
    reader = open_reader(path)
    first, second = map(as_objects, reader.frames(1))
    assert first.columns.tolist() == ["A"]
    assert second.columns.tolist() == ["A", "Column B", "Column C"]
    assert second.to_numpy().tolist() == [[2, None, "late"]]
    assert reader.headers == ["A", "Column B", "Column C"]


@pytest.mark.parametrize("said", ["1", "true", "True", "on"])
def test_it_reads_dates_of_old_excel_for_mac(path: Path, said: str) -> None:
    assert cells(make.epoch_1904(path, said)) == [dt.date(2013, 7, 7)]
    assert peek(path).sheets[0].rows[1] == [dt.date(2013, 7, 7)]


@pytest.mark.parametrize("rows", [2, 31, 32, 33, 2_000])
def test_it_goes_on_behind_an_unknown_error_without_losing_a_row(
    path: Path, rows: int
) -> None:
    frame = read(make.spill_error(path, rows), chunk_rows=700)
    expected: list[object] = list(range(2, rows + 2))
    assert frame.index.tolist() == expected
    expected[-2] = "#SPILL!"
    assert frame["Value"].tolist() == expected


def test_it_shows_known_errors_as_text(path: Path) -> None:
    error = make.error_cell("A2", "#DIV/0!")
    make.pack(path, make.parts(make.column_of("A", error)))
    assert cells(path) == ["#DIV/0!"]


def test_it_decodes_escapes_that_formulas_keep(path: Path) -> None:
    texts = ["a_x000D_b", "_x005F_x000D_", "_x0041_", "x_y"]
    rows = [f'<c r="A{n}" t="str"><v>{t}</v></c>' for n, t in enumerate(texts, 2)]
    make.pack(path, make.parts(make.column_of("A", *rows)))
    assert cells(path) == ["a\rb", "_x000D_", "_x0041_", "x_y"]


def test_it_shows_numbers_that_are_none_as_text(path: Path) -> None:
    odd = ["NaN", "1e999", "-1e999", "1.5"]
    rows = [make.number_cell(f"A{n}", value) for n, value in enumerate(odd, 2)]
    rows.append(make.text_cell("A6", "x"))
    make.pack(path, make.parts(make.column_of("A", *rows)))
    assert cells(path) == ["NaN", "inf", "-inf", 1.5, "x"]


def test_it_keeps_long_texts_and_digits(path: Path) -> None:
    long = "ă" * 32_767
    digits = make.number_cell("A3", 9007199254740993)
    sheet = make.column_of("A", make.text_cell("A2", long), digits)
    make.pack(path, make.parts(sheet))
    assert cells(path) == [long, 9007199254740993]


def test_it_takes_the_first_visible_sheet_with_rows(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name in ("Hidden", "Empty", "<script>"):
            sheet = book.add_worksheet(name)
            if name != "Empty":
                sheet.write_column(0, 0, [name, 1])
        book.get_worksheet_by_name("Hidden").hide()
        book.get_worksheet_by_name("Empty").set_first_sheet()
        book.get_worksheet_by_name("Empty").activate()
    assert open_reader(path).headers == ["<script>"]
    assert open_reader(path, sheet="Hidden").headers == ["Hidden"]
    looks = peek(path)
    assert [(sheet.name, sheet.visible) for sheet in looks.sheets] == [
        ("Hidden", False),
        ("Empty", True),
        ("<script>", True),
    ]
    with pytest.raises(UnreadableFile) as raised:
        open_reader(path, sheet="Prices")
    assert raised.value.message == (
        'There is no sheet "Prices" in this workbook. '
        'It has: "Hidden", "Empty", "<script>".'
    )


def test_only_the_first_cell_of_a_merged_range_has_a_value(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["A", "B"])
        sheet.merge_range("A2:B2", "both")
    assert read(path).to_numpy().tolist() == [["both", None]]


def test_it_says_which_columns_are_too_many(path: Path, settings) -> None:
    settings.DATAIO_MAX_COLUMNS = 3
    save(path, [["A", "B", "C"], [1, 2, 3, None, 5]])
    with pytest.raises(UnreadableFile) as raised:
        read(path)
    assert raised.value.message == (
        "This sheet has cells to the right of column C; at most 3 columns are read. "
        "Delete the columns that are not needed."
    )


def test_a_declared_size_changes_nothing(path: Path) -> None:
    head = '<dimension ref="A1:XFD1048576"/>'
    sheet = make.column_of("A", make.number_cell("A2", 1))
    make.pack(path, make.parts(sheet, head=head))
    reader = open_reader(path)
    assert reader.headers == ["A"]
    assert reader.expected_rows == 1
    assert read(path).values.tolist() == [[1]]


def test_a_row_number_beyond_excel_is_refused(path: Path) -> None:
    far = make.row(4294967295, make.number_cell("A4294967295", 1))
    cell = make.number_cell("A2", 1)
    make.pack(path, make.parts(make.column_of("A", cell) + far))
    with pytest.raises(UnreadableFile, match="goes on below row 1048576"):
        read(path, chunk_rows=50_000)


def test_it_reads_an_open_document(tmp_path: Path) -> None:
    path = make.open_document(tmp_path / "book.ods")
    frame = read(path, chunk_rows=1)
    assert frame.index.tolist() == [2, 3]
    assert frame.to_dict("list") == {"SKU": ["007", "008"], "Qty": [3.0, 4.0]}
    looks = peek(path)
    assert looks.format == "ods"
    assert looks.sheets[0].rows == [["SKU", "Qty"], ["007", 3.0], ["008", 4.0]]


def test_it_says_when_an_old_format_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "book.xls"
    path.write_bytes(b"\x09\x08\x10\x00" + b"x" * 99)
    with pytest.raises(UnreadableFile, match=r"Save it as \.xlsx and upload it again"):
        open_reader(path)


def test_it_says_that_a_sheet_is_empty(path: Path) -> None:
    save(path, [], name="Blank")
    with pytest.raises(EmptyFile) as raised:
        open_reader(path)
    assert raised.value.message == 'There are no rows in sheet "Blank".'
    assert peek(path).sheets[0].header_row == 0


def test_it_says_that_a_password_is_in_the_way(path: Path) -> None:
    make.password_protected(path)
    with pytest.raises(PasswordProtected):
        open_reader(path)


def test_it_says_where_a_sheet_is_damaged(path: Path) -> None:
    broken = make.column_of("A", make.number_cell("A2", 1)) + "<row r='3'><c></row>"
    make.pack(path, make.parts(broken))
    with pytest.raises(UnreadableFile) as raised:
        open_reader(path)
    assert raised.value.message.startswith(
        'This workbook is damaged: sheet "Data" cannot be read after row'
    )


def test_rows_below_the_last_one_of_excel_are_refused_and_not_left_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(path, [["A"], *[[number] for number in range(2, 22)]])
    monkeypatch.setattr(workbook, "LAST_ROW", 21)
    assert sum(map(len, open_reader(path).frames(10))) == 20
    monkeypatch.setattr(workbook, "LAST_ROW", 20)
    with pytest.raises(UnreadableFile) as refused:
        list(open_reader(path).frames(10))
    assert str(refused.value) == (
        'Sheet "Data" goes on below row 20, where Excel\'s own sheets end. '
        "Split it into several sheets."
    )
