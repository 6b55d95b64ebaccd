"""Frames as Arrow record batches: the border between pandas and the writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import pyarrow as pa

from dataio.writers.texts import Arrow


def arrow_cells(series: pd.Series) -> Arrow:
    """Return a Series as one Arrow array of a plain type.

    Categories become their values; a Series without any value is of type string.
    """
    found: Arrow = pa.Array.from_pandas(series)
    cells: Arrow = (
        found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    )
    if isinstance(cells, pa.ChunkedArray):  # combining nothing leaves a chunked array
        cells = pa.array([], found.type)
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    kind, types = cells.type, pa.types
    textual = types.is_null(kind) or types.is_large_string(kind)
    return cells.cast(pa.string()) if textual else cells


def unique_headers(
    headers: Sequence[str], key: Callable[[str], str] = str
) -> list[str]:
    """Return the headers; a repeated one gets " (2)", so that a file can be read back.

    `key`: of what is compared, such as `str.lower`.

    >>> unique_headers(["Name", "Name"])
    ['Name', 'Name (2)']
    """
    found: list[str] = []
    taken: set[str] = set()
    for header in headers:
        number, unique = 1, header
        while key(unique) in taken:
            number += 1
            unique = f"{header} ({number})"
        found.append(unique)
        taken.add(key(unique))
    return found
