"""Dates with the month in words, English or Vietnamese, as the digits that dates are read from."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa

from dataio.columns.cells import Arrow, as_mask, pc

ENGLISH = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
VIETNAMESE = [
    "một",
    "hai",
    "ba",
    "tư",
    "năm",
    "sáu",
    "bảy",
    "tám",
    "chín",
    "mười",
    "mười_một",
    "mười_hai",
]
OTHER_WORDS = {"sept": 9, "tháng giêng": 1, "tháng chạp": 12}
MONTHS = (
    {
        name[:length]: number
        for number, name in enumerate(ENGLISH, 1)
        for length in (3, 20)
    }
    | {f"tháng {name.replace('_', ' ')}": n for n, name in enumerate(VIETNAMESE, 1)}
    | {f"tháng {number}": number for number in range(1, 13)}
    | {f"tháng 0{number}": number for number in range(1, 10)}
    | {f"thg {number}": number for number in range(1, 13)}
    | OTHER_WORDS
)
"""Month numbers by their words, in lower case."""
MONTH = (
    "(?P<month>"
    + "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
    + r")\.?"
)
DAY, YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4}|\d{2})"
GAP = r"[\s\-/.,]+"
CLOCK = r"(?:[\st,]+(?P<clock>\d{1,2}:.*))?"
ORDERS = tuple(
    re.compile(pattern + CLOCK + "$")
    for pattern in (
        rf"(?:ngày\s+)?{DAY}{GAP}{MONTH}(?:{GAP}|\s+năm\s+){YEAR}",  # 25 Dec 2024
        rf"{MONTH}\s+{DAY}(?:,\s*|\s+){YEAR}",  # Dec 25, 2024
        r"(?P<year>\d{4})" + rf"{GAP}{MONTH}{GAP}{DAY}",  # 2024-Dec-25
    )
)
WORDS = r"\p{L}{3}"
"""Three letters in a row: AM, PM and Z have fewer."""


def with_digits(texts: Arrow) -> Arrow:
    """Return texts with months in words as year-month-day; all other texts as they are.

    Only texts with words are looked at, each distinct one once. A year of two digits
    stays one, so that it is refused.
    """
    worded = as_mask(pc.match_substring_regex(texts, WORDS))
    if not worded.any():
        return texts
    encoded = texts.filter(pa.array(worded)).dictionary_encode()
    spelled = [_spelled(text) for text in encoded.dictionary.to_pylist()]
    replaced = pa.array(spelled, pa.string()).take(encoded.indices)
    return pc.replace_with_mask(texts, pa.array(worded), replaced)


def _spelled(text: str) -> str:
    """Return one text in digits.

    >>> _spelled("ngày 25 tháng 12 năm 2024"), _spelled("Dec 25, 2024 2:30 PM")
    ('2024-12-25', '2024-12-25 2:30 pm')
    """
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    for order in ORDERS:
        if found := order.match(plain):
            month = MONTHS[found["month"]]
            clock = f" {found['clock']}" if found["clock"] else ""
            return f"{found['year']}-{month:02}-{int(found['day']):02}{clock}"
    return text
