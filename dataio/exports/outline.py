"""An outline: after each group of rows a row with the sums of its numbers.

Rows come frame by frame, sorted by the groups; a group may go on over many frames. Nothing
but the sums of the groups that are open is kept between frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns.cells import pc
from dataio.writers import Outline

Outlined = tuple[pd.DataFrame, Outline]
DIGITS = 38


def outlined(
    frames: Iterable[pd.DataFrame],
    groups: Sequence[str],
    summed: Sequence[str],
    *,
    folded: bool = False,
) -> Iterator[Outlined]:
    """Yield frames with their subtotal rows.

    `groups`: names of the columns that are levels, the outer first. `summed`: names of the
    columns of numbers. A subtotal holds the sums, and what its group is: in a column of text
    as "Total Tools", in another as the value itself. `folded`: see `Outline`.
    """
    numbers = [name for name in summed if name not in groups]
    outliner = _Outliner(groups, numbers, folded=folded)
    for frame in frames:
        if len(frame):
            yield outliner.feed(frame)
    if outliner.last is not None:
        yield outliner.finish()


class _Outliner:
    def __init__(
        self, groups: Sequence[str], summed: Sequence[str], *, folded: bool
    ) -> None:
        self.folded = folded
        self.groups = groups
        self.summed = summed
        self.last: pd.DataFrame | None = None
        """The last row seen."""
        self.open: list[dict[str, Any]] = [{} for _name in groups]
        """The sums so far of the group that is open, level by level."""

    def feed(self, frame: pd.DataFrame) -> Outlined:
        """Return a frame with the subtotals of all groups that ended in it."""
        frame = self._widened(frame.reset_index(drop=True))
        changed = self._changes(frame)
        parts, places, levels = [frame], [np.arange(len(frame))], [len(self.groups)]
        for level in reversed(range(len(self.groups))):
            ends = np.flatnonzero(changed[level])
            totals = self._close(frame, level, changed[level], ends)
            if len(ends):
                parts.append(totals)
                places.append(ends)
                levels.append(level)
        self.last = frame.tail(1)
        return self._merged(parts, places, levels)

    def finish(self) -> Outlined:
        """Return the subtotals of the groups that are open at the end."""
        assert self.last is not None  # noqa: S101 - there was a row
        parts = [
            self._total_rows(self.last, level, [self.open[level]])
            for level in reversed(range(len(self.groups)))
        ]
        whole = pd.concat(parts, ignore_index=True)
        levels = list(reversed(range(len(self.groups))))
        return whole, self._outline(np.array(levels))

    def _widened(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with room for sums: a file has one type for each column."""
        kinds = {
            name: pd.ArrowDtype(pa.decimal128(DIGITS, dtype.pyarrow_dtype.scale))
            for name in self.summed
            if isinstance(dtype := frame[name].dtype, pd.ArrowDtype)
            and pa.types.is_decimal(dtype.pyarrow_dtype)
        }
        return frame.astype(kinds) if kinds else frame

    def _changes(self, frame: pd.DataFrame) -> list[np.ndarray]:
        """Return for each level where a row is in another group than the row before it."""
        changed: list[np.ndarray] = []
        outer = np.zeros(len(frame), np.bool_)
        for name in self.groups:
            column = frame[name]
            if self.last is not None:
                column = pd.concat([self.last[name], column], ignore_index=True)
            codes, _distinct = pd.factorize(column, use_na_sentinel=False)
            differs = np.diff(codes, prepend=codes[0])[len(column) - len(frame) :] != 0
            outer = outer | differs
            changed.append(outer)
        return changed

    def _close(
        self, frame: pd.DataFrame, level: int, changed: np.ndarray, ends: np.ndarray
    ) -> pd.DataFrame:
        """Return the subtotals of the groups that ended, and keep that of the open one."""
        sums = self._sums(frame, np.cumsum(changed), len(ends) + 1)
        sums[0] = _added(self.open[level], sums[0])
        self.open[level] = sums[-1]
        if not len(ends):
            return frame.head(0)
        earlier = frame.iloc[np.maximum(ends - 1, 0)]
        if ends[0] == 0 and self.last is not None:
            earlier = pd.concat([self.last, earlier.iloc[1:]])
        return self._total_rows(earlier, level, sums[:-1])

    def _sums(
        self, frame: pd.DataFrame, groups: np.ndarray, count: int
    ) -> list[dict[str, Any]]:
        """Return the exact sums of the numbers of each group, which are counted from 0."""
        if not self.summed:
            return [{} for _group in range(count)]
        table = pa.Table.from_pandas(frame[list(self.summed)], preserve_index=False)
        table = table.append_column("", pa.array(groups))
        asked: Any = [(name, "sum") for name in self.summed]
        found = table.group_by("").aggregate(asked).sort_by("").to_pylist()
        by_group = {row[""]: row for row in found}
        return [
            {name: by_group.get(group, {}).get(f"{name}_sum") for name in self.summed}
            for group in range(count)
        ]

    def _total_rows(
        self, earlier: pd.DataFrame, level: int, sums: Sequence[dict[str, Any]]
    ) -> pd.DataFrame:
        """Return subtotal rows, made of the last rows of their groups."""
        shown = {*self.groups[: level + 1]}
        columns = {}
        for name in earlier.columns:
            values, kind = earlier[name].reset_index(drop=True), earlier[name].dtype
            if name in self.summed:
                values = pd.Series([one[name] for one in sums], dtype=kind)
            elif name not in shown:
                values = pd.Series([None] * len(earlier), dtype=kind)
            elif name == self.groups[level]:
                values = _labels(values)
            columns[name] = values
        return pd.DataFrame(columns)

    def _merged(
        self,
        parts: Sequence[pd.DataFrame],
        places: Sequence[np.ndarray],
        levels: Sequence[int],
    ) -> Outlined:
        """Return rows and subtotals in order: inner subtotals first, before the next group."""
        whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        depth = len(self.groups)
        level = np.repeat(levels, [len(part) for part in parts])
        # Before the row at their place stand the subtotals, the deeper ones first.
        rank = np.where(level == depth, depth, depth - 1 - level)
        order = np.lexsort((rank, np.concatenate(places)))
        ordered = whole.iloc[order].reset_index(drop=True)
        return ordered, self._outline(level[order])

    def _outline(self, levels: np.ndarray) -> Outline:
        strong = levels < len(self.groups)
        return Outline(
            levels=levels.tolist(),
            strong=strong.tolist(),
            summed=set(self.summed),
            folded=self.folded,
        )


def _added(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        name: number if one.get(name) is None else one[name] + (number or 0)
        for name, number in other.items()
    }


def _labels(values: pd.Series) -> pd.Series:
    dtype = values.dtype
    if not (
        isinstance(dtype, pd.ArrowDtype) and pa.types.is_string(dtype.pyarrow_dtype)
    ):
        return values
    texts = pa.array(values.array, pa.string())
    texts = pc.if_else(pc.equal(texts, ""), None, texts).fill_null(_("(blank)"))
    before, after = (_("Total %(group)s") % {"group": "\0"}).split("\0")
    labels = pc.binary_join_element_wise(before, texts, after, "")
    return pd.Series(pd.arrays.ArrowExtensionArray(labels), index=values.index)
