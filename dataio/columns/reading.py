"""One column while it is read: which cells are clean already, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dataio.columns.base import Column, Parsed
from dataio.columns.cells import Arrow, Cells, Kind, Mask, Places
from dataio.columns.problems import join_problems, problems_of

Sentence = Callable[[str], str]


class Reading:
    """Collects what becomes of each cell: kept with a clean value, refused with a problem.

    1. Blank cells, failed formulas and broken text are dealt with at once, alike in all types.
    2. The column keeps or refuses the cells of each kind.
    3. `finish` runs the validators and puts the values back in the order of the rows.
    """

    def __init__(
        self, column: Column, series: pd.Series, *, failures: bool = True
    ) -> None:
        """`failures`: refuse failed formulas and broken text, unless another reading did."""
        self.column = column
        self.cells = Cells(series)
        self._places: list[Places] = []
        self._values: list[Arrow] = []
        self._problems: list[pd.DataFrame] = []
        if column.required:
            self.refuse(
                self.cells.at(Kind.BLANK),
                "required",
                lambda seen: _("A value is needed."),
            )
        if failures:
            self._refuse_failures()

    def _refuse_failures(self) -> None:
        self.refuse(self.cells.at(Kind.ERROR), "error_cell", failed_formula)
        self.refuse(self.cells.at(Kind.BROKEN), "bad_character", broken_text)
        self.refuse(self.cells.at(Kind.ENDLESS), "not_a_number", endless)

    def keep(self, places: Places, values: Arrow) -> None:
        """Take `values` (one per place) as the clean values of these cells."""
        if len(places):
            self._places.append(places)
            self._values.append(values)

    def refuse(self, places: Places, code: str, sentence: Sentence) -> None:
        """Make each of these cells a problem."""
        if len(places):
            cells = self.cells.series(places)
            self._problems.append(problems_of(cells, self.column.name, code, sentence))

    def refuse_each(
        self, places: Places, codes: Sequence[str], sentences: Sequence[str]
    ) -> None:
        """Make each of these cells a problem with a code and a sentence of its own."""
        if len(places):
            cells = self.cells.series(places)
            frame = problems_of(cells, self.column.name, "", lambda seen: "")
            frame["code"] = np.array(codes, dtype=object)
            frame["message"] = np.array(sentences, dtype=object)
            self.join(frame)

    def join(self, problems: pd.DataFrame) -> None:
        """Take over problems found elsewhere."""
        self._problems.append(problems)

    def keep_good(
        self, places: Places, values: Arrow, good: Mask, code: str, sentence: Sentence
    ) -> None:
        """Keep the values where `good`, refuse the other cells; all three are of one length."""
        if good.all():
            self.keep(places, values)
            return
        self.keep(places[good], values.filter(pa.array(good)))
        self.refuse(places[~good], code, sentence)

    def finish(self) -> Parsed:
        """Return what became of all cells."""
        self._validate()
        values = pd.Series(
            pd.arrays.ArrowExtensionArray(pa.chunked_array([self._assembled()])),
            index=self.cells.index,
        )
        return Parsed(values=values, problems=join_problems(self._problems))

    def _assembled(self) -> Arrow:
        size, arrow_type = len(self.cells), self.column.arrow_type
        if not self._values:
            return pa.array([None] * size, arrow_type)
        places = np.concatenate(self._places)
        values = pa.concat_arrays([part.cast(arrow_type) for part in self._values])
        if len(self._places) == 1 and len(places) == size:
            return values
        order = np.zeros(size, np.int64)
        order[places] = np.arange(len(places))
        missing = np.ones(size, np.bool_)
        missing[places] = False
        return values.take(pa.array(order, mask=missing))

    def _validate(self) -> None:
        if not self.column.validators or not self._values:
            return
        kept, self._places = np.concatenate(self._places), []
        values, self._values = pa.concat_arrays(self._values), []
        encoded = values.dictionary_encode()
        said = [
            _complaint(self.column, value) for value in encoded.dictionary.to_pylist()
        ]
        codes = encoded.indices.to_numpy()
        good = np.array([not sentence for sentence in said], np.bool_)[codes]
        self.keep(kept[good], values.filter(pa.array(good)))
        for code in np.unique(codes[~good]):
            self.refuse(kept[codes == code], "not_allowed", _always(said[code]))


def _complaint(column: Column, value: object) -> str:
    """Return what the validators say of a value, "" when they allow it."""
    sentences: list[str] = []
    for validator in column.validators:
        try:
            validator(value)
        except ValidationError as error:
            sentences.extend(error.messages)
    return " ".join(sentences)


def _always(sentence: str) -> Sentence:
    return lambda seen: sentence


def failed_formula(seen: str) -> str:
    """Return the sentence for a cell such as #REF!."""
    return _(
        '"%(value)s" is there because a formula failed in Excel. Correct the formula or '
        "write the value itself."
    ) % {"value": seen}


def broken_text(seen: str) -> str:
    """Return the sentence for text that no database keeps."""
    return _(
        "There is a character in this cell that cannot be stored. Type the text again."
    )


def endless(seen: str) -> str:
    """Return the sentence for an infinite number."""
    return _("This number has no end. Write it like 12.50.")
