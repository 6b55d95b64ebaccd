from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dataio.errors import EmptyFile, UnreadableFile
from dataio.readers import DelimitedReader, as_objects, open_reader, peek

VIETNAMESE = "Tên,Địa chỉ\nNguyễn Thị Hạnh,Số 5 đường Trần Hưng Đạo\nPhạm Văn Đức,Huế\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def read(path: Path, text: str, encoding: str = "utf-8") -> pd.DataFrame:
    path.write_bytes(text.encode(encoding))
    return pd.concat(map(as_objects, open_reader(path).frames(50)))


def test_every_cell_is_text_as_it_stands(path: Path) -> None:
    row = ["007", "1e5", "NA", "null", "TRUE", " x ", "2026-02-28", None]
    frame = read(path, 'a,b,c,d,e,f,g,h\n007,1e5,NA,null,TRUE, x ,2026-02-28,""\n')
    assert frame.values.tolist() == [row]
    assert set(frame.dtypes.astype(str)) == {"object"}


def test_rows_are_numbered_as_excel_shows_them(path: Path) -> None:
    frame = read(path, 'a,b\n1,"two\nlines"\n\n,\n3,"say ""hi"""\n')
    assert frame.index.tolist() == [2, 5]
    assert frame.values.tolist() == [["1", "two\nlines"], ["3", 'say "hi"']]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_it_finds_out_the_unicode_encoding(path: Path, encoding: str) -> None:
    frame = read(path, VIETNAMESE, encoding)
    assert frame.columns.tolist() == ["Tên", "Địa chỉ"]
    assert frame.iloc[0].tolist() == ["Nguyễn Thị Hạnh", "Số 5 đường Trần Hưng Đạo"]


def cp1258(text: str) -> bytes:
    """Letters and tones apart, as Windows writes Vietnamese."""
    tones = {
        "ễ": "ê\u0303",
        "ị": "i\u0323",
        "ạ": "a\u0323",
        "ố": "ô\u0301",
        "ờ": "ơ\u0300",
    }
    tones |= {"ầ": "â\u0300", "ứ": "ư\u0301", "ế": "ê\u0301", "ỉ": "i\u0309"}
    return "".join(tones.get(letter, letter) for letter in text).encode("cp1258")


def test_it_reads_vietnamese_of_old_windows(path: Path) -> None:
    path.write_bytes(cp1258(VIETNAMESE))
    frame = pd.concat(map(as_objects, open_reader(path).frames(50)))
    assert frame.columns.tolist() == ["Tên", "Địa chỉ"]
    assert frame.iloc[0].tolist() == ["Nguyễn Thị Hạnh", "Số 5 đường Trần Hưng Đạo"]
    assert peek(path).notes == [
        "This file is not UTF-8; its letters were read as windows-1258. "
        "Check them in the first rows."
    ]


def test_it_reads_west_european_of_old_windows(path: Path) -> None:
    text = "nom;prénom\nLefèvre;Zoé\nGarçon;Hélène\nMüller;Jürgen\nNuñez;François\n"
    frame = read(path, text, "cp1252")
    assert frame["prénom"].tolist() == ["Zoé", "Hélène", "Jürgen", "François"]


