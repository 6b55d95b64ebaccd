"""Values as text, a whole Arrow array at a time: for CSV, and for what Excel cannot hold."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Arrow = Any
"""An Arrow array; the stubs of pyarrow cannot follow its compute functions."""
SECOND = 1_000_000  # microseconds


def as_text(cells: Arrow) -> Arrow:
    """Return the array as strings; types Arrow has no text for are shown as Python does."""
    if cells.type == pa.string():
        return cells
    try:
        return cells.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        shown = [None if cell is None else str(cell) for cell in cells.to_pylist()]
        return pa.array(shown, pa.string())


def datetime_text(cells: Arrow) -> Arrow:
    """Return timestamps in ISO 8601, with the offset of their zone if they have one.

    A fraction of a second is shown where there is one: 2026-03-01T09:30:00.25+01:00.
    """
    aware = cells.type.tz is not None
    text = pc.strftime(cells, "%Y-%m-%dT%H:%M:%S" + ("%z" if aware else ""))
    text = _without_zeros(text)
    if aware:
        text = pc.replace_substring_regex(text, r"([+-]\d\d)(\d\d)$", r"\1:\2")
    return text


def time_text(cells: Arrow) -> Arrow:
    """Return times of day as 09:30:00, with a fraction where there is one."""
    return _without_zeros(cells.cast(pa.string()))


def duration_text(cells: Arrow) -> Arrow:
    """Return durations as hours:minutes:seconds, such as 26:05:00 or -0:30:00."""
    total = cells.cast(pa.duration("us"), safe=False).cast(pa.int64())
    size = pc.abs(total)
    seconds = pc.divide(size, SECOND)
    clock = pc.binary_join_element_wise(
        pc.divide(seconds, 3600).cast(pa.string()),
        _padded(_rest(pc.divide(seconds, 60), 60), 2),
        _padded(_rest(seconds, 60), 2),
        ":",
    )
    fraction = _padded(_rest(size, SECOND), 6)
    sign: Arrow = pc.if_else(pc.less(total, pa.scalar(0)), "-", "")
    return _without_zeros(
        pc.binary_join_element_wise(
            pc.binary_join_element_wise(sign, clock, ""), fraction, "."
        )
    )


def cut(text: str, units: int) -> str:
    """Return the text in at most `units` UTF-16 units; what was cut ends in an ellipsis."""
    raw = text.encode("utf-16-le")
    if len(raw) <= 2 * units:
        return text
    # "ignore" drops the half of a character that the cut went through.
    return raw[: 2 * (units - 1)].decode("utf-16-le", "ignore") + "…"


def _rest(cells: Arrow, divisor: int) -> Arrow:
    whole: Arrow = pc.divide(cells, divisor)
    return pc.subtract(cells, pc.multiply(whole, pa.scalar(divisor)))


def _padded(cells: Arrow, width: int) -> Arrow:
    return pc.utf8_lpad(cells.cast(pa.string()), width, "0")


def _without_zeros(text: Arrow) -> Arrow:
    """Drop the zeros at the end of a fraction of a second."""
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+([+-]\d+)?$", r"\1\2")
    return pc.replace_substring_regex(text, r"\.([+-]\d+)?$", r"\1")
