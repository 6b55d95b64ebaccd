"""Awaiting: children whose parent the same file creates name it until the parent is there.

While a file is checked their foreign key is blank, and the parent's key waits beside it in a
column of the clean frame. When their chunk is loaded, all chunks of the parents are.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns import ForeignKeyColumn
from dataio.columns.problems import join_problems, problems_of
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.parents import key_texts
from dataio.imports.related import NEW
from dataio.resources import Resource

AWAITED = "__awaited__"
"""Before a column's name: the column of a clean frame with the keys that wait."""
TEXT = pd.ArrowDtype(pa.string())


def without_awaited(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a clean frame without the keys that wait, and the columns they wait for."""
    waiting = [str(name) for name in frame.columns if str(name).startswith(AWAITED)]
    bare = frame.drop(columns=waiting)
    return bare, [name.removeprefix(AWAITED) for name in waiting]


def with_parents(
    frame: pd.DataFrame, resource: Resource
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a clean frame with the parents that waited, and the problems of rows without one.

    Rows whose parent was not imported are not in the frame.
    """
    bare, names = without_awaited(frame)
    lost = []
    for name in names:
        column = resource.column(name)
        assert isinstance(column, ForeignKeyColumn)  # noqa: S101  a link always is one
        waiting = frame[AWAITED + name].dropna().astype(object)
        found = DatabaseLookups().find(
            column.model, column.field_name, waiting.unique().tolist()
        )
        keys = waiting.map({text: _only(pks) for text, pks in found.items()})
        lost.append(_lost(waiting[keys.isna()], column))
        bare = bare.assign(**{name: _filled(bare[name], keys, column)})
    problems = join_problems(lost)
    return bare[~bare.index.isin(problems["row"])], problems


def key_columns(clean: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return the key columns; a parent that waits is told apart by its own key."""
    columns = clean[list(key)]
    for name in key:
        if AWAITED + name in clean:
            there = columns[name].astype(TEXT)
            waiting = key_texts(clean[AWAITED + name].astype(object)).astype(TEXT)
            # Primary keys hold no such sign before them.
            columns = columns.assign(
                **{name: there.fillna("\N{RIGHTWARDS ARROW}" + waiting)}
            )
    return columns


def waiting_texts(clean: pd.DataFrame, name: str) -> pd.Series | None:
    """Return the names of related records that are not there yet; None when none is."""
    for prefix in (AWAITED, NEW):
        if prefix + name in clean:
            return clean[prefix + name]
    return None


def _only(pks: list[object]) -> object:
    return pks[0] if len(pks) == 1 else None


def _lost(cells: pd.Series, column: ForeignKeyColumn) -> pd.DataFrame:
    text = _('The %(thing)s "%(value)s" was not imported, so this row was not either.')
    return problems_of(
        cells,
        column.name,
        "parent",
        lambda value: text % {"thing": column.what, "value": value},
    )


def _filled(values: pd.Series, keys: pd.Series, column: ForeignKeyColumn) -> pd.Series:
    found = values.astype(object).where(values.notna(), None)
    found[keys.index] = keys
    made = pa.array(found.to_list(), column.arrow_type, from_pandas=True)
    return pd.Series(pd.arrays.ArrowExtensionArray(made), index=values.index)
