"""One related record, found by a field of its own."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import Column, Lookups, ParseContext, Parsed
from dataio.columns.cells import Arrow, Mask, Places, as_mask, pc
from dataio.columns.choice import did_you_mean
from dataio.columns.reading import Reading
from dataio.columns.related_key import SEPARATOR, KeyFields, key_words
from dataio.columns.text import TextColumn


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What became of keys."""

    pks: Arrow
    """Primary key per key, null where not exactly one record was found."""
    bad: Places
    """Positions of keys that were not found or are ambiguous."""
    reasons: list[tuple[str, str]]
    """Code and sentence of each bad key."""


class KeyColumn(TextColumn):
    """Text by which a record is found: whitespace around it does not count."""

    stripped = True


class RelationColumn(Column):
    """What columns of one and of many related records share."""

    def __init__(
        self,
        name: str,
        *,
        model: type[Any],
        field_name: KeyFields,
        pk_type: pa.DataType | None = None,
        key: Column | None = None,
        **options: Any,
    ) -> None:
        """Describe the related records.

        `model`: theirs. `field_name`: the field of theirs that cells hold, or
        several, whose texts a cell holds with " / " between them.
        `pk_type`: Arrow type of their primary key. `key`: column that reads cells as values of
        `field_name`; by default text, as those of several fields are.
        """
        super().__init__(name, **options)
        self.model = model
        self.field_name = field_name
        if not isinstance(field_name, str):
            self.glue = SEPARATOR
        self.pk_type = pk_type or pa.int64()
        self.key = copy.copy(key or KeyColumn(name))
        self.key.name, self.key.required, self.key.validators = name, False, ()

    def find(self, keys: Arrow, context: ParseContext) -> Found:
        """Find each distinct key once; `keys` may have nulls, which find nothing.

        Raises TypeError without `context.lookups`.
        """
        lookups = context.lookups
        if lookups is None:
            raise TypeError(
                f"{self!r} needs ParseContext.lookups to find related records."
            )
        encoded = keys.dictionary_encode()
        values = encoded.dictionary.to_pylist()
        found = lookups.find(self.model, self.field_name, values) if values else {}
        records = [list(found.get(value, ())) for value in values]
        wrong = {
            number: ("ambiguous", self.ambiguous(value))
            if records[number]
            else ("not_found", self.not_found(value, lookups))
            for number, value in enumerate(values)
            if len(records[number]) != 1
        }
        pks = [pks[0] if len(pks) == 1 else None for pks in records]
        taken = pa.array(pks, self.pk_type).take(encoded.indices)
        numbers = np.asarray(encoded.indices.fill_null(-1))
        bad = np.flatnonzero(np.isin(numbers, list(wrong)))
        return Found(
            pks=taken, bad=bad, reasons=[wrong[number] for number in numbers[bad]]
        )

    def not_found(self, value: Hashable, lookups: Lookups | None) -> str:
        """Return the sentence for a value that no record has."""
        said = _('There is no %(model)s "%(value)s".') % {
            "model": self.what,
            "value": value,
        }
        # Proposing a value is a courtesy that lookups may not know.
        suggest = getattr(lookups, "suggest", None)
        word = (
            suggest(self.model, self.field_name, value)
            if suggest and isinstance(value, str)
            else None
        )
        return f"{said} {did_you_mean(word)}".strip()

    def ambiguous(self, value: Hashable) -> str:
        """Return the sentence for a value that several records have."""
        return _('"%(value)s" is the %(field)s of more than one %(model)s.') % {
            "value": value,
            "field": key_words(self.model, self.field_name),
            "model": self.what,
        }

    @property
    def what(self) -> str:
        """The related model's name for people."""
        return str(self.model._meta.verbose_name)

    def allowed(self) -> str:
        named = {
            "field": key_words(self.model, self.field_name),
            "model": self.what,
            "separator": SEPARATOR,
        }
        if isinstance(self.field_name, str):
            return _("A %(model)s that is there already, by its %(field)s.") % named
        text = _(
            "A %(model)s that is there already, by its %(field)s "
            'with "%(separator)s" between them.'
        )
        return text % named

    def example(self) -> object:
        return self.key.example()


class ForeignKeyColumn(RelationColumn):
    """One related record; clean values are primary keys."""

    kind = "relation"

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self.arrow_type = self.pk_type

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        """Read cells as keys, then find each distinct key once.

        Raises TypeError without `context.lookups`.
        """
        reading = Reading(self, cells, failures=False)
        keys = self.key.parse(cells, context)
        reading.join(keys.problems)
        texts = arrow_of(keys.values)
        found = self.find(texts, context)
        fresh = self._fresh(texts, found, context)
        reasons = [
            one for one, is_new in zip(found.reasons, fresh, strict=True) if not is_new
        ]
        reading.refuse_each(found.bad[~fresh], *apart(reasons))
        places = np.flatnonzero(np.asarray(found.pks.is_valid()))
        reading.keep(places, found.pks.drop_null())
        parsed = reading.finish()
        if not fresh.any():
            return parsed
        return replace(parsed, pending=_at(found.bad[fresh], texts, cells.index))

    def _fresh(self, texts: Arrow, found: Found, context: ParseContext) -> Mask:
        """Tell which of the bad keys name records that may be created."""
        none = np.zeros(len(found.bad), np.bool_)
        if self.name not in context.creating or not len(found.bad):
            return none
        missing = np.array([code == "not_found" for code, _said in found.reasons])
        names = context.creating[self.name]
        if names is None:
            return missing
        known = pa.array(list(names), pa.string())
        wanted = texts.take(pa.array(found.bad)).cast(pa.string())
        return missing & as_mask(pc.is_in(wanted, value_set=known))

    def present(self, values: pd.Series) -> pd.Series:
        """Return the values of the related field as its own column presents them."""
        return self.key.present(values)


def _at(places: Places, texts: Arrow, index: pd.Index) -> pd.Series:
    """Return the texts at some places, pd.NA elsewhere."""
    mask = np.zeros(len(texts), np.bool_)
    mask[places] = True
    waiting = pc.if_else(pa.array(mask), texts.cast(pa.string()), None)
    return pd.Series(pd.arrays.ArrowExtensionArray(waiting), index=index)


def arrow_of(values: pd.Series) -> Arrow:
    """Return clean values as one Arrow array."""
    return pa.array(values.array)


def apart(reasons: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return codes and sentences as two lists."""
    return [code for code, _sentence in reasons], [
        sentence for _code, sentence in reasons
    ]
