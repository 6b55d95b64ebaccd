"""Personal data made unreadable, so that a file can be passed on.

| value             | masked   |
|-------------------|----------|
| anna@example.com  | a…@e…    |
| 0912 345 678      | 0…       |
| Anna, An, 42      | A…, …, … |
| (empty)           | (empty)  |

Whatever the column held, what is masked is text. A value of up to three characters shows none
of them. The same value is always masked the same way, but not the other way round.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from dataio.columns import Column
from dataio.columns.cells import pc
from dataio.columns.plain import text_series

ADDRESS = r"(?s)^([^@\s])[^@\s]*@([^@\s])[^@\s]*$"
LONG = r"(?s)^(.).{3,}$"


class MaskedColumn(Column):
    """A column whose values are masked."""

    kind = "text"
    arrow_type = pa.string()

    def __init__(self, inner: Column) -> None:
        super().__init__(inner.name, label=str(inner.label), read_only=True)
        self.inner = inner

    def present(self, values: pd.Series) -> pd.Series:
        return mask(self.inner.present(values))


def mask(values: pd.Series) -> pd.Series:
    """Return a Series of Arrow values as masked text."""
    is_text = values.dtype == pd.ArrowDtype(pa.string())
    whole = pa.array((values if is_text else text_series(values)).array, pa.string())
    address = pc.match_substring_regex(whole, ADDRESS)
    long = pc.match_substring_regex(whole, LONG)
    masked = pc.if_else(
        address,
        pc.replace_substring_regex(whole, ADDRESS, r"\1…@\2…"),
        pc.if_else(long, pc.replace_substring_regex(whole, LONG, r"\1…"), "…"),
    )
    empty = pc.equal(whole, "")
    shown = pc.if_else(empty, whole, masked)
    return pd.Series(pd.arrays.ArrowExtensionArray(shown), index=values.index)
