"""Names and looks of sheets."""

from __future__ import annotations

import re
from collections.abc import Collection

import pyarrow.compute as pc

from dataio.writers.texts import Arrow, as_text, cut

LONGEST_NAME = 31  # UTF-16 units
FALLBACK_NAME = "Sheet1"
NARROWEST, WIDEST = 8, 60  # in characters of the standard font
SAMPLE_ROWS = 1_000
HEADER_TINT = "#E8EDF5"
FILTER_BUTTON = 4  # what the button takes of a header, in characters


def legal_sheet_name(name: str, taken: Collection[str] = ()) -> str:
    """Return a sheet name that Excel accepts, unlike those in `taken`.

    >>> legal_sheet_name("Sales [2026/27]")
    'Sales 2026 27'
    >>> legal_sheet_name("products", taken=["Products"])
    'products 2'
    """
    text = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]", " ", name).split())
    text = text.strip("' ") or FALLBACK_NAME
    if text.lower() == "history":  # Excel keeps this name for itself
        text += " 1"
    lower = {other.lower() for other in taken}
    number, unique = 1, _shortened(text)
    while unique.lower() in lower:
        number += 1
        suffix = f" {number}"
        unique = _shortened(text, len(suffix)) + suffix
    return unique


def column_width(header: str, cells: Arrow, shown: str) -> int:
    """Return a width in characters, between 8 and 60, from the header and the first cells.

    `shown` is the number format: it says how long dates and times are.
    """
    content = (
        _longest(cells.slice(0, SAMPLE_ROWS)) if shown in ("@", "0") else len(shown)
    )
    if shown.startswith("0."):
        content = _longest(cells.slice(0, SAMPLE_ROWS))
    return max(NARROWEST, min(WIDEST, max(content + 1, len(header) + FILTER_BUTTON)))


def _longest(cells: Arrow) -> int:
    lengths: Arrow = pc.utf8_length(as_text(cells))
    longest: int | None = pc.max(lengths).as_py()
    return longest or 0


def _shortened(text: str, reserved: int = 0) -> str:
    return cut(text, LONGEST_NAME - reserved).strip("' ")
