"""What a workbook holds besides its cells, is never run or fetched, and is told of."""

from __future__ import annotations

import mmap
from pathlib import Path

from django.utils.translation import gettext as _

from dataio.readers.archive import opened
from dataio.readers.kinds import has_ole_stream

# Visual Basic in Excel's packages, Basic and other scripts in OpenDocument's.
MACRO_PARTS = ("xl/vbaproject.bin", "xl/macrosheets/", "basic/", "scripts/")
LINK_PARTS = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/")
MACRO_STREAM = "_VBA_PROJECT"


def ignored(path: Path, found: str) -> list[str]:
    """Return a sentence for each kind of content that is ignored.

    `found`: the format of the file. Raises UnreadableFile when it is damaged.
    """
    if found == "xls":
        return [_macros()] if _has_ole_macros(path) else []
    with opened(path) as archive:
        names = [name.lower().lstrip("/") for name in archive.namelist()]
    notes = []
    if found == "xlsm" or any(name.startswith(MACRO_PARTS) for name in names):
        notes.append(_macros())
    if any(name.startswith(LINK_PARTS) for name in names):
        notes.append(
            _(
                "Links to other workbooks and sources are not followed; "
                "the values saved last are read."
            )
        )
    return notes


def _macros() -> str:
    return _("Macros in this workbook are ignored.")


def _has_ole_macros(path: Path) -> bool:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return has_ole_stream(content, MACRO_STREAM)
