"""Numbers: whole and floating."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import CellFormat, Column, ParseContext, Parsed
from dataio.columns.cells import Arrow, Kind, Places, as_mask, matches, pc
from dataio.columns.number_text import not_a_number, plain_numbers
from dataio.columns.plain import lost_digits
from dataio.columns.reading import Reading

NOT_NUMBERS = (
    Kind.BOOL,
    Kind.DATE,
    Kind.DATETIME,
    Kind.TIME,
    Kind.DURATION,
    Kind.OTHER,
)
INT64 = (-(2**63), 2**63 - 1)
# Whole numbers up to here have a float of their own.
EXACT_FLOATS = 2.0**53


class NumberColumn(Column):
    """What all numbers share: a range, and text that is read only where it is certain."""

    shown_example = "12.50"

    def __init__(
        self, name: str, *, minimum: Any = None, maximum: Any = None, **options: Any
    ) -> None:
        """`minimum`, `maximum`: the least and the greatest number allowed; None is no limit."""
        super().__init__(name, **options)
        self.minimum = minimum
        self.maximum = maximum

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        cell_format = context.cell_format
        self.keep_numbers(reading)
        plain, good = plain_numbers(
            reading.cells.stripped, cell_format, scientific=self.kind == "float"
        )
        places = reading.cells.at(Kind.TEXT)
        reading.refuse(
            places[~good],
            "not_a_number",
            lambda seen: self._not_number(seen, cell_format),
        )
        self.keep_digits(reading, places[good], plain.filter(pa.array(good)))
        reading.refuse(
            reading.cells.at(*NOT_NUMBERS),
            "not_a_number",
            lambda seen: self._not_number(seen, CellFormat()),
        )
        return reading.finish()

    def keep_numbers(self, reading: Reading) -> None:
        """Keep or refuse the cells that are numbers."""
        raise NotImplementedError

    def keep_digits(self, reading: Reading, places: Places, plain: Arrow) -> None:
        """Keep or refuse cells whose number is known as plain digits."""
        raise NotImplementedError

    def keep_in_range(self, reading: Reading, places: Places, values: Arrow) -> None:
        """Keep the values within the range, refuse the others."""
        good = np.ones(len(places), np.bool_)
        if self.minimum is not None:
            good &= as_mask(pc.greater_equal(values, pa.scalar(self.minimum)))
        if self.maximum is not None:
            good &= as_mask(pc.less_equal(values, pa.scalar(self.maximum)))
        reading.keep_good(places, values, good, "out_of_range", self.out_of_range)

    def allowed(self) -> str:
        return f"{self.what()} {self._range()}".strip()

    def what(self) -> str:
        """Return a sentence that says what kind of number is meant."""
        return _("A number such as %(example)s.") % {"example": self.shown_example}

    def out_of_range(self, seen: str) -> str:
        """Return the sentence for a number outside the range."""
        said = _('"%(value)s" is out of range.') % {"value": seen}
        return f"{said} {self._range()}".strip()

    def _range(self) -> str:
        limits = {"least": self.minimum, "most": self.maximum}
        if self.minimum is not None and self.maximum is not None:
            return _("From %(least)s to %(most)s is allowed.") % limits
        if self.minimum is not None:
            return _("%(least)s or more is allowed.") % limits
        return (
            _("%(most)s or less is allowed.") % limits
            if self.maximum is not None
            else ""
        )

    def _not_number(self, seen: str, cell_format: CellFormat) -> str:
        return not_a_number(seen, cell_format, self.shown_example)


class IntegerColumn(NumberColumn):
    """A whole number of 64 bits at most; 5.0 is whole, 5.5 is a problem."""

    kind = "integer"
    arrow_type = pa.int64()
    shown_example = "12"

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self.minimum = max(INT64[0], INT64[0] if self.minimum is None else self.minimum)
        self.maximum = min(INT64[1], INT64[1] if self.maximum is None else self.maximum)

    def keep_numbers(self, reading: Reading) -> None:
        places = reading.cells.at(Kind.INT)
        self._keep_integers(reading, places, reading.cells.take(places))
        self._keep_floats(reading, reading.cells.at(Kind.FLOAT))
        places = reading.cells.at(Kind.DECIMAL)
        texts = [format(cell, "f") for cell in reading.cells.take(places)]
        self.keep_digits(reading, places, pa.array(texts, pa.string()))

    def keep_digits(self, reading: Reading, places: Places, plain: Arrow) -> None:
        whole = matches(plain, r"^-?\d+(\.0*)?$")
        reading.refuse(places[~whole], "not_whole", not_whole)
        places, plain = places[whole], plain.filter(pa.array(whole))
        digits = pc.replace_substring_regex(plain, r"\.0*$", "")
        digits = pc.replace_substring_regex(digits, r"^(-?)0+(\d)", r"\1\2")
        short = as_mask(pc.less_equal(pc.utf8_length(digits), 18))
        self.keep_in_range(
            reading, places[short], digits.filter(pa.array(short)).cast(pa.int64())
        )
        long = digits.filter(pa.array(~short)).to_pylist()
        # More than 40 digits are out of range whatever they are; int() would count them slowly.
        numbers = np.array([int(text[:40]) for text in long], object)
        self._keep_integers(reading, places[~short], numbers)

    def _keep_integers(
        self, reading: Reading, places: Places, numbers: np.ndarray
    ) -> None:
        try:
            values = pa.array(numbers, pa.int64())
        except OverflowError:
            fits = np.array(
                [INT64[0] <= number <= INT64[1] for number in numbers], np.bool_
            )
            reading.refuse(places[~fits], "out_of_range", self.out_of_range)
            places, values = places[fits], pa.array(numbers[fits], pa.int64())
        self.keep_in_range(reading, places, values)

    def _keep_floats(self, reading: Reading, places: Places) -> None:
        floats = reading.cells.take(places).astype(np.float64)
        whole, exact = floats == np.floor(floats), np.abs(floats) <= EXACT_FLOATS
        reading.refuse(places[~whole], "not_whole", not_whole)
        reading.refuse(places[whole & ~exact], "too_many_digits", lost_digits)
        good = whole & exact
        self.keep_in_range(
            reading, places[good], pa.array(floats[good].astype(np.int64))
        )

    def what(self) -> str:
        return _("A whole number.")

    def allowed(self) -> str:
        # What 64 bits hold is no news to anyone.
        return (
            self.what() if (self.minimum, self.maximum) == INT64 else super().allowed()
        )

    def example(self) -> object:
        return max(self.minimum, min(12, self.maximum))


class FloatColumn(NumberColumn):
    """A floating number; infinite ones are problems."""

    kind = "float"
    arrow_type = pa.float64()

    def keep_numbers(self, reading: Reading) -> None:
        places = reading.cells.at(Kind.FLOAT)
        self.keep_in_range(
            reading, places, pa.array(reading.cells.take(places), pa.float64())
        )
        places = reading.cells.at(Kind.INT, Kind.DECIMAL)
        texts = [str(cell) for cell in reading.cells.take(places)]
        self.keep_digits(reading, places, pa.array(texts, pa.string()))

    def keep_digits(self, reading: Reading, places: Places, plain: Arrow) -> None:
        values = plain.cast(pa.float64())
        finite = as_mask(pc.is_finite(values))
        reading.refuse(places[~finite], "out_of_range", self.out_of_range)
        self.keep_in_range(reading, places[finite], values.filter(pa.array(finite)))

    def example(self) -> object:
        return 12.5


def not_whole(seen: str) -> str:
    """Return the sentence for a number with a fraction."""
    return _(
        '"%(value)s" is not a whole number. Write it without decimals, like 12.'
    ) % {"value": seen}
