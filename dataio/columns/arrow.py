"""Database values as Arrow columns."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa


def arrow_series(values: pd.Series, kind: pa.DataType) -> pd.Series:
    """Return values as a Series of an Arrow type (same index), missing ones as null.

    Half the work of pandas's `astype`, which looks for what is missing once more.
    Raises ArrowInvalid or ArrowTypeError for a value of another type.
    """
    # Asking each Decimal whether it is NaN takes twice as long as taking it.
    asks = not pa.types.is_decimal(kind)
    cells = pa.array(values.to_numpy(object), kind, from_pandas=asks)
    array = pd.arrays.ArrowExtensionArray(pa.chunked_array([cells]))
    return pd.Series(array, index=values.index)
