"""The values of an image as the tables of an undo take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dataio.imports.loaders.images import ACTION
from dataio.imports.loaders.values import Field


def places_and_values(image: pa.Table, fields: Sequence[Field]) -> pa.Table:
    """Return place and action of each record, and its old (o0, o1 ...) and new (n0 ...) values."""
    columns: dict[str, Any] = {
        "place": pa.array(np.arange(len(image))),
        "action": image.column(ACTION),
    }
    for short, side in (("o", "old"), ("n", "new")):
        for n, field in enumerate(fields):
            values = image.column(f"{side}.{field.column}")
            blank = pa.types.is_null(values.type)
            columns[f"{short}{n}"] = values.cast(pa.string()) if blank else values
    return pa.table(columns)


def untouched(action: str, low: int, high: int) -> str:
    """Return the condition of records of these places that have no reason to stay."""
    return (
        f"u.reason IS NULL AND u.action = '{action}'"
        f" AND u.place >= {low} AND u.place < {high}"
    )
