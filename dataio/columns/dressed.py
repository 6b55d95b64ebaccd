"""What stands around the digits of a number: signs of money, percent, minus and parentheses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import CellFormat
from dataio.columns.cells import Arrow, Mask, matches, pc
from dataio.columns.currencies import currency_of, pattern_of

SIGN = pattern_of()
DRESSED = (
    rf"^(?P<before>[-+(]?)\s*(?P<front>{SIGN})?\s*(?P<inside>[-+(]?)\s*"
    r"(?P<digits>[0-9.,' ]*[0-9][0-9.,' ]*?)\s*(?P<percent>%)?"
    rf"(?:\s*(?P<back>{SIGN}))?\s*(?P<close>[-)]?)(?:\s*(?P<behind>{SIGN}))?$"
)
"""A number with anything that may stand around it; for RE2 and for `re`."""
_DRESSED = re.compile(DRESSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dress:
    """What stands around the digits of one text."""

    digits: str
    currency: str
    percent: bool
    behind: bool
    """The minus stands behind the digits, or the digits in parentheses."""


def dress_of(text: str) -> Dress | None:
    """Return what stands around the digits of a stripped text, None when it is no number."""
    found = _DRESSED.match(text)
    if found is None:
        return None
    sign = found["front"] or found["back"] or found["behind"] or ""
    return Dress(
        digits=found["digits"].strip(),
        currency=currency_of(sign),
        percent=bool(found["percent"]),
        behind=found["close"] != "",
    )


def undressed(texts: Arrow, cell_format: CellFormat) -> tuple[Arrow, Mask]:
    """Return texts without what the format says may stand around digits, and which are percents.

    What the format does not name is left where it is, so that the text is no number.
    """
    if cell_format.currency:
        sign = pattern_of(cell_format.currency)
        texts = pc.replace_substring_regex(texts, rf"^([-+(]?)\s*{sign}\s*", r"\1")
        texts = pc.replace_substring_regex(texts, rf"\s*{sign}\s*([-)]?)$", r"\1")
    percents = matches(texts, r"[0-9.]\s*%[-)]?$") & bool(cell_format.percent)
    if percents.any():
        bare = pc.replace_substring_regex(texts, r"\s*%([-)]?)$", r"\1")
        texts = pc.if_else(pa.array(percents), bare, texts)
    if cell_format.negative:
        texts = pc.replace_substring_regex(texts, r"^\(\s*([0-9.].*?)\s*\)$", r"-\1")
        texts = pc.replace_substring_regex(texts, r"^([0-9.].*?)\s*-$", r"-\1")
    return pc.replace_substring_regex(texts, r"^([-+])\s+([0-9.])", r"\1\2"), percents


def hundredths(plain: Arrow) -> Arrow:
    """Return plain digits divided by 100, exactly. Percents repeat, so distinct ones are few."""
    encoded = plain.dictionary_encode()
    shifted = [_hundredth(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(shifted, pa.string()).take(encoded.indices)


def _hundredth(text: str) -> str:
    return format(Decimal(text).scaleb(-2), "f")


def about_dress(seen: str, cell_format: CellFormat, example: str) -> str:
    """Return the sentence for a number that something stands around which nobody allowed.

    "" when nothing does. `example`: a number such as "12.50".
    """
    dress = dress_of(seen.strip())
    if dress is None:
        return ""
    said = {"value": seen, "example": example, "currency": cell_format.currency}
    if dress.currency and not cell_format.currency:
        return (
            _(
                '"%(value)s" has a sign of money. Choose the currency on the mapping page, or '
                "write it like %(example)s."
            )
            % said
        )
    if dress.currency and dress.currency != cell_format.currency:
        return (
            _(
                '"%(value)s" is not in %(currency)s, the currency that was chosen. Write the '
                "amount in %(currency)s, like %(example)s."
            )
            % said
        )
    if dress.percent and not cell_format.percent:
        return (
            _(
                '"%(value)s" has a percent sign. Choose on the mapping page how percents are '
                "read, or write it like %(example)s."
            )
            % said
        )
    if dress.behind and not cell_format.negative:
        return (
            _(
                '"%(value)s" may be less than zero. Choose on the mapping page that it is, or '
                "write it like -%(example)s."
            )
            % said
        )
    return ""
