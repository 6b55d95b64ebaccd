"""Any cell as the text that was meant, where that is certain."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.duration import duration_string
from django.utils.translation import gettext as _

from dataio.columns.arrow import arrow_series
from dataio.columns.cells import Arrow, Kind, Places, as_mask, pc
from dataio.columns.reading import Reading

# Excel keeps 15 digits of a number: a longer one was changed when it was typed.
KEPT_BY_EXCEL = 1e15


def keep_as_text(reading: Reading, *, stripped: bool) -> list[tuple[Places, Arrow]]:
    """Return positions and text of all cells that have one; the others are refused."""
    cells = reading.cells
    parts: list[tuple[Places, Arrow]] = [
        (cells.at(Kind.TEXT), cells.stripped if stripped else cells.texts)
    ]
    parts.append(_text_of(reading, Kind.BOOL, lambda cell: "TRUE" if cell else "FALSE"))
    parts.append(_text_of(reading, Kind.INT, str))
    parts.append(_text_of(reading, Kind.DECIMAL, lambda cell: format(cell, "f")))
    parts.append(_text_of(reading, Kind.DATE, str))
    parts.append(_text_of(reading, Kind.DATETIME, datetime_text))
    parts.append(_text_of(reading, Kind.TIME, str))
    parts.append(_text_of(reading, Kind.DURATION, duration_string))
    parts.append(_text_of(reading, Kind.OTHER, str))
    parts.append(_floats(reading))
    return [(places, texts) for places, texts in parts if len(places)]


def _text_of(reading: Reading, kind: Kind, text_of: Any) -> tuple[Places, Arrow]:
    places = reading.cells.at(kind)
    raw = reading.cells.take(places)
    return places, pa.array(
        np.fromiter(map(text_of, raw), object, len(raw)), pa.string()
    )


def _floats(reading: Reading) -> tuple[Places, Arrow]:
    places = reading.cells.at(Kind.FLOAT)
    floats = reading.cells.take(places).astype(np.float64)
    sure = np.abs(floats) < KEPT_BY_EXCEL
    reading.refuse(places[~sure], "too_many_digits", lost_digits)
    return places[sure], float_texts(floats[sure])


def float_texts(floats: np.ndarray) -> Arrow:
    """Return floats as the shortest digits that mean them, never with an exponent.

    5.0 is "5", 0.1 is "0.1", 1e-7 is "0.0000001".
    """
    texts = pc.cast(pa.array(floats, pa.float64()), pa.string())
    scientific = as_mask(pc.match_substring(texts, "e"))
    if not scientific.any():
        return texts
    digits: list[str] = texts.filter(pa.array(scientific)).to_pylist()
    spelled = [format(Decimal(text), "f") for text in digits]
    return pc.replace_with_mask(
        texts, pa.array(scientific), pa.array(spelled, pa.string())
    )


def text_series(values: pd.Series) -> pd.Series:
    """Return database values as a Series of Arrow text, missing ones as null."""
    try:
        return arrow_series(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # not all of them are texts
        texts = values.astype(object).map(str, na_action="ignore")
        return texts.astype(pd.ArrowDtype(pa.string()))


def datetime_text(value: datetime) -> str:
    """Return a date with time as ISO text: 2024-12-31 14:30:00."""
    return value.isoformat(" ")


def lost_digits(seen: str) -> str:
    """Return the sentence for a number that Excel could not keep."""
    return _(
        '"%(value)s" has more digits than Excel keeps in a number. Format the cell as text '
        "and type the value again."
    ) % {"value": seen}
