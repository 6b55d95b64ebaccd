"""One of a set of choices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from dataio.columns.base import Column, ParseContext, Parsed
from dataio.columns.boolean import folded
from dataio.columns.plain import keep_as_text, text_series
from dataio.columns.reading import Reading

LISTED = 12
"""Choices that a sentence lists at most."""
LIKE = 60
"""How alike, of 100, a text must be to a choice to be proposed."""


class ChoiceColumn(Column):
    """One of a set of choices, written as its value or its label.

    A text equal to a value is that value; else case and spaces do not count, as long as only one
    choice is meant.
    """

    kind = "choice"

    def __init__(
        self, name: str, *, choices: Iterable[tuple[Any, Any]], **options: Any
    ) -> None:
        """`choices`: Django's pairs of value and label, groups and blank ones included."""
        super().__init__(name, **options)
        self.choices = [pair for pair in _flat(choices) if pair[0] not in (None, "")]
        whole = all(type(value) is int for value, _label in self.choices)
        self.arrow_type = pa.int64() if whole and self.choices else pa.string()

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        meaning = self._meaning()
        exact = {str(value): value for value, _label in self.choices}
        for places, texts in keep_as_text(reading, stripped=True):
            encoded = texts.dictionary_encode()
            distinct = encoded.dictionary.to_pylist()
            keys = folded(encoded.dictionary).to_pylist()
            found = [
                exact.get(text, meaning.get(key))
                for text, key in zip(distinct, keys, strict=True)
            ]
            values = pa.array(found, self.arrow_type).take(encoded.indices)
            good = np.asarray(values.is_valid())
            reading.keep_good(places, values, good, "not_a_choice", self._not_a_choice)
        return reading.finish()

    def present(self, values: pd.Series) -> pd.Series:
        return (
            super().present(values)
            if self.arrow_type == pa.int64()
            else text_series(values)
        )

    def allowed(self) -> str:
        return _("One of: %(choices)s.") % {"choices": self._listed()}

    def example(self) -> object:
        return self.choices[0][0] if self.choices else None

    def _meaning(self) -> dict[str, Any]:
        """Return the value that each folded text means; texts that mean several are left out."""
        pairs = [
            (str(word), value)
            for value, label in self.choices
            for word in (value, label)
        ]
        keys = folded(
            pa.array([word for word, _value in pairs], pa.string())
        ).to_pylist()
        meant: dict[str, set[Any]] = {}
        for key, (_word, value) in zip(keys, pairs, strict=True):
            meant.setdefault(key, set()).add(value)
        return {
            key: next(iter(values)) for key, values in meant.items() if len(values) == 1
        }

    def _listed(self) -> str:
        labels = [str(label) for _value, label in self.choices]
        listed = ", ".join(labels[:LISTED])
        if len(labels) <= LISTED:
            return listed
        return _("%(choices)s and %(number)s more") % {
            "choices": listed,
            "number": len(labels) - LISTED,
        }

    def _not_a_choice(self, seen: str) -> str:
        said = _('"%(value)s" is not one of the choices: %(choices)s.') % {
            "value": seen,
            "choices": self._listed(),
        }
        return f"{said} {did_you_mean(alike(seen, self._words()))}".strip()

    def _words(self) -> list[str]:
        return [str(word) for value, label in self.choices for word in (label, value)]


def alike(text: str, words: Sequence[str]) -> str | None:
    """Return the word most like the text, None when none is like it."""
    keys = folded(pa.array([text, *words], pa.string())).to_pylist()
    best = process.extractOne(keys[0], keys[1:], scorer=fuzz.ratio, score_cutoff=LIKE)
    return words[best[2]] if best else None


def did_you_mean(word: str | None) -> str:
    """Return the question that proposes a word, "" without one."""
    return _('Did you mean "%(word)s"?') % {"word": word} if word else ""


def _flat(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the pairs of grouped choices in order."""
    pairs: list[tuple[Any, Any]] = []
    for value, label in choices:
        pairs.extend(
            _flat(label) if isinstance(label, (list, tuple)) else [(value, label)]
        )
    return pairs