def test_it_reads_cyrillic_and_czech_of_old_windows(path: Path) -> None:
    russian = "имя,город\nИван Петров,Москва\nАнна Смирнова,Новосибирск\n"  # noqa: RUF001
    assert read(path, russian, "cp1251").columns.tolist() == ["имя", "город"]
    czech = "jméno,město\nJiří Dvořák,Plzeň\nŽofie Nováková,Česká Třebová\n"
    assert read(path, czech, "cp1250").columns.tolist() == ["jméno", "město"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_it_finds_out_the_delimiter(path: Path, delimiter: str) -> None:
    lines = ["name,price,note", "Bolt,1.5,x", "Nut,2.25,y"]
    frame = read(path, "\n".join(lines).replace(",", delimiter))
    assert frame.iloc[1].tolist() == ["Nut", "2.25", "y"]


def test_decimal_commas_do_not_pass_for_delimiters(path: Path) -> None:
    frame = read(path, "name;price\nBolt;1,50\nNut;2,25\n")
    assert frame["price"].tolist() == ["1,50", "2,25"]


def test_one_column_needs_no_delimiter(path: Path) -> None:
    assert read(path, "name\nBolt\nNut\n")["name"].tolist() == ["Bolt", "Nut"]


def test_it_obeys_the_separator_line_of_excel(path: Path) -> None:
    frame = read(path, "sep=|\na|b\n1,2|3\n")
    assert frame.values.tolist() == [["1,2", "3"]]
    assert frame.index.tolist() == [2]


def test_it_takes_off_the_apostrophe_of_our_own_writer(path: Path) -> None:
    frame = read(path, "a\n'=1+1\n'+49\n'-5\n'@x\n'tis\n''=1\n")
    assert frame["a"].tolist() == ["=1+1", "+49", "-5", "@x", "'tis", "'=1"]


def test_it_skips_title_rows(path: Path) -> None:
    frame = read(path, "Stock list,,\n,,\nSKU,Name,Price\nA,Bolt,1\n")
    assert frame.columns.tolist() == ["SKU", "Name", "Price"]
    assert frame.index.tolist() == [4]


def test_short_rows_are_padded_and_blank_cells_on_the_right_ignored(path: Path) -> None:
    frame = read(path, "a,b,c,,\n1\n1,2,3,,\n")
    assert frame.values.tolist() == [["1", None, None], ["1", "2", "3"]]


def test_it_names_the_row_with_too_many_cells(path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read(path, "a,b\n" + "1,2\n" * 1_500 + "1,2,3\n")
    assert raised.value.message == (
        "Row 1502 has 3 cells, but the header has 2. "
        'Put texts that contain "," between double quotes.'
    )


def test_it_names_the_line_that_is_not_utf_8(path: Path) -> None:
    good = "é,b\n" * 40_000
    path.write_bytes(good.encode() + b"\xff,b\n" + good.encode())
    with pytest.raises(UnreadableFile) as raised:
        list(open_reader(path).frames(1_000))
    assert raised.value.message == (
        "Line 40001 has a character that is not UTF-8 text. "
        "Save the file as CSV UTF-8 and upload it again."
    )


def test_a_quote_that_never_closes_is_told(path: Path) -> None:
    with pytest.raises(UnreadableFile, match="A closing double quote may be missing"):
        read(path, 'a,b\n1,2\n"3,4\n' + "5,6\n" * 100_000)


def test_texts_as_long_as_excel_allows_survive(path: Path) -> None:
    assert read(path, "a,b\n" + "x" * 32_767 + ",1\n").iloc[0, 0] == "x" * 32_767


def test_expected_rows_get_better(path: Path) -> None:
    path.write_text("a,b\n" + "1,2\n" * 500 + "some long text,2\n" * 20_000)
    reader = DelimitedReader(path)
    assert reader.expected_rows is not None
    errors = [abs(reader.expected_rows - 20_500) for _frame in reader.frames(5_000)]
    assert errors[-1] < errors[0]
    assert reader.expected_rows == 20_500


def test_a_file_without_a_record_is_empty(path: Path) -> None:
    with pytest.raises(EmptyFile):
        read(path, ",,\n,,\n")


def test_peek_shows_the_first_rows(path: Path) -> None:
    path.write_text("Stock,\nSKU,Qty\n" + "A,1\n" * 100)
    looks = peek(path)
    assert looks.format == "csv"
    (sheet,) = looks.sheets
    assert sheet.name == "table"
    assert sheet.header_row == 2
    assert sheet.headers == ["SKU", "Qty"]
    assert len(sheet.rows) == 30
    assert sheet.rows[0] == ["Stock", None]
    assert sheet.expected_rows == pytest.approx(100, rel=0.3)
