"""What the small parts of an .xlsx package say: sheets, epoch, extent of a sheet.

Nothing here is needed to read a workbook; where a part is missing or odd, the answer is
"not known". Expat is told to refuse declarations of entities.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from dataio.errors import DataioError
from dataio.readers.archive import opened

PART_BYTES = 8 * 1024 * 1024
HEAD_BYTES = 256 * 1024
DIMENSION = re.compile(
    rb"""<(?:\w+:)?dimension\b[^<>]{0,99}\bref=["'][A-Z]{1,9}\d{1,9}:[A-Z]{1,9}(\d{1,9})"""
)
ROW = re.compile(rb"<(?:\w+:)?row[ >]")
# Counted, since a search that may go on for ever does so in a hostile file.
HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]{0,499}?\bhidden=["'](?:1|true)["']""")
LAST_ROW = 1_048_576
WANTED = ("sheet", "Relationship", "workbookPr")
MOST_ELEMENTS = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """The facts of one workbook."""

    uses_1904: bool = False
    """Dates count from 1904, as old Excel for Mac did."""
    last_rows: dict[str, int] = field(default_factory=dict)
    """Last row of each sheet by name, from `<dimension>` or else estimated by size."""
    parts: dict[str, str] = field(default_factory=dict)
    """Where each sheet is in the package, by name."""
    hidden_rows: dict[str, int] = field(default_factory=dict)
    """Hidden rows near the top of each sheet by name, where there are any."""


def read_package(path: Path) -> Package:
    """Return what is known; never raises for what the package holds."""
    try:
        with opened(path) as archive:
            names = {name.lower().lstrip("/"): name for name in archive.namelist()}
            book = _elements(archive, names.get("xl/workbook.xml"))
            rels = _elements(archive, names.get("xl/_rels/workbook.xml.rels"))
            targets = {
                rel.get("Id", ""): rel.get("Target", "")
                for name, rel in rels
                if name == "Relationship"
            }
            parts = {
                attrs.get("name", ""): part
                for name, attrs in book
                if name == "sheet" and (part := names.get(_part(targets, attrs)))
            }
            return Package(
                parts=parts,
                uses_1904=any(_says_1904(attrs) for _name, attrs in book),
                last_rows={
                    name: last_row
                    for name, part in parts.items()
                    if (last_row := _last_row(archive, part))
                },
                hidden_rows={
                    name: count
                    for name, part in parts.items()
                    if (count := len(HIDDEN_ROW.findall(_head(archive, part))))
                },
            )
    except (DataioError, expat.ExpatError, KeyError):
        return Package()


def _says_1904(attrs: dict[str, str]) -> bool:
    return attrs.get("date1904", "").lower() in ("1", "true", "on")


def _elements(
    archive: zipfile.ZipFile, part: str | None
) -> list[tuple[str, dict[str, str]]]:
    """Return the elements of a small part: local name, attributes by local name."""
    if part is None or archive.getinfo(part).file_size > PART_BYTES:
        return []
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attrs: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name not in WANTED:
            return
        if len(found) == MOST_ELEMENTS:
            raise expat.ExpatError
        local = {key.rpartition(":")[2]: value for key, value in attrs.items()}
        found.append((name, local))

    def refuse(*_declaration: object) -> None:
        raise expat.ExpatError

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    with archive.open(part) as member:
        parser.Parse(member.read(PART_BYTES), True)  # noqa: FBT003 - positional only
    return found


def _part(targets: dict[str, str], attrs: dict[str, str]) -> str:
    target = targets.get(attrs.get("id", ""), "").replace("\\", "/")
    joined = target if target.startswith("/") else posixpath.join("xl", target)
    return posixpath.normpath(joined).lstrip("/").lower()


def _head(archive: zipfile.ZipFile, part: str) -> bytes:
    with archive.open(part) as member:
        return member.read(HEAD_BYTES)


def _last_row(archive: zipfile.ZipFile, part: str) -> int:
    """Return the declared last row, or one guessed from the size when it is not credible."""
    head = _head(archive, part)
    size = archive.getinfo(part).file_size
    first = ROW.search(head)
    seen = len(ROW.findall(head))
    if first is None:
        return 0
    guessed = round(seen * (size - first.start()) / (len(head) - first.start()))
    declared = DIMENSION.search(head)
    last_row = int(declared[1]) if declared else 0
    # Some writers say "A1", others the whole sheet; both are far from what the size says.
    credible = guessed * 0.2 <= last_row <= max(guessed * 5, 1_000)
    return min(last_row if credible else guessed, LAST_ROW)
