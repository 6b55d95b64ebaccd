"""Formulas whose results are not in the workbook: whoever reads it finds blank cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dataio.readers.archive import opened
from dataio.readers.package import read_package

PIECE = 1024 * 1024
LONGEST = 32 * 1024
"""Bytes that one cell with a formula takes at most."""
NO_RESULT = re.compile(
    # Counted, since a search that may go on for ever does so in a hostile file.
    rb"""<c\b[^<>]{0,99}?\br=["']([A-Z]{1,4}[0-9]{1,9})["'][^<>]{0,99}>\s{0,9}"""
    rb"<f\b(?:[^<>]{0,999}/>|[^<>]{0,999}>[^<]{0,32768}</f>)"
    rb"\s{0,9}(?:<v\s{0,9}/>|<v>\s{0,9}</v>|</c>)"
)


def without_results(path: Path, sheet: str) -> Iterator[str]:
    """Yield the cells of a sheet, such as "D6", whose formula has no result.

    A program that writes formulas does not work them out; Excel does when it saves.
    """
    part = read_package(path).parts.get(sheet)
    if part is None:
        return
    with opened(path) as archive, archive.open(part) as member:
        rest = b""
        while piece := member.read(PIECE):
            text, end = rest + piece, 0
            for found in NO_RESULT.finditer(text):
                yield found[1].decode()
                end = found.end()
            rest = text[max(end, len(text) - LONGEST) :]
