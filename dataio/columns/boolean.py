"""Yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import Column, ParseContext, Parsed
from dataio.columns.cells import NUMBERS, Arrow, Kind, pc
from dataio.columns.reading import Reading

YES = ("yes", "true", "y", "t", "on", "1", "có", "đúng")
NO = ("no", "false", "n", "f", "off", "0", "không", "sai")
NOT_BOOLEAN = (Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION, Kind.OTHER)


class BooleanColumn(Column):
    """Yes or no, in words of English and Vietnamese, as 1 or 0, or as Excel's TRUE and FALSE."""

    kind = "boolean"
    arrow_type = pa.bool_()

    def __init__(
        self,
        name: str,
        *,
        true_words: Sequence[str] = (),
        false_words: Sequence[str] = (),
        **options: Any,
    ) -> None:
        """`true_words`, `false_words`: words that mean yes and no beside the known ones.

        Raises ValueError when a word would mean both.
        """
        super().__init__(name, **options)
        yes = folded(pa.array([*YES, *true_words], pa.string())).to_pylist()
        no = folded(pa.array([*NO, *false_words], pa.string())).to_pylist()
        if both := set(yes) & set(no):
            raise ValueError(
                f"{name}: these words mean both yes and no: {sorted(both)}"
            )
        self._words: Arrow = pa.array([*yes, *no], pa.string())
        self._meanings: Arrow = pa.array([True] * len(yes) + [False] * len(no))

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        places = reading.cells.at(Kind.BOOL)
        reading.keep(places, pa.array(reading.cells.take(places).astype(np.bool_)))
        meant = self._meanings.take(
            pc.index_in(folded(reading.cells.stripped), value_set=self._words)
        )
        good = np.asarray(meant.is_valid())
        reading.keep_good(
            reading.cells.at(Kind.TEXT), meant, good, "not_yes_no", self._not_yes_no
        )
        self._keep_numbers(reading)
        reading.refuse(reading.cells.at(*NOT_BOOLEAN), "not_yes_no", self._not_yes_no)
        return reading.finish()

    def _keep_numbers(self, reading: Reading) -> None:
        places = reading.cells.at(*NUMBERS)
        numbers = reading.cells.take(places)
        ones, zeros = (numbers == 1).astype(np.bool_), (numbers == 0).astype(np.bool_)
        reading.keep_good(
            places, pa.array(ones), ones | zeros, "not_yes_no", self._not_yes_no
        )

    def _not_yes_no(self, seen: str) -> str:
        return _('"%(value)s" is not yes or no. Write yes or no.') % {"value": seen}

    def allowed(self) -> str:
        return _("Yes or no.")

    def example(self) -> object:
        return True


def folded(texts: Arrow) -> Arrow:
    """Return texts as they are compared: any case, any way to compose accents, single spaces."""
    plain = pc.utf8_lower(pc.utf8_normalize(texts, form="NFC"))
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(plain), r"\s+", " ")
