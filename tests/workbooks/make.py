"""Makes small odd files, each into a folder given; run as a script to look at them."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def parts(
    sheet: str, *, book: str = "", shared: str = "", head: str = "", name: str = "Data"
) -> dict[str, bytes]:
    """Return the parts of a workbook with one sheet; `sheet` is the inside of sheetData."""
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Override PartName="/xl/workbook.xml" ContentType="{MAIN_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{book}<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/><Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fills count="1"><fill><patternFill/></fill></fills><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{head}<sheetData>{sheet}</sheetData></worksheet>',
    }
    return {part: text.encode() for part, text in texts.items()}


def pack(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def text_cell(reference: str, text: str) -> str:
    """Return one inline string cell."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def number_cell(reference: str, number: object, style: int = 0) -> str:
    """Return one number cell; style 1 is a date."""
    return f'<c r="{reference}" s="{style}"><v>{number}</v></c>'


def error_cell(reference: str, text: str) -> str:
    """Return one error cell."""
    return f'<c r="{reference}" t="e"><v>{text}</v></c>'


def row(number: int, *cells: str) -> str:
    """Return one row."""
    return f'<row r="{number}">{"".join(cells)}</row>'


def column_of(header: str, *cells: str) -> str:
    """Return rows: a header in A1, then one cell per row."""
    below = "".join(row(number, cell) for number, cell in enumerate(cells, start=2))
    return row(1, text_cell("A1", header)) + below


def epoch_1904(path: Path, said: str = "1") -> Path:
    """2013-07-07 as old Excel for Mac keeps it."""
    sheet = column_of("Day", number_cell("A2", 40000, 1))
    return pack(path, parts(sheet, book=f'<workbookPr date1904="{said}"/>'))


def spill_error(path: Path, rows: int = 100) -> Path:
    """An error value that calamine does not know, in the row before the last."""
    cells = [number_cell(f"A{number}", number) for number in range(2, rows + 2)]
    cells[-2] = error_cell(f"A{rows}", "#SPILL!")
    return pack(path, parts(column_of("Value", *cells)))


def endless_text(path: Path, size: int = 12 * 1024 * 1024) -> Path:
    """One text that never ends, hard to pack so that the ratio is not what gives it away."""
    noise = (b"%x" % (2**4096 - 3**2000)) * 4
    text = (noise * (size // len(noise) + 1))[:size].decode()
    return pack(path, parts(column_of("Text", text_cell("A2", text))))


def billion_laughs(path: Path) -> Path:
    """Entities that would grow to gigabytes."""
    members = parts(column_of("Text", text_cell("A2", "&c;")))
    name = "xl/worksheets/sheet1.xml"
    members[name] = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'
        + members[name]
    )
    return pack(path, members)


def bomb(path: Path, megabytes: int = 80) -> Path:
    """A few KB that unpack to a thousand times as much."""
    blank = b"<row/>" * (1024 * 1024 // 6)
    members = parts("")
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(
        b"<sheetData>", b"<sheetData>" + blank * megabytes
    )
    return pack(path, members)


def lying_sizes(path: Path) -> Path:
    """A sheet that declares the size and checksum of its first 100 bytes only."""
    members = parts(column_of("Text", *[text_cell(f"A{n}", "x") for n in range(2, 99)]))
    pack(path, members)
    content = members["xl/worksheets/sheet1.xml"]
    true = struct.pack("<L", zlib.crc32(content)), struct.pack("<L", len(content))
    told = struct.pack("<L", zlib.crc32(content[:100])), struct.pack("<L", 100)
    data = path.read_bytes()
    for before, after in zip(true, told, strict=True):
        data = data.replace(before, after)
    path.write_bytes(data)
    return path


def overlapping(path: Path) -> Path:
    """Two members that share their bytes."""
    pack(path, {**parts(""), "a.xml": b"<a/>" * 50, "b.xml": b"<b/>" * 50})
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        first, second = archive.getinfo("a.xml"), archive.getinfo("b.xml")
    start = data.rindex(b"b.xml") - 46
    place = struct.pack("<L", second.header_offset)
    at = data.index(place, start)
    path.write_bytes(
        data[:at] + struct.pack("<L", first.header_offset) + data[at + 4 :]
    )
    return path


def password_protected(path: Path) -> Path:
    """The directory of an OLE file as Office makes it around an encrypted workbook."""
    name = "EncryptedPackage".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2)
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry.ljust(512, b"\0")
    )
    return path


def open_document(path: Path, *, encrypted: bool = False) -> Path:
    """An .ods with a header and two rows."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"

    def cell(value: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    def number(value: int) -> str:
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'

    def line(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    rows = (
        line(cell("SKU"), cell("Qty"))
        + line(cell("007"), number(3))
        + line(cell("008"), number(4))
    )
    content = f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" xmlns:text="{text}" office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Data">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    secret = "<manifest:encryption-data/>" if encrypted else ""
    manifest = f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{secret}</manifest:manifest>'
    return pack(
        path,
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        },
    )


MAKERS: dict[str, Callable[[Path], Path]] = {
    "epoch_1904.xlsx": epoch_1904,
    "spill_error.xlsx": spill_error,
    "billion_laughs.xlsx": billion_laughs,
    "bomb.xlsx": bomb,
    "lying_sizes.xlsx": lying_sizes,
    "overlapping.xlsx": overlapping,
    "password_protected.xlsx": password_protected,
    "open_document.ods": open_document,
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, maker in MAKERS.items():
        maker(folder / file_name)
