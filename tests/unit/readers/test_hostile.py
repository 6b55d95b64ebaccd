"""Hostile files, line by line: what a person reads, and what reading them takes at most.

Each is read as the web server and then a worker would read it, see `tests.workbooks.reading`,
in processes of their own whose memory and processor time are measured.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataio.errors import UnreadableFile
from dataio.readers import SAMPLE, open_reader
from tests.workbooks import hostile, make
from tests.workbooks.reading import Reader, Reading, reading

Maker = Callable[[Path], Path]

MEGABYTES = 120
"""That a process may grow by."""
PARSER_MEGABYTES = 400
"""Of the process that parses, Python and all."""
SECONDS = 20
"""Of a processor, on a slow machine."""

TOO_LARGE = "This file is refused: it unpacks to far too much."
TEXTS = "This file is refused: its texts or formats take too much memory."
NAMES = "This file is refused: the parts inside it have misleading names."
DAMAGED = "This workbook is damaged or incomplete. Save it again and upload it."
UNKNOWN = (
    "This workbook is damaged, or of a kind that is not known. "
    "Save it as .xlsx and upload it again."
)
ENTITIES = "This file is refused: it defines entities, which workbooks never do."
WIDE = (
    "This sheet has cells to the right of column ALL; at most 1000 columns are read. "
    "Delete the columns that are not needed."
)
ENDLESS = (
    "After row 0 there is a text of more than 131072 characters. "
    "A closing double quote may be missing."
)
MEMORY = (
    "This workbook takes too much memory to read. Split it into several workbooks, "
    "or save it as .csv."
)
MEMORY_OF_JOB = (
    "This needs more than the %d MB of memory that one job may take, so it was "
    "stopped. Nothing more was changed. Split the file into smaller ones."
)
NOT_UTF_8 = (
    "Line 40001 has a character that is not UTF-8 text. "
    "Save the file as CSV UTF-8 and upload it again."
)
PASSWORD = (
    "This workbook is protected with a password. "
    "Remove the password in Excel, save it, and upload it again."
)
XML = (
    "This is a web page or XML, not a workbook, whatever its name says. "
    "Open it in Excel, save it as .xlsx and upload that."
)


def bytes_of(content: bytes) -> Maker:
    """Return a maker of a file with this content."""

    def maker(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return maker


REFUSED: list[tuple[str, Maker, str]] = [
    ("zip bomb by ratio", make.bomb, TOO_LARGE),
    (
        "zip with many entries",
        hostile.many_entries,
        "This workbook has 25007 parts inside; that many are refused.",
    ),
    (
        "zip with a list of entries without end",
        hostile.endless_list,
        "This file is refused: it lists far too many parts inside.",
    ),
    (
        "zip that lies about sizes",
        make.lying_sizes,
        "This file is refused: it says wrong things about its own size.",
    ),
    (
        "zip with overlapping entries",
        make.overlapping,
        "This file is refused: parts inside it overlap.",
    ),
    ("zip with a sheet disguised as a picture", hostile.disguised, NAMES),
    (
        "one text that never ends",
        make.endless_text,
        "This file is refused: it holds one text that never ends.",
    ),
    ("a cell in the last corner of the sheet", hostile.far_cell, WIDE),
    ("entity expansion", make.billion_laughs, ENTITIES),
    ("external entity", hostile.outside, ENTITIES),
    ("billion shared strings", hostile.shared_strings, TEXTS),
    ("billion shared strings under another name", hostile.hidden_strings, TEXTS),
    ("millions of styles", hostile.many_styles, TEXTS),
    (
        "thousands of sheets",
        hostile.many_sheets,
        "This workbook has 1499 sheets; at most 1000 are read. "
        "Split it into several workbooks.",
    ),
    (
        "rows that come twice",
        hostile.unordered,
        'The rows of sheet "Data" are not in order, so some would be lost. '
        "Open the workbook in Excel, save it and upload it again.",
    ),
    (
        "password-protected",
        make.password_protected,
        PASSWORD,
    ),
    (
        "password-protected .ods",
        lambda path: make.open_document(path, encrypted=True),
        PASSWORD,
    ),
    ("password-protected .xls", hostile.encrypted_xls, PASSWORD),
    (
        "password-protected .xls that is not to be written to",
        lambda path: hostile.encrypted_xls(path, b"\x86\0\0\0"),
        PASSWORD,
    ),
    ("truncated", hostile.truncated, DAMAGED),
    (
        "truncated .xls",
        hostile.truncated_xls,
        "This is an old Office file, but not an Excel workbook, or only a part of one. "
        "Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv.",
    ),
    ("exe.xlsx", bytes_of(b"MZ\x90\0" * 99), "This is a program, not a workbook."),
    ("html.xls", bytes_of(b"<html><table><tr><td>1</table>"), XML),
    ("json", bytes_of(b'{"sku": 1}\n'), "This is JSON, not a workbook or a table."),
    (
        "parquet",
        bytes_of(b"PAR1\x15\x04\x15\0" * 99),
        "This kind of file is not known here. "
        "Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv.",
    ),
    (
        "wrong encoding",
        bytes_of("é,b\n".encode() * 40_000 + b"\xff,b\n"),
        NOT_UTF_8,
    ),
    (
        "NUL bytes in a text file",
        bytes_of(b"a,b\n\0,1\n" * 99),
        "This kind of file is not known here. "
        "Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv.",
    ),
    ("16,384 columns", hostile.widest, WIDE),
    (".ods that repeats a cell without end", hostile.most_repeated_cells, UNKNOWN),
    (
        ".xlsb of noise",
        hostile.broken_xlsb,
        "There is no sheet with cells in this workbook.",
    ),
    (".csv of one line", hostile.one_line, ENDLESS),
    (".csv of one record", hostile.one_record, ENDLESS),
]

READ: list[tuple[str, Maker, dict[str, Any]]] = [
    ("nested zip bomb", hostile.nested_bomb, {"headers": ["SKU"], "rows": 2}),
    ("a large sheet", hostile.large, {"headers": ["Text"], "rows": 80_000}),
    ("a size that is claimed", hostile.claims_all, {"headers": ["SKU"], "rows": 2}),
    ("millions of empty rows", hostile.empty_rows, {"headers": ["SKU"], "rows": 2}),
    (
        "a document type from outside",
        hostile.outside_grammar,
        {"headers": ["SKU"], "rows": 2},
    ),
    ("deep styles", hostile.deep_styles, {"headers": ["SKU"], "rows": 2}),
    (
        "formulas and external links",
        hostile.calls_home,
        {
            "first": [[f"'saved {n}'"] for n in range(2, 6)],
            "notes": [
                "Links to other workbooks and sources are not followed; "
                "the values saved last are read."
            ],
        },
    ),
    (
        "macros",
        hostile.with_macros,
        {"rows": 2, "notes": ["Macros in this workbook are ignored."]},
    ),
    (
        "macros in .ods",
        hostile.open_document_macros,
        {"rows": 2, "notes": ["Macros in this workbook are ignored."]},
    ),
    (
        "macros in .xls",
        hostile.old_macros,
        {"format": "xls", "notes": ["Macros in this workbook are ignored."]},
    ),
    (
        "csv as xlsx",
        bytes_of(b"SKU,Qty\n007,1\n"),
        {"format": "csv", "first": [["'007'", "'1'"]]},
    ),
    ("a sheet in UTF-16", hostile.wide_encoding, {"headers": ["SKU"], "rows": 2}),
    ("NUL in a cell", hostile.nul_cells, {"first": [["'a\\x00b'"]]}),
    (
        "NUL further down in a text file",
        bytes_of(b"a,b\n" + b"1,2\n" * 20_000 + b"\0,2\n"),
        {"rows": 20_001},
    ),
    (
        "bidi and zero-width tricks in headers",
        hostile.tricky_headers,
        {
            # A joiner belongs into the Persian word.
            "headers": ["ecirP", "Name", "Qty", "Add", "\u0646\u0627\u0645\u200c\u0647\u0627"],
            "notes": ['Invisible characters in the headers of "Data" are left out.'],
        },
    ),
    (
        "duplicate headers",
        hostile.same_headers,
        {
            "headers": ["Price", "Price (2)", "Price (2) (2)", "Price (3)", "Price (4)"],
            "first": [["1", "2", "3", "4", "5"]],
        },
    ),
    (
        "a header of 32,767 characters",
        lambda path: hostile.headers(path, ["x" * 32_767]),
        {
            "headers": ["x" * 255],
            "notes": ['Headers of "Data" are cut at 255 characters.'],
        },
    ),
    ("32,767-character cells", hostile.longest_cells, {"rows": 5}),
    (
        "script tags",
        hostile.script_sheet,
        {"sheets": [hostile.SCRIPT], "headers": [hostile.SCRIPT], "rows": 1},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    with reading() as reader:
        yield reader


def assert_bounded(found: Reading) -> None:
    """See that neither process took much memory, and both together little time."""
    taken = found.megabytes, found.parser_megabytes, found.seconds
    assert found.megabytes < MEGABYTES, taken
    assert found.parser_megabytes < PARSER_MEGABYTES, taken
    assert found.seconds < SECONDS, taken


@pytest.mark.parametrize(
    ("maker", "sentence"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_a_hostile_file_is_refused_with_a_sentence(
    tmp_path: Path, read: Reader, maker: Maker, sentence: str
) -> None:
    found = read(maker(tmp_path / "file"))
    assert found.sentence == sentence
    assert_bounded(found)


@pytest.mark.parametrize(
    ("maker", "expected"), [one[1:] for one in READ], ids=[one[0] for one in READ]
)
def test_an_odd_file_is_read_harmlessly(
    tmp_path: Path, read: Reader, maker: Maker, expected: dict[str, Any]
) -> None:
    found = read(maker(tmp_path / "file"))
    assert found.sentence == ""
    assert {name: getattr(found, name) for name in expected} == expected
    assert_bounded(found)


def test_what_no_guard_foresees_ends_at_the_limit_of_memory(tmp_path: Path) -> None:
    limit = 800
    with reading(DATAIO_WORKER_BYTES=str(limit * 1024**2)) as read:
        found = read(hostile.heavy_texts(tmp_path / "file"))
    assert found.sentence in (MEMORY, MEMORY_OF_JOB % limit)
    assert max(found.megabytes, found.parser_megabytes) < limit


def test_nothing_is_fetched(tmp_path: Path, read: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        for maker in (hostile.calls_home, hostile.outside, hostile.outside_grammar):
            read(maker(tmp_path / maker.__name__, address))
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_parser_that_takes_too_long_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    monkeypatch.setattr("dataio.readers.workbook.SAMPLE_SECONDS", 1)
    settings.DATAIO_MAX_COLUMNS = 20_000  # then its rows take minutes
    reader = open_reader(hostile.far_cell(tmp_path / "file"), care=SAMPLE)
    with pytest.raises(UnreadableFile) as raised:
        list(reader.frames(200))
    assert raised.value.message == (
        "This workbook takes too long to read. Split it into several workbooks, "
        "or save it as .csv."
    )
