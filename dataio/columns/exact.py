"""Decimal numbers, exact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from dataio.columns.cells import Arrow, Kind, Mask, Places, matches, pc
from dataio.columns.number import EXACT_FLOATS, NumberColumn
from dataio.columns.plain import float_texts, lost_digits
from dataio.columns.reading import Reading

FLOAT_DIGITS = 15
"""Digits of which a float keeps every decimal apart."""


class DecimalColumn(NumberColumn):
    """A decimal number, exact: text is never read through a binary float.

    A float cell is read by the shortest digits that mean it. Where those have too many decimals,
    the 15 digits that Excel shows count (0.1 + 0.2 is 0.3).
    """

    kind = "decimal"

    def __init__(
        self,
        name: str,
        *,
        max_digits: int = 38,
        decimal_places: int = 10,
        **options: Any,
    ) -> None:
        """`max_digits`: digits in all, at most 76; `decimal_places`: those after the point."""
        super().__init__(name, **options)
        self.max_digits = min(max_digits, 76)
        self.decimal_places = decimal_places
        wide = pa.decimal128 if self.max_digits <= 38 else pa.decimal256
        self.arrow_type = wide(self.max_digits, decimal_places)
        self.shown_example = (
            f"{12.5:.{min(decimal_places, 2)}f}" if decimal_places else "12"
        )

    def keep_numbers(self, reading: Reading) -> None:
        places = reading.cells.at(Kind.FLOAT)
        floats = reading.cells.take(places).astype(np.float64)
        units = self._units(floats)
        if units is not None:
            self.keep_in_range(reading, places, units)
            self._keep_exact(reading)
            return
        exact = np.abs(floats) <= EXACT_FLOATS
        reading.refuse(places[~exact], "too_many_digits", lost_digits)
        texts = float_texts(floats[exact])
        long = ~self._fits(texts)
        if long.any():
            shown = [
                format(Decimal(f"{number:.15g}"), "f") for number in floats[exact][long]
            ]
            texts = pc.replace_with_mask(
                texts, pa.array(long), pa.array(shown, pa.string())
            )
        self.keep_digits(reading, places[exact], texts)
        self._keep_exact(reading)

    def _units(self, floats: NDArray[np.float64]) -> Arrow | None:
        """Return floats as decimals, where each is one with the places allowed; else None.

        A float that is nearest to a decimal of 15 digits is so to no other one.
        """
        digits = min(self.max_digits, FLOAT_DIGITS)
        if self.decimal_places > digits or self.max_digits > 38:
            return None
        scale = 10.0**self.decimal_places
        if not (np.abs(floats) < 10.0**digits / scale).all():
            return None
        units = np.rint(floats * scale)
        if not (units / scale == floats).all():
            return None
        whole = units.astype(np.int64)
        # 128 bits, the lower half first; the upper one is the sign.
        halves = np.stack([whole, whole >> 63], axis=1)
        data = pa.py_buffer(halves.tobytes())
        return pa.Array.from_buffers(self.arrow_type, len(whole), [None, data])

    def _keep_exact(self, reading: Reading) -> None:
        places = reading.cells.at(Kind.INT, Kind.DECIMAL)
        spelled = [
            f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
            for cell in reading.cells.take(places)
        ]
        self.keep_digits(reading, places, pa.array(spelled, pa.string()))

    def keep_digits(self, reading: Reading, places: Places, plain: Arrow) -> None:
        good = self._fits(plain)
        reading.refuse(places[~good], "too_many_digits", self._too_many)
        places, plain = places[good], plain.filter(pa.array(good))
        short = pc.replace_substring_regex(plain, r"(\.\d*?)0+$", r"\1")
        short = pc.replace_substring_regex(short, r"^(-?)0+(\d)", r"\1\2")
        self.keep_in_range(reading, places, short.cast(self.arrow_type))

    def _fits(self, plain: Arrow) -> Mask:
        whole = self.max_digits - self.decimal_places
        return matches(
            plain, rf"^-?0*\d{{0,{whole}}}(\.\d{{0,{self.decimal_places}}}0*)?$"
        )

    def _too_many(self, seen: str) -> str:
        return _(
            '"%(value)s" has too many digits. At most %(whole)s before the decimal sign and '
            "%(places)s after it are allowed."
        ) % {
            "value": seen,
            "whole": self.max_digits - self.decimal_places,
            "places": self.decimal_places,
        }

    def what(self) -> str:
        return _("A number such as %(example)s, with at most %(places)s decimals.") % {
            "example": self.shown_example,
            "places": self.decimal_places,
        }

    def example(self) -> object:
        return Decimal(self.shown_example)
