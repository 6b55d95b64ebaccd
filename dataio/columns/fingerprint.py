"""Fingerprints of rows: the same for the same values, in every process and after a trip to Excel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dataio.columns.base import Column
from dataio.columns.cells import Arrow, pc

Hashes = npt.NDArray[np.uint64]


def fingerprints(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.Series:
    """Return 16 hexadecimal digits for each row of a clean frame, as Arrow text.

    Values that a workbook cannot tell apart count as the same: the digits that Excel does not
    keep, fractions of a millisecond, no text and an empty text, ways to end a line. The order
    of the columns does not matter, nor does the order of several related records.
    """
    ordered = sorted(columns, key=lambda column: column.name)
    total: Hashes = np.zeros(len(frame), np.uint64)
    for column in ordered:
        # Odd, so that no bit of what came before is lost; overflow is meant.
        total = total * np.uint64(0x9E3779B97F4A7C15) + _hashes(
            frame[column.name], column
        )
    digits = pa.array(np.char.mod("%016x", total).astype(object), pa.string())
    return pd.Series(pd.arrays.ArrowExtensionArray(digits), index=frame.index)


def _hashes(values: pd.Series, column: Column) -> Hashes:
    array: Arrow = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_list(array.type):
        return _list_hashes(array)
    return _text_hashes(_canonical(array, column))


def _list_hashes(lists: Arrow) -> Hashes:
    """Return the sum of the hashes in each list: the same in any order."""
    sums: Hashes = np.zeros(len(lists), np.uint64)
    parents = np.asarray(pc.list_parent_indices(lists))
    each = _text_hashes(pc.list_flatten(lists).cast(pa.string()))
    np.add.at(sums, parents, each)
    return sums


def _text_hashes(texts: Arrow) -> Hashes:
    filled = pc.fill_null(texts, "").to_numpy(zero_copy_only=False).astype(object)
    hashes: Hashes = pd.util.hash_array(filled)
    return hashes


def _canonical(values: Arrow, column: Column) -> Arrow:
    kind, types = values.type, pa.types
    if types.is_floating(kind):
        return _float_texts(values)
    if types.is_timestamp(kind):
        return _milliseconds(values.cast(pa.timestamp("us", kind.tz)))
    if types.is_time(kind):
        return _milliseconds(values.cast(pa.time64("us")))
    if types.is_duration(kind):
        return _milliseconds(values.cast(pa.duration("us")))
    texts = values.cast(pa.string())
    if not types.is_string(kind):
        return texts
    texts = pc.replace_substring_regex(texts, "\r\n?", "\n")
    return pc.utf8_trim_whitespace(texts) if _is_stripped(column) else texts


def _is_stripped(column: Column) -> bool:
    return bool(getattr(column, "stripped", False))


def _float_texts(values: Arrow) -> Arrow:
    numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    texts = np.char.mod("%.15g", numbers).astype(object)
    return pc.if_else(values.is_valid(), pa.array(texts, pa.string()), None)


def _milliseconds(values: Arrow) -> Arrow:
    whole = np.floor_divide(
        values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False) + 500, 1000
    )
    return pc.if_else(values.is_valid(), pa.array(whole).cast(pa.string()), None)
