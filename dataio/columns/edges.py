"""What the bytes of many texts tell at once, at next to no cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrow = Any
"""An array of texts."""


def _bytes(*found: int | range) -> NDArray[np.bool_]:
    """Return for each byte whether it is among these."""
    mask = np.zeros(256, np.bool_)
    for one in found:
        mask[one] = True
    return mask


# Whitespace in UTF-8 begins and ends with one of these; an error of Excel's with a #.
MAY_BEGIN = _bytes(range(0x21), ord("#"), 0xC2, range(0xE1, 0xE4))
MAY_END = _bytes(range(0x21), range(0x80, 0x8B), range(0x9F, 0xB0))


def are_plain(texts: Arrow) -> bool:
    """Tell at little cost that all texts are whole, and without whitespace around or a # ahead."""
    ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    if texts.null_count or not np.diff(ends).all() or may_have_nul(texts):
        return False
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    return not (MAY_BEGIN[data[ends[:-1]]].any() or MAY_END[data[ends[1:] - 1]].any())


def may_have_nul(texts: Arrow) -> bool:
    """Tell whether any byte of all texts is zero, at next to no cost."""
    data = texts.buffers()[2]
    return data is not None and not np.frombuffer(data, np.uint8).all()
