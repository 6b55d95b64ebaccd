"""What a file is, by its content; the suffix is never believed."""

from __future__ import annotations

import mmap
import re
import zipfile
from pathlib import Path

from django.utils.translation import gettext as _

from dataio.errors import EmptyFile, PasswordProtected, UnknownFormat
from dataio.readers.archive import opened

WORKBOOK_FORMATS = ("xlsx", "xlsm", "xls", "xlsb", "ods")
STREAMED_FORMATS = ("xlsx", "xlsm")
TEXT_FORMATS = ("csv", "tsv")
HEAD_BYTES = 65_536
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_ENTRY_BYTES = 128
MAX_CONTENT_TYPES_BYTES = 4 * 1024 * 1024
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Excel's own oldest files: a bare BIFF stream without a container.
BIFF = re.compile(rb"\A\x09[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00")
# How the stream of a workbook begins that is encrypted as old Excel does: BOF, perhaps
# WRITEPROT, FILEPASS. A stream starts at a multiple of 64.
FILEPASS = re.compile(
    rb"\x09\x08(?:\x10\0\0\x06\x05\0.{12}|\x08\0\0\x05\x05\0.{4})(?:\x86\0\0\0)?\x2f\0",
    re.DOTALL,
)
STREAM_STEP = 64
MARKUP = re.compile(rb"\A\s*<(?:!doctype|html|\?xml|table|script)", re.IGNORECASE)
JSON = re.compile(rb"""\A\s*(?:\{\s*"|\[\s*[{\["])""")
NOT_TABLES = {
    b"MZ": "program",
    b"\x7fELF": "program",
    b"%PDF": "PDF",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
    b"\x1f\x8b": "archive",
    b"{\\rtf": "text document",
}
# Longest word first: "macroEnabled" and "binary" are told apart from plain sheets.
CONTENT_TYPES = {
    b"sheet.binary.macroenabled.main": "xlsb",
    b"sheet.macroenabled.main+xml": "xlsm",
    b"template.macroenabled.main+xml": "xlsm",
    b"spreadsheetml.sheet.main+xml": "xlsx",
    b"spreadsheetml.template.main+xml": "xlsx",
}


def detect_format(path: Path) -> str:
    """Return xlsx, xlsm, xls, xlsb, ods, csv or tsv.

    Raises EmptyFile, PasswordProtected, UnknownFormat or UnreadableFile.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\0 \t\r\n"):
        raise EmptyFile
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_format(path)
    if head.startswith(OLE_MAGIC):
        return _ole_format(path)
    if BIFF.match(head):
        return "xls"
    return _text_format(head)


def _zip_format(path: Path) -> str:
    with opened(path) as archive:
        names = {name.lower().lstrip("/"): name for name in archive.namelist()}
        if "mimetype" in names and "content.xml" in names:
            return _open_document_format(_head(archive, names["mimetype"], 200))
        types = _head(
            archive, names.get("[content_types].xml", ""), MAX_CONTENT_TYPES_BYTES
        )
    types = types.replace(b"\0", b"").lower()  # also when it is UTF-16
    for word, found in CONTENT_TYPES.items():
        if word in types:
            return found
    raise UnknownFormat(
        _(
            "This is a zip file, but not a workbook. "
            "Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv."
        )
    )


def _head(archive: zipfile.ZipFile, name: str, length: int) -> bytes:
    if not name:
        return b""
    with archive.open(name) as member:
        return member.read(length)


def _open_document_format(mimetype: bytes) -> str:
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    raise UnknownFormat(
        _("This is an OpenDocument file, but not a spreadsheet. Save it as .ods.")
    )


def _ole_format(path: Path) -> str:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        if has_ole_stream(content, "EncryptedPackage"):
            raise PasswordProtected
        if any(not one.start() % STREAM_STEP for one in FILEPASS.finditer(content)):
            raise PasswordProtected
        if has_ole_stream(content, "Workbook") or has_ole_stream(content, "Book"):
            return "xls"
    raise UnknownFormat(
        _(
            "This is an old Office file, but not an Excel workbook, or only a part of one. "
            "Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv."
        )
    )


def has_ole_stream(content: mmap.mmap, name: str) -> bool:
    """Say whether a directory entry has this name.

    An entry is 128 bytes, aligned, and keeps the length of its name in byte 64; a cell
    that merely says "EncryptedPackage" does not look like that.
    """
    wanted = name.encode("utf-16-le") + b"\0\0"
    position = content.find(wanted)
    while position >= 0:
        length = content[position + 64 : position + 66]
        if position % OLE_ENTRY_BYTES == 0 and length == len(wanted).to_bytes(
            2, "little"
        ):
            return True
        position = content.find(wanted, position + 2)
    return False


def _text_format(head: bytes) -> str:
    for magic, kind in NOT_TABLES.items():
        if head.startswith(magic):
            raise UnknownFormat(_not_a_table(kind))
    if MARKUP.match(head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"")):
        raise UnknownFormat(
            _(
                "This is a web page or XML, not a workbook, whatever its name says. "
                "Open it in Excel, save it as .xlsx and upload that."
            )
        )
    if JSON.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise UnknownFormat(_("This is JSON, not a workbook or a table."))
    if b"\0" in head and not looks_like_utf_16(head):
        raise UnknownFormat
    text = head.replace(b"\0", b"")
    first_line = text.splitlines()[0] if text.splitlines() else b""
    tabs = first_line.count(b"\t")
    return "tsv" if tabs > max(map(first_line.count, (b",", b";", b"|"))) else "csv"


def looks_like_utf_16(head: bytes) -> bool:
    """Say whether text starts with a mark of UTF-16 or has a NUL at every other byte."""
    if head.startswith(UTF_16_MARKS):
        return True
    sample = head[:2_000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return max(even, odd) > len(sample) * 0.3 and min(even, odd) < len(sample) * 0.02


def _not_a_table(kind: str) -> str:
    sentences = {
        "program": _("This is a program, not a workbook."),
        "PDF": _("This is a PDF, not a workbook."),
        "picture": _("This is a picture, not a workbook."),
        "archive": _(
            "This is a packed archive. Unpack it and upload the workbook inside."
        ),
        "text document": _("This is a text document, not a workbook."),
    }
    return sentences[kind]
