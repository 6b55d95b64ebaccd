"""Numbers written as text: what is certain becomes plain digits such as "-1250.5"."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import CellFormat
from dataio.columns.cells import Arrow, Mask, matches, pc
from dataio.columns.dressed import about_dress, hundredths, undressed

PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)$"
SCIENTIFIC = r"^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$"
# Groups of three, all apart by the same sign; RE2 has no back-references.
DECIMAL_POINT = r"^[+-]?(\d+|{groups})(\.\d*)?$".replace(
    "{groups}", r"\d{1,3}(,\d{3})+|\d{1,3}( \d{3})+|\d{1,3}('\d{3})+"
)
DECIMAL_COMMA = r"^[+-]?(\d+|{groups})(,\d*)?$".replace(
    "{groups}", r"\d{1,3}(\.\d{3})+|\d{1,3}( \d{3})+|\d{1,3}('\d{3})+"
)
SEPARATED = re.compile(
    "[+\\-\u2212]?[0-9.,'\u2018\u2019\\s]*[0-9][0-9.,'\u2018\u2019\\s]*$"
)


# 1.234 and 1,234 may be a thousand and something: not certain while nobody said.
EITHER = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"


def plain_numbers(
    texts: Arrow, cell_format: CellFormat, *, scientific: bool = False
) -> tuple[Arrow, Mask]:
    """Return texts as plain digits, and which of them are numbers for certain.

    `texts`: without whitespace around them. Where the format does not say the decimal sign,
    only digits with a point that cannot part thousands are certain.
    `scientific`: allow 1.5e3.
    """
    texts = one_way_of_signs(texts)
    bare, good = digits_of(texts, cell_format.decimal, scientific=scientific)
    odd = pa.array(~good)
    if good.all() or not said_of_dress(cell_format):
        return bare, good
    taken_off, percents = undressed(texts.filter(odd), cell_format)
    digits, known = digits_of(taken_off, cell_format.decimal, scientific=False)
    percents &= known
    if percents.any() and cell_format.percent == "fraction":
        shares = hundredths(digits.filter(pa.array(percents)))
        digits = pc.replace_with_mask(digits, pa.array(percents), shares)
    good[~good] = known
    return pc.replace_with_mask(bare, odd, digits), good


def said_of_dress(cell_format: CellFormat) -> bool:
    """Return whether the format allows anything around digits."""
    return bool(cell_format.currency or cell_format.percent or cell_format.negative)


def digits_of(texts: Arrow, decimal: str, *, scientific: bool) -> tuple[Arrow, Mask]:
    """Return texts as plain digits, and which of them are numbers with nothing around them."""
    if decimal == ",":
        good = matches(texts, DECIMAL_COMMA)
        bare = pc.replace_substring(
            pc.replace_substring_regex(texts, "[. ']", ""), ",", "."
        )
    elif decimal == ".":
        good = matches(texts, DECIMAL_POINT) | matches(texts, PLAIN)
        bare = pc.replace_substring_regex(texts, "[, ']", "")
    else:
        good, bare = matches(texts, PLAIN) & ~matches(texts, EITHER), texts
    if scientific:
        powers = matches(texts, SCIENTIFIC)
        bare = pc.if_else(pa.array(powers), texts, bare)
        good |= powers
    return pc.replace_substring_regex(bare, r"^\+", ""), good


def one_way_of_signs(texts: Arrow) -> Arrow:
    """Return texts with the one space, minus and apostrophe of the keyboard."""
    if not np.any(matches(texts, r"[^\x20-\x7e]")):
        return texts
    spaces = pc.replace_substring_regex(texts, "[\u00a0\u2007\u2009\u202f]", " ")
    return pc.replace_substring_regex(
        pc.replace_substring(spaces, "\u2212", "-"), "[\u2018\u2019]", "'"
    )


def not_a_number(seen: str, cell_format: CellFormat, example: str) -> str:
    """Return the sentence for text that is not a number for certain.

    `example`: a number such as "12.50".
    """
    decimal = cell_format.decimal
    if dressed := about_dress(seen, cell_format, example.replace(".", decimal or ".")):
        return dressed
    said = {"value": seen, "example": example.replace(".", decimal or ".")}
    separated = SEPARATED.match(seen.strip())
    if separated and not decimal:
        return (
            _(
                '"%(value)s" has separators that can mean different things. Write it like %(example)s, '
                "or choose the decimal sign on the mapping page."
            )
            % said
        )
    if separated:
        return (
            _(
                '"%(value)s" is not a number with the decimal sign that was chosen. '
                "Write it like %(example)s."
            )
            % said
        )
    return _('"%(value)s" is not a number. Write it like %(example)s.') % said
