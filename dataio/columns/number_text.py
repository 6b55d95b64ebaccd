"""Numbers written as text: what is certain becomes plain digits such as "-1250.5"."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.cells import Arrow, Mask, matches, pc

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


def plain_numbers(
    texts: Arrow, decimal: str, *, scientific: bool = False
) -> tuple[Arrow, Mask]:
    """Return texts as plain digits, and which of them are numbers for certain.

    `texts`: without whitespace around them. `decimal`: the decimal sign, "." or ","; "" when
    not said: then only digits with a point are certain. `scientific`: allow 1.5e3.
    Signs of money, percent and parentheses will be taken off here, before the digits are read.
    """
    texts = one_way_of_signs(texts)
    if decimal == ",":
        good = matches(texts, DECIMAL_COMMA)
        bare = pc.replace_substring(
            pc.replace_substring_regex(texts, "[. ']", ""), ",", "."
        )
    elif decimal == ".":
        good = matches(texts, DECIMAL_POINT) | matches(texts, PLAIN)
        bare = pc.replace_substring_regex(texts, "[, ']", "")
    else:
        good, bare = matches(texts, PLAIN), texts
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


def not_a_number(seen: str, decimal: str, example: str) -> str:
    """Return the sentence for text that is not a number for certain.

    `example`: a number such as "12.50".
    """
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
