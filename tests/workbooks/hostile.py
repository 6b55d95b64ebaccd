"""Makes hostile files, each into a path given; small and quick to make, whatever they would grow to."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlwt

from tests.workbooks.make import (
    MAIN,
    OFFICE,
    RELS,
    column_of,
    number_cell,
    open_document,
    pack,
    parts,
    row,
    text_cell,
)

SHEET = "xl/worksheets/sheet1.xml"
SCRIPT = "<script>document.title = 'taken'</script>"
XML_SCRIPT = SCRIPT.replace("<", "&lt;").replace(">", "&gt;")
RLO, ZWSP, BOM = "\u202e", "\u200b", "\ufeff"


def honest() -> str:
    """Return rows: SKU in A, two of them."""
    return column_of("SKU", text_cell("A2", "007"), text_cell("A3", "008"))


def nested_bomb(path: Path) -> Path:
    """A zip bomb inside: nobody unpacks it."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 50_000_000)
    return pack(path, parts(honest()) | {"xl/embeddings/a.zip": inner.getvalue()})


def many_entries(path: Path, count: int = 25_000) -> Path:
    """Far more parts than a workbook has."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts(honest()).items():
            archive.writestr(name, content)
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"xl/media/{number}"), b"")
    return path


def endless_list(path: Path) -> Path:
    """A list of parts that is longer than all else; zipfile would read it whole."""
    pack(path, parts(honest()))
    data = path.read_bytes()
    at = data.rindex(b"PK\x05\x06")
    entry = data[data.index(b"PK\x01\x02") :][:46]
    names = b"".join(
        entry[:28] + b"\x08\0" + b"\0" * 16 + b"%08d" % n for n in range(200_000)
    )
    end = bytearray(data[at:])
    size = int.from_bytes(end[12:16], "little") + len(names)
    end[8:12] = b"\xff\xff\xff\xff"
    end[12:16] = size.to_bytes(4, "little")
    path.write_bytes(data[:at] + names + bytes(end))
    return path


def large(path: Path) -> Path:
    """A sheet of 40 MB that shrinks as honest ones do, to a thirtieth."""
    noise = random.Random(1)
    rows = "".join(
        f"<row>{text_cell('', f'{noise.getrandbits(64):x}' + 'x y ' * 100)}</row>"
        for _number in range(2_000)
    ).replace(' r=""', "")
    return pack(path, parts(row(1, text_cell("A1", "Text")) + rows * 40))


def unordered(path: Path) -> Path:
    """Rows that come twice, of which one would be lost."""
    cells = honest() + row(2, text_cell("A2", "late"))
    return pack(path, parts(cells))


def empty_rows(path: Path, millions: int = 5) -> Path:
    """Millions of rows without a cell."""
    return pack(path, parts(honest() + "<row/>" * (millions * 1_000_000)))


def far_cell(path: Path) -> Path:
    """A sheet that says it is as large as a sheet may be, and has a cell in its last corner."""
    cells = honest() + row(1_048_576, number_cell("XFD1048576", 1))
    return pack(path, parts(cells, head='<dimension ref="A1:XFD1048576"/>'))


def outside(path: Path, address: str = "file:///etc/passwd") -> Path:
    """An entity from outside."""
    members = parts(column_of("Text", text_cell("A2", "&e;")))
    start = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]>'.encode()
    return pack(path, members | {SHEET: start + members[SHEET]})


def outside_grammar(path: Path, address: str = "http://127.0.0.1:1/x.dtd") -> Path:
    """A document type from outside."""
    members = parts(honest())
    start = f'<!DOCTYPE x SYSTEM "{address}">'.encode()
    return pack(path, members | {SHEET: start + members[SHEET]})


def shared_strings(path: Path, name: str = "sharedStrings.xml") -> Path:
    """Millions of texts of nothing."""
    members = parts(honest(), shared="<si/>" * 12_500_000)
    texts = members.pop("xl/sharedStrings.xml")
    rels = "xl/_rels/workbook.xml.rels"
    members[rels] = members[rels].replace(b"sharedStrings.xml", name.encode())
    return pack(path, members | {f"xl/{name}": texts})


def hidden_strings(path: Path) -> Path:
    """The same under another name."""
    return shared_strings(path, "other.xml")


def disguised(path: Path) -> Path:
    """A sheet that calls itself a picture."""
    members = parts(honest())
    rels = "xl/_rels/workbook.xml.rels"
    members[rels] = members[rels].replace(b"worksheets/sheet1.xml", b"media/a.png")
    members["xl/media/a.png"] = members.pop(SHEET)
    return pack(path, members)


def deep_styles(path: Path) -> Path:
    """Formats inside formats, half a million deep."""
    members = parts(honest())
    deep = b"<x>" * 500_000 + b"</x>" * 500_000
    styles = members["xl/styles.xml"].replace(b"<fills", deep + b"<fills")
    return pack(path, members | {"xl/styles.xml": styles})


def many_styles(path: Path) -> Path:
    """Three million formats."""
    members = parts(honest())
    styles = members["xl/styles.xml"]
    styles = styles.replace(
        b"</cellXfs>", b'<xf numFmtId="0"/>' * 3_000_000 + b"</cellXfs>"
    )
    return pack(path, members | {"xl/styles.xml": styles})


def calls_home(path: Path, address: str = "http://127.0.0.1:1/") -> Path:
    """Formulas and links that would fetch something from `address`."""
    formulas = (
        f'WEBSERVICE("{address}")',
        f'HYPERLINK("{address}","x")',
        "[1]Sheet1!A1",
        "cmd|'/C calc'!A0",
    )
    cells = [
        f'<c r="A{n}" t="str"><f>{text.replace(chr(34), "&quot;")}</f><v>saved {n}</v></c>'
        for n, text in enumerate(formulas, 2)
    ]
    members = parts(column_of("Text", *cells))
    members["xl/externalLinks/externalLink1.xml"] = (
        f'<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"/></externalLink>'
    ).encode()
    members["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{OFFICE}/externalLinkPath" Target="{address}book.xlsx" TargetMode="External"/></Relationships>'
    ).encode()
    return pack(path, members)


def with_macros(path: Path) -> Path:
    """A workbook with a program in it."""
    members = parts(honest())
    types = "[Content_Types].xml"
    members[types] = members[types].replace(
        b"openxmlformats-officedocument.spreadsheetml.sheet.main",
        b"ms-excel.sheet.macroEnabled.main",
    )
    return pack(path, members | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 Auto_Open"})


def truncated(path: Path) -> Path:
    """The first half of a workbook."""
    pack(path, parts(honest()))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def wide_encoding(path: Path) -> Path:
    """A sheet in UTF-16, as XML may be and workbooks never are."""
    members = parts(honest())
    text = '<?xml version="1.0" encoding="UTF-16"?>' + members[SHEET].decode()
    return pack(path, members | {SHEET: text.encode("utf-16")})


def nul_cells(path: Path) -> Path:
    """A NUL as Excel's own escape for it."""
    return pack(path, parts(column_of("Text", text_cell("A2", "a_x0000_b"))))


