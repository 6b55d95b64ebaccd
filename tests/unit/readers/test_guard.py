from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from dataio.errors import (
    DataioError,
    EmptyFile,
    PasswordProtected,
    UnknownFormat,
    UnreadableFile,
    UnsafeFile,
)
from dataio.readers import detect_format, guard
from tests.workbooks import make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def test_it_lets_an_honest_workbook_pass(path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["SKU", "Price"])
    book.save(path)
    guard(path)


def test_it_lets_an_open_document_pass(path: Path) -> None:
    guard(make.open_document(path))


@pytest.mark.parametrize(
    ("maker", "error", "sentence"),
    [
        (
            make.bomb,
            UnsafeFile,
            "This file is refused: it unpacks to far too much.",
        ),
        (
            make.endless_text,
            UnsafeFile,
            "This file is refused: it holds one text that never ends.",
        ),
        (
            make.billion_laughs,
            UnsafeFile,
            "This file is refused: it defines entities, which workbooks never do.",
        ),
        (
            make.lying_sizes,
            UnsafeFile,
            "This file is refused: it says wrong things about its own size.",
        ),
        (
            make.overlapping,
            UnsafeFile,
            "This file is refused: parts inside it overlap.",
        ),
        (make.password_protected, PasswordProtected, PasswordProtected.__doc__),
    ],
)
def test_it_refuses_what_would_take_the_server_down(
    path: Path, maker, error: type[DataioError], sentence: str
) -> None:
    with pytest.raises(error) as raised:
        guard(maker(path))
    assert raised.value.message == sentence


def test_it_refuses_a_column_that_aborts_the_parser(path: Path) -> None:
    cell = make.number_cell("ZZZZZZZ2", 1)
    make.pack(path, make.parts(make.column_of("A", cell)))
    with pytest.raises(UnsafeFile, match="far to the right of column XFD"):
        guard(path)


def test_it_sees_a_far_column_across_two_blocks(path: Path) -> None:
    for shift in range(0, 60, 7):
        filler = make.row(2, make.text_cell("A2", "x y" * 349_400 + "x" * shift))
        cell = make.row(3, make.number_cell("ZZZZZZZ3", 1))
        make.pack(path, make.parts(filler + cell))
        with pytest.raises(UnsafeFile, match="far to the right"):
            guard(path)


def test_it_does_not_mind_texts_that_look_like_far_columns(path: Path) -> None:
    cell = make.text_cell("A2", "ORDER12345 r=&quot;ABCDEF1&quot;")
    guard(make.pack(path, make.parts(make.column_of("Order", cell))))


@pytest.mark.parametrize("name", ["../evil.xml", "C:/evil.xml", "xl/WORKBOOK.xml"])
def test_it_refuses_misleading_names(path: Path, name: str) -> None:
    make.pack(path, {**make.parts(""), name: b"<a/>"})
    with pytest.raises(UnsafeFile, match="misleading names"):
        guard(path)


def test_it_holds_to_the_sizes_of_the_settings(path: Path, settings) -> None:
    make.spill_error(path)
    settings.DATAIO_MAX_UNPACKED_BYTES = 2_000
    with pytest.raises(UnsafeFile, match="unpacks to more than 0 MB"):
        guard(path)
    settings.DATAIO_MAX_UNPACKED_BYTES = 10**9
    settings.DATAIO_MAX_SHARED_BYTES = 100
    with pytest.raises(UnsafeFile, match="its texts or formats take too much memory"):
        guard(path)
    settings.DATAIO_MAX_UPLOAD_BYTES = 100
    with pytest.raises(UnsafeFile, match="This file has 1 MB; at most 0 MB"):
        guard(path)


def test_it_notices_a_damaged_sheet(path: Path) -> None:
    make.spill_error(path)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    data = bytearray(path.read_bytes())
    data[start + 80] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"damaged|says wrong things"):
        guard(path)


def test_it_notices_an_encrypted_open_document(path: Path) -> None:
    with pytest.raises(PasswordProtected):
        guard(make.open_document(path, encrypted=True))


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b" \r\n"])
def test_it_says_when_a_file_is_empty(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(EmptyFile):
        guard(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"MZ\x90\0", "This is a program, not a workbook."),
        (b"%PDF-1.7", "This is a PDF, not a workbook."),
        (b"\x89PNG\r\n", "This is a picture, not a workbook."),
        (b"<html><table>", "This is a web page or XML, not a workbook, whatever"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "This is a web page or XML"),
        (b"\x00\x01\x02\x03" * 99, "This kind of file is not known here."),
        (b"PK\x03\x04 cut off", "damaged or incomplete"),
    ],
)
def test_it_says_what_a_renamed_file_really_is(
    path: Path, content: bytes, sentence: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(DataioError, match=sentence):
        guard(path)


def test_it_says_that_a_zip_is_no_workbook(path: Path) -> None:
    make.pack(path, {"letter.txt": b"hello"})
    with pytest.raises(UnknownFormat, match="a zip file, but not a workbook"):
        guard(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b\n1,2\n", "csv"),
        (b"a;b\n1;2\n", "csv"),
        (b"a\tb\n1\t2\n", "tsv"),
        ("a\tb\n1\t2\n".encode("utf-16"), "tsv"),
        ("é,b\n".encode("cp1252"), "csv"),
    ],
)
def test_it_knows_text_files_whatever_their_name(
    path: Path, content: bytes, found: str
) -> None:
    path.write_bytes(content)
    assert detect_format(path) == found


def test_it_knows_workbooks_whatever_their_name(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    content = io.BytesIO()
    openpyxl.Workbook().save(content)
    path.write_bytes(content.getvalue())
    assert detect_format(path) == "xlsx"
    assert detect_format(make.open_document(path)) == "ods"
