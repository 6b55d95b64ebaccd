"""How the answer of the database becomes a table: ordered labels, lines, columns, totals.

Here pandas sees one row for each group, never the rows themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.base import Column
from dataio.columns.choice import ChoiceColumn
from dataio.exports.periods import period_label, period_start

COUNT, NUMBER, ACROSS = "dataio_count", "dataio_number", "dataio_across"
DATES = ("date", "datetime")
MEAN_PLACES = 2  # decimals of a mean, or as many as the numbers have
DIGITS = 38
LONGEST = 2**63


def labelled(values: pd.Series, column: Column, by: str) -> pd.Series:
    """Return database values as labels: a category in the order in which people expect them.

    Dates by time, choices as they were declared, numbers by size, texts by alphabet; what
    is blank comes last.
    """
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    ordered = _ordered(
        [value for value in distinct if not _is_blank(value)], column, by
    )
    labels = [ordered.get(value, _("(blank)")) for value in map(_plain, distinct)]
    categories = list(dict.fromkeys([*ordered.values(), *labels]))
    found = pd.Categorical(labels, categories=categories, ordered=True)
    return pd.Series(found.take(codes), index=values.index)


def _is_blank(value: Any) -> bool:
    return bool(value == "" or pd.isna(value))


def _plain(value: Any) -> Any:
    return None if _is_blank(value) else value


def _ordered(values: Sequence[Any], column: Column, by: str) -> dict[Any, str]:
    """Return label by value, in order."""
    if column.kind in DATES:
        days = sorted(values)
        return {day: period_label(period_start(day, by), by) for day in days}
    if isinstance(column, ChoiceColumn):
        choices = {value: str(label) for value, label in column.choices}
        known = {value: label for value, label in choices.items() if value in values}
        return known | {value: str(value) for value in values if value not in known}
    if column.kind == "boolean":
        words = {False: _("No"), True: _("Yes")}
        return {value: words[value] for value in sorted(values)}
    shown = column.present(pd.Series(values, dtype=object))
    pairs = zip(values, shown, strict=True)
    return {value: str(text) for value, text in sorted(pairs, key=_place)}


def _place(pair: tuple[Any, Any]) -> tuple[Any, ...]:
    value, text = pair
    if isinstance(value, int | float | Decimal):
        return (value,)
    return (str(text).casefold(), str(text))


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What is put together, and how."""

    aggregate: str
    name: str
    column: Column | None
    """None: rows are counted."""

    @property
    def total_name(self) -> str:
        return _("Total") if self.aggregate in ("sum", "count") else _("All")

    @property
    def places(self) -> int:
        """Decimals of the result."""
        own = int(getattr(self.column, "decimal_places", 0))
        return max(own, MEAN_PLACES) if self.aggregate == "mean" else own

    @property
    def is_float(self) -> bool:
        return bool(
            self.column and self.column.kind == "float" and self.aggregate != "count"
        )

    def exact(self, numbers: pd.Series) -> pd.Series:
        """Return the database's numbers with the decimals of the column.

        SQLite adds decimals up as binary numbers, whose last digits are noise.
        """
        if self.column is None or self.column.kind != "decimal":
            return numbers
        places = int(getattr(self.column, "decimal_places", 0))
        return numbers.map(lambda one: _rounded(one, places), na_action="ignore")

    def of(self, groups: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
        """Return the result for each value of the keys that there is; for all, with none."""
        by: Any = list(keys) or (lambda _row: 0)
        parts = groups.groupby(by, observed=True, sort=True)
        if self.aggregate == "count":
            return parts[COUNT].sum()
        if self.aggregate in ("min", "max"):
            known = groups.dropna(subset=[NUMBER]).groupby(by, observed=True, sort=True)
            found = known[NUMBER].agg(self.aggregate)
            return found.reindex(parts[NUMBER].size().index)
        sums = groups.assign(**{NUMBER: groups[NUMBER].fillna(0)}).groupby(
            by, observed=True, sort=True
        )[NUMBER]
        counts = parts[COUNT].sum()
        found = sums.sum().where(counts > 0, None)
        return found if self.aggregate == "sum" else self._means(found, counts)

    def _means(self, sums: pd.Series, counts: pd.Series) -> pd.Series:
        if self.is_float:
            return sums / counts.where(counts > 0)
        means = [
            None if count == 0 else _rounded(Decimal(total) / int(count), self.places)
            for total, count in zip(sums, counts, strict=True)
        ]
        return pd.Series(means, index=sums.index, dtype=object)

    def arrow(self, values: pd.Series) -> pd.Series:
        """Return results as Arrow numbers, NA where there is nothing."""
        plain = [None if pd.isna(value) else value for value in values]
        return pd.Series(
            pd.arrays.ArrowExtensionArray(pa.array(plain, self._type(plain)))
        )

    def _type(self, values: Sequence[Any]) -> pa.DataType:
        if self.is_float:
            return pa.float64()
        if self.aggregate == "count":
            return pa.int64()
        long = any(value is not None and abs(value) >= LONGEST for value in values)
        if self.places or long:
            return pa.decimal128(DIGITS, self.places)
        return pa.int64()


def pivoted(groups: pd.DataFrame, lines: int, measure: Measure) -> pd.DataFrame:
    """Return groups as a table with totals.

    `groups`: first the key columns (see `labelled`), `lines` of them for the lines and the
    others for the columns; then COUNT, NUMBER as the measure needs them.
    """
    keys = [name for name in groups.columns if name not in (COUNT, NUMBER)]
    down, across = keys[:lines], keys[lines:]
    if groups.empty:
        return pd.DataFrame(index=_index([], lines))
    if across:
        groups = groups.assign(**{ACROSS: _joined(groups[across])})
        table = measure.of(groups, [*down, ACROSS]).unstack()
        table[measure.total_name] = measure.of(groups, down)
        last = [*measure.of(groups, [ACROSS]), *measure.of(groups, [])]
    else:
        table = measure.of(groups, down).to_frame(measure.name)
        last = list(measure.of(groups, []))
    columns = [str(name) for name in table.columns]
    labels = [one if isinstance(one, tuple) else (one,) for one in table.index]
    labels.append((measure.total_name, *[""] * (lines - 1)))
    cells = [
        measure.arrow(pd.Series([*table.iloc[:, place], last[place]], dtype=object))
        for place in range(len(columns))
    ]
    found = pd.concat(cells, axis=1).set_axis(columns, axis=1)
    return found.set_axis(_index(labels, lines), axis=0)


def _joined(keys: pd.DataFrame) -> pd.Series:
    """Return several keys as one, its labels joined and in their order."""
    if keys.shape[1] == 1:
        return keys.iloc[:, 0]
    there = keys.drop_duplicates().sort_values(list(keys.columns))
    ordered = there.astype(str).agg(" / ".join, axis=1)
    texts = keys.astype(str).agg(" / ".join, axis=1)
    return texts.astype(pd.CategoricalDtype(list(ordered.unique()), ordered=True))


def _index(labels: Sequence[tuple[Any, ...]], levels: int) -> pd.Index:
    if levels == 1:
        return pd.Index([str(label) for (label,) in labels], dtype=object)
    texts = [tuple(map(str, label)) for label in labels]
    return pd.MultiIndex.from_tuples(texts, names=[None] * levels)


def _rounded(number: Any, places: int) -> Decimal:
    with localcontext() as context:
        context.prec = 2 * DIGITS
        return Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
