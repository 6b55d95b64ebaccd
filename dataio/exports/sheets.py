"""The sheets of an export: one, one for each value of a column, several resources, groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.columns.base import Column
from dataio.conf import settings
from dataio.errors import DataioError
from dataio.exports.frames import frames, select_path
from dataio.exports.ordering import can_sort, sorted_by
from dataio.exports.outline import outlined
from dataio.exports.paths import child_of, place_of
from dataio.exports.roundtrip import Tracking
from dataio.exports.select import ExportPlan, Layout, plan_columns, plan_rows
from dataio.exports.summary import can_be_key, can_be_value
from dataio.resources import Resource, registry
from dataio.writers import FORMATS, Outline, OutputColumn

MOST_SHEETS = 100
ROWS_AT_ONCE = 10_000
"""Rows read at once at most. Larger pieces are no faster, and cost 45 MB at 25,000."""
Written = tuple[pd.DataFrame, Outline | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A sheet of the file; its frames are read while it is written, one sheet after the other."""

    name: str
    columns: Sequence[OutputColumn]
    frames: Iterator[Written]


@dataclass(frozen=True)
class Part:
    """The rows of one resource in the file."""

    plan: ExportPlan
    resource: Resource

    @cached_property
    def whole(self) -> ExportPlan:
        """The plan with the columns by which rows are parted, first those of groups."""
        own = self.plan.columns or tuple(self.resource.columns)
        layout = self.plan.layout
        groups = [name for name in layout.group_by if name not in own]
        apart = [name for name in (layout.sheet_by,) if name and name not in own]
        return replace(self.plan, columns=(*groups, *own, *apart))

    @cached_property
    def columns(self) -> list[Column]:
        """All columns that are read."""
        return plan_columns(self.whole, self.resource)

    @cached_property
    def written(self) -> list[OutputColumn]:
        """The columns of the file."""
        own = self.plan.columns or tuple(self.resource.columns)
        names = {*own, *self.plan.layout.group_by}
        return [
            OutputColumn(
                name=column.name,
                header=str(column.label),
                kind=column.kind,
                summed=can_be_value(column) and not self._is_key(column),
            )
            for column in self.columns
            if column.name in names
        ]

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """The rows, sorted by the columns by which they are parted."""
        layout = self.plan.layout
        rows = plan_rows(self.whole, self.resource)
        if not layout.row_names:
            return rows
        downward = {name[1:] for name in self.plan.sort if name.startswith("-")}
        by = [f"-{name}" if name in downward else name for name in layout.row_names]
        child = child_of(self.resource, self.whole.columns)
        first = sorted_by(self.resource, by, child)
        return rows.order_by(*first, *rows.query.order_by)

    @property
    def name(self) -> str:
        return capfirst(self.resource.verbose_name_plural)

    def sheets(self, tracking: Tracking | None = None) -> Iterator[Sheet]:
        """Yield the sheets in order; with hidden columns where the file is `tracking` rows."""
        at_once = min(settings.DATAIO_CHUNK_ROWS, ROWS_AT_ONCE)
        read = frames(self.rows, self.columns, at_once, tracking)
        column = self.plan.layout.sheet_by
        if not column:
            yield self._sheet(self.name, read)
            return
        empty = True
        for value, pieces in groupby(_runs(read, column), key=lambda pair: pair[0]):
            empty = False
            yield self._sheet(_label(value), (piece for _value, piece in pieces))
        if empty:
            yield self._sheet(self.name, ())

    def _sheet(self, name: str, read: Iterable[pd.DataFrame]) -> Sheet:
        layout, groups = self.plan.layout, self.plan.layout.group_by
        summed = [column.name for column in self.written if column.summed]
        written: Iterator[Written] = (
            outlined(read, groups, summed, folded=layout.folded)
            if groups
            else ((one, None) for one in read)
        )
        return Sheet(name=name, columns=self.written, frames=written)

    def _is_key(self, column: Column) -> bool:
        place = place_of(self.resource, column.name)
        return bool(place.column.name == place.owner.model._meta.pk.name)


def parts_of(plan: ExportPlan, resource: Resource) -> list[Part]:
    """Return the resources of a file, each with its plan.

    Raises UnknownResource, UnknownColumn or DataioError for a layout that does not fit.
    """
    further = [Part(one, registry.get(one.resource)) for one in plan.further]
    parts = [Part(plan, resource), *further]
    for part in parts:
        _check(part)
    return parts


def _check(part: Part) -> None:
    plan, layout = part.plan, part.plan.layout
    laid_out = replace(layout, table=False) != Layout() or bool(plan.further)
    if laid_out and plan.format in FORMATS and not FORMATS[plan.format].layouts:
        raise DataioError(
            _(
                "%(format)s: a file of this kind holds one table. Choose an Excel "
                "workbook, or leave the layout out."
            )
            % {"format": FORMATS[plan.format].label}
        )
    if laid_out and plan.to_be_edited:
        raise DataioError(
            _("A file that is to be uploaded again has one sheet without a layout.")
        )
    if len({*layout.group_by}) < len(layout.group_by):
        raise DataioError(_("Choose each column once for the groups."))
    for column in part.columns:
        if column.name in layout.row_names and not _parts_rows(part, column):
            raise DataioError(
                _('Rows cannot be parted by "%(column)s".') % {"column": column.label}
            )
    if layout.sheet_by:
        _limit_sheets(part)


def _parts_rows(part: Part, column: Column) -> bool:
    return can_be_key(column) and can_sort(part.resource, column.name)


def _limit_sheets(part: Part) -> None:
    name = part.plan.layout.sheet_by
    column = next(one for one in part.columns if one.name == name)
    values = part.rows.order_by().values_list(select_path(column), flat=True)
    if len(values.distinct()[: MOST_SHEETS + 1]) > MOST_SHEETS:
        raise DataioError(
            _(
                '"%(column)s" has too many different values for a sheet each. '
                "Choose a column with at most %(most)s different values."
            )
            % {"column": column.label, "most": MOST_SHEETS}
        )


def _runs(
    read: Iterable[pd.DataFrame], name: str
) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Yield the rows of each frame parted by the value of a column, with that value."""
    for frame in read:
        values = frame[name]
        codes, _distinct = pd.factorize(values, use_na_sentinel=False)
        starts = np.flatnonzero(np.diff(codes, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts[1:], len(frame)], strict=True):
            value = values.iloc[start]
            yield (None if pd.isna(value) else value), frame.iloc[start:end]


def _label(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return _("(blank)") if value in (None, "") else str(value)
