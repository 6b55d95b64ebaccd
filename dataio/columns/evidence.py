"""What the texts of a column prove about how its numbers and dates are written.

Evidence is a mapping of words to the first text that proves them:

- `point`, `comma`: this is the decimal sign; `either_number`: 1,234 may be both;
- `percent`, `negative`: a percent sign; a minus behind, or parentheses;
- `currency:EUR`: a sign of this currency;
- `DMY`, `MDY`, `YMD`: dates in this order; `either_date`: 03/04/2024 may be both.
"""

from __future__ import annotations

import re
from calendar import monthrange

import numpy as np
import pandas as pd
import pyarrow as pa

from dataio.columns.cells import Arrow, Mask, is_whole, matches, pc
from dataio.columns.dressed import dress_of
from dataio.columns.number_text import one_way_of_signs

Evidence = dict[str, str]
CURRENCY = "currency:"
DIGITS = r"[0-9]([0-9.,' ]*[0-9])?"
MOST_SHAPES = 500
NUMBERS = {
    "point": r"^(\d{4,}\.\d+|0\d*\.\d+|\d*\.\d{1,2}|\d*\.\d{4,}|\.\d+"
    r"|\d{1,3}([ ']\d{3})+\.\d+|\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,})$",
    "comma": r"^(\d{4,},\d+|0\d*,\d+|\d*,\d{1,2}|\d*,\d{4,}|,\d+"
    r"|\d{1,3}([ ']\d{3})+,\d+|\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,})$",
    "either_number": r"^[1-9]\d{0,2}[.,]\d{3}$",
}
LATE, EARLY = r"(?:1[3-9]|2\d|3[01])", r"(?:0?[1-9]|1[0-2])"
DATES = {
    "DMY": rf"^{LATE}[-/. ]{EARLY}[-/. ]\d{{4}}\b",
    "MDY": rf"^{EARLY}[-/. ]{LATE}[-/. ]\d{{4}}\b",
    "YMD": r"^\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}\b",
}
EITHER_DATE = re.compile(rf"({EARLY})([-/. ])({EARLY})\2\d{{4}}\b")


def evidence_of(cells: pd.Series) -> Evidence:
    """Return what the texts among some raw cells prove; {} without texts."""
    texts = [cell for cell in cells.unique() if type(cell) is str and is_whole(cell)]
    distinct = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    if not len(distinct):
        return {}
    return _of_dates(distinct) | _of_numbers(one_way_of_signs(distinct))


def joined(first: Evidence, later: Evidence) -> Evidence:
    """Return the evidence of both; of equal words the first text stays."""
    return later | first


def _of_numbers(texts: Arrow) -> Evidence:
    # Most texts are words: the cheap look first.
    texts = texts.filter(pa.array(matches(texts, r"^[^0-9]{0,5}[0-9]")))
    encoded = pc.replace_substring_regex(texts, DIGITS, "0").dictionary_encode()
    # What stands around digits repeats; what does not is no number.
    shapes = encoded.dictionary.to_pylist()[:MOST_SHAPES]
    dresses = [dress_of(shape) for shape in shapes]
    shape_of = encoded.indices.to_numpy()
    known = np.array([dress is not None for dress in dresses], np.bool_)
    evidence = _of_digits(texts, _at(shape_of, known))
    for place, dress in enumerate(dresses):
        if dress is None or not (dress.currency or dress.percent or dress.behind):
            continue
        seen = texts[int(np.argmax(shape_of == place))].as_py()
        said = {
            CURRENCY + dress.currency: bool(dress.currency),
            "percent": dress.percent,
            "negative": dress.behind,
        }
        for word in (word for word, true in said.items() if true):
            evidence.setdefault(word, seen)
    return evidence


def _of_digits(texts: Arrow, known: Mask) -> Evidence:
    texts = texts.filter(pa.array(known))
    digits = pc.replace_substring_regex(texts, r"^[^0-9.,]+|[^0-9]+$", "")
    found = {name: _first(texts, matches(digits, NUMBERS[name])) for name in NUMBERS}
    return {name: text for name, text in found.items() if text}


def _at(shape_of: np.ndarray, known: Mask) -> Mask:
    most = len(known)
    return np.asarray(
        (shape_of < most) & np.append(known, False)[np.minimum(shape_of, most)]
    )


def _of_dates(texts: Arrow) -> Evidence:
    texts = texts.filter(pa.array(matches(texts, r"^\d{1,4}[-/. ]\d{1,2}[-/. ]\d")))
    if not len(texts):
        return {}
    evidence = {
        name: _first_day(texts.filter(pa.array(matches(texts, pattern))), name)
        for name, pattern in DATES.items()
    }
    # Fewer than 150 pairs of day and month can be either way round.
    open_ones = (EITHER_DATE.match(text) for text in texts.to_pylist())
    evidence["either_date"] = next(
        (one.string for one in open_ones if one and int(one[1]) != int(one[3])), ""
    )
    return {name: text for name, text in evidence.items() if text}


def _first_day(texts: Arrow, order: str) -> str:
    """Return the first text that is a day in this order: 31.02.2025 proves nothing."""
    places = {"DMY": "dmy", "MDY": "mdy", "YMD": "ymd"}[order]
    for text in texts.to_pylist():
        parts = dict(zip(places, map(int, re.findall(r"\d+", text)[:3]), strict=True))
        if _is_day(parts["y"], parts["m"], parts["d"]):
            return str(text)
    return ""


def _is_day(year: int, month: int, day: int) -> bool:
    months = range(1, 13)
    return year > 0 and month in months and 1 <= day <= monthrange(year, month)[1]


def _first(texts: Arrow, mask: Mask) -> str:
    places = np.flatnonzero(mask)
    return texts[int(places[0])].as_py() if len(places) else ""