def headers(path: Path, texts: Iterable[str]) -> Path:
    """Headers, and a row with their numbers."""
    texts = list(texts)
    letters = [_letters(n) for n in range(1, len(texts) + 1)]
    first = [text_cell(f"{at}1", text) for at, text in zip(letters, texts, strict=True)]
    second = [number_cell(f"{at}2", n) for n, at in enumerate(letters, 1)]
    return pack(path, parts(row(1, *first) + row(2, *second)))


def tricky_headers(path: Path) -> Path:
    """Headers that are not what they seem."""
    seen = [
        f"{RLO}ecirP",
        f"Na{ZWSP}me",
        f"{BOM}Qty",
        "A\u00add\u2066d\u2069",
        "\u0646\u0627\u0645\u200c\u0647\u0627",
    ]
    return headers(path, seen)


def same_headers(path: Path) -> Path:
    """The same header again and again, and what would be made of it."""
    return headers(path, ["Price", "Price", "Price (2)", "Price", f"Pri{ZWSP}ce"])


def widest(path: Path) -> Path:
    """16,384 columns."""
    return headers(path, (f"H{n}" for n in range(16_384)))


def longest_cells(path: Path) -> Path:
    """Cells as long as Excel allows, which number and date parsers might choke on."""
    odd = ["9" * 32_767, "1," * 16_383, " " * 32_766 + "x", "(" * 32_767, "1-" * 16_383]
    cells = [text_cell(f"A{n}", text) for n, text in enumerate(odd, 2)]
    return pack(path, parts(column_of("Text", *cells)))


