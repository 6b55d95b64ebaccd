"""Looks at the XML inside a workbook as it is inflated, at next to no cost per byte."""

from __future__ import annotations

import re

import numpy as np
from django.utils.translation import gettext as _

from dataio.errors import UnsafeFile

HEAD_BYTES = 256 * 1024
TAIL_BYTES = 64
# A cell holds 32,767 characters; with markup around each of them that is about 6 MB.
MAX_TOKEN_BYTES = 8 * 1024 * 1024
# Each shared string costs the parser 24 bytes and more, however short it is.
MAX_SHARED_STRINGS = 12_000_000
SHARED_PARTS = ("sharedstrings.", "styles.")
# Excel ends at 65,490 formats of cells, each of which costs the parser a KB.
MAX_FORMATS = 250_000
ROOT = re.compile(rb"<[A-Za-z_]")
SHARED = re.compile(rb"<(?:\w+:)?(?:sst|styleSheet)\b")
SHEET = re.compile(rb"<(?:\w+:)?(?:worksheet|document-content)\b")
DISGUISED = re.compile(rb"<(?:\w{1,20}:)?(?:worksheet|workbook|sst|styleSheet)[\s>]")
CELLS = re.compile(rb"<(?:\w+:)?(?:c|row|table-cell|table-row)[ >/\r\n\t]")
# Excel ends at XFD. The stream parser makes a row as wide as the reference says, and
# aborts the whole process at ZZZZZZZ.
FAR_COLUMN = re.compile(rb"""\br\s*=\s*["'][A-Za-z]{5,}\d*["']""")
FAR_LETTERS = 5


class Watch:
    """Raises UnsafeFile for what a parser could not survive in one member of a zip."""

    def __init__(self, name: str) -> None:
        lower = name.lower().rstrip()
        self._xml = self._in_head = lower.endswith((".xml", ".rels", ".vml"))
        self.shared = lower.rpartition("/")[2].startswith(SHARED_PARTS)
        """Whether parsers hold it in memory: texts or formats, by name or by content."""
        self._cells = False
        self._head = self._tail = b""
        self._strings = self._formats = self._dry = self._wide = 0

    def see(self, block: bytes) -> None:
        """Look at the next bytes, in order, a MB or so at a time."""
        if not block:
            return
        if not self._xml:
            self._see_disguise(block)
            return
        if self._in_head:
            self._see_head(block)
        if self.shared:
            self._see_strings(block)
        if self._cells:
            self._see_columns(block)
        self._see_tokens(block)

    def _see_disguise(self, block: bytes) -> None:
        # A parser goes by the name that the package gives, whatever that is.
        block = self._tail + block.replace(b"\0", b"")
        self._tail = block[-TAIL_BYTES:]
        if DISGUISED.search(block):
            raise UnsafeFile(
                _("This file is refused: the parts inside it have misleading names.")
            )

    def _see_head(self, block: bytes) -> None:
        self._head += block[: HEAD_BYTES - len(self._head)]
        text = self._head.replace(b"\0", b"")  # also when it is UTF-16
        root = ROOT.search(text)
        if b"<!ENTITY" in text[: root.start() if root else None].upper():
            raise UnsafeFile(
                _(
                    "This file is refused: it defines entities, which workbooks never do."
                )
            )
        if root:
            self._cells = SHEET.match(text, root.start()) is not None
            self.shared |= SHARED.match(text, root.start()) is not None
            self._in_head = False
        elif len(self._head) >= HEAD_BYTES:
            raise UnsafeFile(_endless())

    def _see_strings(self, block: bytes) -> None:
        self._strings += block.count(b"<si") + block.count(b":si")
        self._formats += block.count(b"<xf") + block.count(b":xf")
        if self._strings > MAX_SHARED_STRINGS or self._formats > MAX_FORMATS:
            raise UnsafeFile(too_many_texts())

    def _see_columns(self, block: bytes) -> None:
        block = self._tail + block
        self._tail = block[-TAIL_BYTES:]
        if _has_letters_before_digit(block) and FAR_COLUMN.search(block):
            raise UnsafeFile(
                _("This file is refused: it has cells far to the right of column XFD.")
            )

    def _see_tokens(self, block: bytes) -> None:
        # These searches end at the first hit: nanoseconds in an honest file.
        dry = b"<" not in block or b">" not in block
        self._dry = self._dry + len(block) if dry else 0
        if self._cells:
            wide = CELLS.search(block) is None
            self._wide = self._wide + len(block) if wide else 0
            # Merged ranges and links follow the cells for as long as they want.
            self._cells = not (wide and b"sheetData>" in block)
        if max(self._dry, self._wide if self._cells else 0) > MAX_TOKEN_BYTES:
            raise UnsafeFile(_endless())


def _has_letters_before_digit(block: bytes) -> bool:
    """Say whether five letters directly before a digit are anywhere; numpy, for speed."""
    octets = np.frombuffer(block, dtype=np.uint8)
    digit = (octets - np.uint8(ord("0"))) < 10
    letter = ((octets | np.uint8(0x20)) - np.uint8(ord("a"))) < 26
    found = digit[FAR_LETTERS:]
    for back in range(1, FAR_LETTERS + 1):
        found = found & letter[FAR_LETTERS - back : len(letter) - back]
    return bool(found.any())


def too_many_texts() -> str:
    return _("This file is refused: its texts or formats take too much memory.")


def _endless() -> str:
    return _("This file is refused: it holds one text that never ends.")
