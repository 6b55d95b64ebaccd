"""Several related records in one cell."""

from __future__ import annotations

import csv
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import ParseContext, Parsed
from dataio.columns.cells import Arrow, Places, as_mask, pc
from dataio.columns.plain import keep_as_text
from dataio.columns.reading import Reading
from dataio.columns.relation import RelationColumn, apart, arrow_of


class ManyToManyColumn(RelationColumn):
    """Several related records in one cell; clean values are lists of primary keys.

    Names that contain the separator are written in double quotes: `Acme, "Smith, Sons"`.
    """

    kind = "relations"
    many = True

    def __init__(self, name: str, *, separator: str = ",", **options: Any) -> None:
        """`separator`: one character between the names in a cell."""
        super().__init__(name, **options)
        self.separator = separator
        self.arrow_type = pa.list_(self.pk_type)

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        """Split cells, then find each distinct name once.

        A cell with a name that is not found is a problem as a whole.
        Raises TypeError without `context.lookups`.
        """
        reading = Reading(self, cells)
        for places, texts in keep_as_text(reading, stripped=True):
            cell_of, names = self._split(texts)
            keys = self.key.parse(pd.Series(names, dtype=object), context)
            found = self.find(arrow_of(keys.values), context)
            first_wins = slice(None, None, -1)
            wrong = dict(
                zip(
                    cell_of[found.bad][first_wins],
                    found.reasons[first_wins],
                    strict=True,
                )
            )
            told = keys.problems
            wrong |= dict(
                zip(
                    cell_of[told["row"]],
                    zip(told["code"], told["message"], strict=True),
                    strict=True,
                )
            )
            bad = np.array(sorted(wrong), np.intp)
            reading.refuse_each(places[bad], *apart([wrong[number] for number in bad]))
            lists = _lists(cell_of, found.pks, len(texts))
            good = ~np.isin(np.arange(len(texts)), bad)
            reading.keep(places[good], lists.filter(pa.array(good)))
        return reading.finish()

    def present(self, values: pd.Series) -> pd.Series:
        """Return lists of the related field's values as one text each."""
        lists: Arrow = pa.array(
            values.to_numpy(object), pa.list_(pa.string()), from_pandas=True
        )
        names = lists.values
        odd = pc.match_substring_regex(
            names, f'["{re.escape(self.separator)}]|^\\s|\\s$'
        )
        doubled = pc.replace_substring(names, '"', '""')
        quoted = pc.binary_join_element_wise('"', doubled, '"', "")
        written = pa.ListArray.from_arrays(
            lists.offsets, pc.if_else(odd, quoted, names), mask=lists.is_null()
        )
        joined = pc.binary_join(written, f"{self.separator} ")
        return pd.Series(pd.arrays.ArrowExtensionArray(joined), index=values.index)

    def allowed(self) -> str:
        return _('Names of %(models)s, with "%(separator)s" between them.') % {
            "models": self.model._meta.verbose_name_plural,
            "separator": self.separator,
        }

    def _split(self, texts: Arrow) -> tuple[Places, Arrow]:
        """Return the names in all cells, and which cell each is from."""
        lists: Arrow = pc.split_pattern(texts, self.separator)
        quoted = as_mask(pc.match_substring(texts, '"'))
        if quoted.any():
            pairs = zip(texts.to_pylist(), lists.to_pylist(), quoted, strict=True)
            lists = pa.array(
                [self._unquoted(text) if odd else names for text, names, odd in pairs],
                pa.list_(pa.string()),
            )
        cell_of = np.asarray(pc.list_parent_indices(lists))
        names = pc.utf8_trim_whitespace(pc.list_flatten(lists))
        filled = as_mask(pc.not_equal(names, ""))
        return cell_of[filled], names.filter(pa.array(filled))

    def _unquoted(self, text: str) -> list[str]:
        return next(csv.reader([text], delimiter=self.separator, skipinitialspace=True))


def _lists(cell_of: Places, pks: Arrow, size: int) -> Arrow:
    """Return the keys of each of `size` cells as a list, each key once."""
    codes = np.asarray(pks.dictionary_encode().indices.fill_null(-1))
    first = ~pd.DataFrame({"cell": cell_of, "code": codes}).duplicated().to_numpy()
    counts = np.bincount(cell_of[first], minlength=size)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pks.filter(pa.array(first)))
