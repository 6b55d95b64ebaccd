"""Honest files, and what becomes of them when some of their bytes are others."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl
import xlwt
from hypothesis import strategies as st

from tests.workbooks import make

Draw = st.DrawFn
NOISE = [
    b"\0",
    b"\xff\xfe",
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"&amp;lt;",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"<?xml version='1.0' encoding='UTF-16'?>",
    b"<?xml version='1.0' encoding='cp037'?>",
    b"<!DOCTYPE x>",
    b'"',
    b"'",
    b"\r",
    b"\n",
    b",",
    b";",
    b"=1+1",
    b"_x0000_",
    b"_xD800_",
    b"1e999",
    b"-1",
    b"0",
    b"NaN",
    b"99999999999999999999",
    b"4294967296",
    b"2147483648",
    b"65536",
    b"1048577",
    b"XFD1048576",
    b"ZZZZ1",
    b"A0",
    b"a1",
    b"<row>",
    b"</row>",
    b"<c>",
    b"</c>",
    b'<c t="s"><v>7</v></c>',
    b'<c t="s"><v>-1</v></c>',
    b'<c t="e"><v>#FOO!</v></c>',
    b'<c t="d"><v>2026-02-30T25:00</v></c>',
    b'<c t="b"><v>2</v></c>',
    b'<c s="99"><v>1</v></c>',
    b'<c s="1"><v>-700000</v></c>',
    b'<c s="1"><v>2958466</v></c>',
    b'<c s="1"><v>60.999999999</v></c>',
    b'<c t="inlineStr"><is><r><t>x</t></r></is></c>',
    b"<f t='shared' si='0'>A1</f>",
    b"<mergeCell ref='A1:XFD1048576'/>",
    b"</sheetData>",
    b"<sheetData>",
    b"date1904='1'",
    b't="str"',
    b'r:id="rId9"',
    b"../",
    b"/",
    b"\xc3",
    b"\xed\xa0\x80",
    "\u202e\u200b".encode(),
    b"x" * 40_000,
    b"," * 2_000,
]
"""What is put in; parsers stumble over some of it."""


@dataclass(frozen=True)
class Mutant:
    """A file."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        return f"{self.name} of {len(self.content)} bytes"


@st.composite
def mutants(draw: Draw) -> Mutant:
    """Draw an honest file and mutate it."""
    name = draw(st.sampled_from(sorted(originals())))
    content = originals()[name]
    if zipfile.is_zipfile(io.BytesIO(content)) and draw(st.integers(0, 9)) < 8:
        return Mutant(name, _packed(_other_members(draw, _members(content))))
    return Mutant(name, _other_bytes(draw, content))


def _other_members(draw: Draw, members: dict[str, bytes]) -> dict[str, bytes]:
    """Change parts of a package, which then is packed as it should be."""
    members = dict(members)
    for _time in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(members)))
        what = draw(st.integers(0, 19))
        if what == 0 and len(members) > 1:
            del members[name]
        elif what == 1:
            members[name] = members[draw(st.sampled_from(sorted(members)))]
        elif what == 2:
            members[draw(st.sampled_from(["xl/x.xml", name.upper(), "a"]))] = members[
                name
            ]
        else:
            members[name] = _other_bytes(draw, members[name])
    return members


def _other_bytes(draw: Draw, content: bytes) -> bytes:
    for _time in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(start + draw(st.sampled_from([0, 1, 2, 8, 64, 4096])), len(content))
        what = draw(st.integers(0, 9))
        if what == 0:
            content = content[:start]
        elif what == 1:
            content = content[:start] + content[start:stop] * 3 + content[stop:]
        elif what == 2:
            content = content[:start] + content[stop:]
        elif what == 3:
            content = content[:start] + draw(st.binary(max_size=8)) + content[stop:]
        elif what == 4:
            content = _between_tags(draw, content)
        elif what == 5:
            content = _other_number(draw, content)
        else:
            noise = draw(st.sampled_from(NOISE))
            content = content[:start] + noise + content[stop:]
    return content


def _between_tags(draw: Draw, content: bytes) -> bytes:
    """Put something where XML may have something."""
    places = [at for at, octet in enumerate(content) if octet == ord("<")]
    if not places:
        return content
    at = draw(st.sampled_from(places))
    return content[:at] + draw(st.sampled_from(NOISE)) + content[at:]


def _other_number(draw: Draw, content: bytes) -> bytes:
    """Write another number in place of one that is there."""
    places = [at for at, octet in enumerate(content) if chr(octet).isdigit()]
    if not places:
        return content
    at = draw(st.sampled_from(places))
    number = draw(st.sampled_from(["0", "-1", "7", "65536", "1e99", "9" * 20, ""]))
    return content[:at] + number.encode() + content[at + 1 :]


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@cache
def originals() -> dict[str, bytes]:
    """Return honest files by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        found = {
            "small.xlsx": make.pack(path, make.parts(_small())).read_bytes(),
            "mac.xlsx": make.epoch_1904(path).read_bytes(),
            "error.xlsx": make.spill_error(path, 9).read_bytes(),
            "document.ods": make.open_document(path).read_bytes(),
        }
    return found | {
        "office.xlsx": _office(),
        "old.xls": _old(),
        "comma.csv": _text(",").encode(),
        "tab.csv": _text("\t").encode("utf-16"),
        "vietnamese.csv": "Tên;Giá\nBánh mì;15.000 ₫\nPhở;45.000 ₫\n".encode(),
        "west.csv": "nom;prénom\nLefèvre;Zoé\nMüller;Jürgen\n".encode("cp1252"),
    }


def _small() -> str:
    first = make.row(1, make.text_cell("A1", "SKU"), make.text_cell("B1", "Day"))
    second = make.row(2, make.text_cell("A2", "7"), make.number_cell("B2", 45_000, 1))
    return first + second + make.row(4, make.number_cell("A4", 1.5))


def _rows() -> list[list[object]]:
    day = dt.datetime.fromisoformat("2026-03-04T05:06:07")
    header = ["SKU", "Name", "Price", "Created", "Active", "Time"]
    body = [
        [f"00{n}", f"Bánh {n}", n + 0.25, day + dt.timedelta(days=n), n % 2 == 0, day.time()]
        for n in range(1, 6)
    ]  # fmt: skip
    return [header, *body]


def _office() -> bytes:
    book = openpyxl.Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("Second")):
        for row in _rows():
            sheet.append(row)
    sheet.merge_cells("A8:B8")
    sheet["A9"] = "=SUM(C2:C6)"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _old() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, row in enumerate(_rows()):
        for place, cell in enumerate(row[:5]):
            style = [day] if isinstance(cell, dt.date) else []
            sheet.write(number, place, cell, *style)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _text(delimiter: str) -> str:
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in _rows()]
    return "\r\n".join(lines)
