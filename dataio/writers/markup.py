"""Texts for XML, a whole Arrow array at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.texts import Arrow

CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f"
NONCHARACTERS = "\ufffe\uffff"
NO_XML = f"[{CONTROLS}{NONCHARACTERS}]"
"""What XML 1.0 cannot hold."""
EXCEL_ODD = f"[{CONTROLS}\r{NONCHARACTERS}]|_x[0-9A-Fa-f]{{4}}_"
"""What Excel writes otherwise."""
MARKS = b'&<>"'
# What begins each thing that EXCEL_ODD finds, in UTF-8. Most columns have none of them.
ODD_BYTES = bytes({*range(0x20)} - {*b"\t\n"})
ESCAPE_BYTES = b"_x"
NONCHARACTER_BYTES = NONCHARACTERS[0].encode()[:2]


def escaped(texts: Arrow) -> Arrow:
    """Return texts for the inside of an element or attribute."""
    if not _has_any(bytes(content(texts)), MARKS):
        return texts
    for mark, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        texts = pc.replace_substring(texts, mark, name)
    return texts


def joined(*parts: Arrow | str) -> Arrow:
    """Return the parts side by side, row by row; null where one is null."""
    join: Any = pc.binary_join_element_wise
    return join(*parts, "")


def content(rows: Arrow) -> memoryview:
    """Return all texts of an array one after the other, without a copy."""
    buffers, offset = rows.buffers(), rows.offset
    if buffers[2] is None or not len(rows):
        return memoryview(b"")
    ends = memoryview(buffers[1]).cast("i")
    return memoryview(buffers[2])[ends[offset] : ends[offset + len(rows)]]


def changed(texts: Arrow, odd: str, change: Callable[[str], str]) -> Arrow:
    """Return the texts; those that match the expression `odd` go through `change`."""
    mask: Arrow = pc.match_substring_regex(texts, odd)
    if not pc.any(mask).as_py():
        return texts
    found = texts.filter(mask)
    new = pa.array([change(text) for text in found.to_pylist()], pa.string())
    return pc.replace_with_mask(texts, pc.fill_null(mask, False), new)  # noqa: FBT003


def excel_escaped(texts: Arrow) -> Arrow:
    """Return texts with what XML cannot hold as Excel writes it, such as _x0008_."""
    block = bytes(content(texts))
    if not (
        _has_any(block, ODD_BYTES)
        or ESCAPE_BYTES in block
        or NONCHARACTER_BYTES in block
    ):
        return texts
    return changed(texts, EXCEL_ODD, _excel_text)


def _has_any(block: bytes, marks: bytes) -> bool:
    """Return whether a block has one of these bytes: a tenth of the time of a search."""
    return len(block.translate(None, marks)) < len(block)


def _excel_text(text: str) -> str:
    # An underscore that would begin such an escape by chance becomes one itself.
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(
        f"[{CONTROLS}\r{NONCHARACTERS}]", lambda found: f"_x{ord(found[0]):04X}_", text
    )