def heavy_texts(path: Path, light: int = 2_300, header: Sequence[str] = ("H",)) -> Path:
    """One text of 32,767 characters that 180,000 cells share: 6 GB in 100 KB.

    `light`: rows before them that are as rows are, for whoever looks at the first ones.
    """
    texts = ["x" * 32_767, "y", *header]
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    heavy, usual = (f'<c t="s"><v>{n}</v></c>' * 900 for n in range(2))
    first = "".join(
        f'<c t="s"><v>{min(n + 2, len(texts) - 1)}</v></c>' for n in range(900)
    )
    body = f"<row>{usual}</row>" * light + f"<row>{heavy}</row>" * 200
    return pack(path, parts(f"<row>{first}</row>{body}", shared=shared))


def many_sheets(path: Path, count: int = 1_500) -> Path:
    """More sheets than anybody looks through, all of them the same part."""
    members = parts(honest())
    book = members["xl/workbook.xml"].decode()
    more = "".join(
        f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, count)
    )
    return pack(
        path,
        members
        | {"xl/workbook.xml": book.replace("</sheets>", f"{more}</sheets>").encode()},
    )


def script_sheet(path: Path) -> Path:
    """Script tags wherever a workbook has text."""
    cells = row(1, text_cell("A1", XML_SCRIPT)) + row(2, text_cell("A2", XML_SCRIPT))
    return pack(path, parts(cells, name=XML_SCRIPT))


def repeated_cells(path: Path, rows: int = 100_000, columns: int = 900) -> Path:
    """An .ods of 1 KB that repeats one cell millions of times."""
    open_document(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = members["content.xml"].decode()
    for name, times in (("row", rows), ("cell", columns)):
        kind = "rows" if name == "row" else "columns"
        content = content.replace(
            f"<table:table-{name}",
            f'<table:table-{name} table:number-{kind}-repeated="{times}"',
        )
    return pack(path, members | {"content.xml": content.encode()})


def most_repeated_cells(path: Path) -> Path:
    """The same as far as a sheet goes, and farther."""
    return repeated_cells(path, 1_048_576, 16_384)


def open_document_macros(path: Path) -> Path:
    """An .ods with Basic."""
    open_document(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("Basic/script-lc.xml", b"<x/>")
    return path


def truncated_xls(path: Path) -> Path:
    """The first half of an old workbook."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for number in range(2_000):
        sheet.write(number, 0, f"text {number}")
    book.save(str(path))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def encrypted_xls(path: Path, before: bytes = b"") -> Path:
    """An old workbook with a password; `before`: the record that stands before that."""
    book = xlwt.Workbook()
    book.add_sheet("Data").write(0, 0, "SKU")
    book.save(str(path))
    data = path.read_bytes()
    start = data.index(b"\x09\x08\x10\0\0\x06\x05\0") + 20
    marks = before + b"\x2f\0\x36\0\x01\0\x01\0\x01\0"
    path.write_bytes(data[:start] + marks + data[start + len(marks) :])
    return path


def old_macros(path: Path) -> Path:
    """An old workbook in which there is a folder of programs."""
    book = xlwt.Workbook()
    book.add_sheet("Data").write(0, 0, "SKU")
    book.save(str(path))
    data = path.read_bytes()
    # The entry after that of the workbook is free.
    free = data.index("Workbook".encode("utf-16-le")) + 128
    name = "_VBA_PROJECT".encode("utf-16-le") + b"\0\0"
    entry = name.ljust(64, b"\0") + len(name).to_bytes(2, "little")
    path.write_bytes(data[:free] + entry + data[free + len(entry) :])
    return path


def claims_all(path: Path) -> Path:
    """A sheet that says it is as large as a sheet may be, and has two rows."""
    return pack(path, parts(honest(), head='<dimension ref="A1:XFD1048576"/>'))


def broken_xlsb(path: Path) -> Path:
    """What calls itself a binary workbook and is noise."""
    members = parts(honest())
    types = "[Content_Types].xml"
    members[types] = members[types].replace(
        b"openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"ms-excel.sheet.binary.macroEnabled.main",
    )
    noise = random.Random(1).randbytes(50_000)
    del members["xl/workbook.xml"], members[SHEET]
    return pack(
        path, members | {"xl/workbook.bin": noise, "xl/worksheets/sheet1.bin": noise}
    )


def one_line(path: Path) -> Path:
    """A text file of one line without an end."""
    path.write_bytes(b"a,b\n1,2\n" + b"," * 70_000_000)
    return path


def one_record(path: Path) -> Path:
    """A text file of one record without an end, in short lines."""
    path.write_bytes(b'a,b\n1,2\n"\n' + b'","\n' * 17_000_000)
    return path


def _letters(number: int) -> str:
    from dataio.readers.base import column_letters

    return column_letters(number)
