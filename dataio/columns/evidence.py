"""What the texts of a column prove about how its numbers and dates are written.

Evidence is a mapping of words to the first text that proves them:

- `point`, `comma`: this is the decimal sign; `either_number`: 1,234 may be both;
- `percent`, `negative`: a percent sign; a minus behind, or parentheses;
- `currency:EUR`: a sign of this currency;
- `DMY`, `MDY`, `YMD`: dates in this order; `either_date`: 03/04/2024 may be both.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from dataio.columns.cells import Arrow, Mask, is_whole, matches, pc
from dataio.columns.currencies import currency_of
from dataio.columns.dressed import DRESSED
from dataio.columns.number_text import one_way_of_signs

Evidence = dict[str, str]
CURRENCY = "currency:"
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
    texts = texts.filter(pa.array(matches(texts, r"^\D{0,5}[0-9.,]")))
    parts = pc.extract_regex(texts, DRESSED)
    known = parts.is_valid()
    texts, parts = texts.filter(known), parts.filter(known)
    digits = pc.struct_field(parts, "digits")
    found = {name: matches(digits, shape) for name, shape in NUMBERS.items()}
    found["percent"] = _filled(parts, "percent")
    found["negative"] = _filled(parts, "close")
    evidence = {name: _first(texts, mask) for name, mask in found.items()}
    for group in ("front", "back", "behind"):
        signs = pc.struct_field(parts, group)
        for sign in pc.unique(signs).to_pylist():
            if code := currency_of(sign):
                mask = np.asarray(pc.equal(signs, sign))
                evidence.setdefault(CURRENCY + code, _first(texts, mask))
    return {name: text for name, text in evidence.items() if text}


def _of_dates(texts: Arrow) -> Evidence:
    texts = texts.filter(pa.array(matches(texts, r"^\d{1,4}[-/. ]\d{1,2}[-/. ]\d")))
    if not len(texts):
        return {}
    evidence = {name: _first(texts, matches(texts, one)) for name, one in DATES.items()}
    # Fewer than 150 pairs of day and month can be either way round.
    open_ones = (EITHER_DATE.match(text) for text in texts.to_pylist())
    evidence["either_date"] = next(
        (one.string for one in open_ones if one and int(one[1]) != int(one[3])), ""
    )
    return {name: text for name, text in evidence.items() if text}


def _filled(parts: Arrow, group: str) -> Mask:
    return np.asarray(pc.not_equal(pc.struct_field(parts, group), ""))


def _first(texts: Arrow, mask: Mask) -> str:
    places = np.flatnonzero(mask)
    return texts[int(places[0])].as_py() if len(places) else ""
