"""Run an export: one consistent read, a file that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from django.utils import timezone
from django.utils.text import capfirst

from dataio.columns.base import Column
from dataio.conf import settings
from dataio.exports.frames import frames, one_consistent_read
from dataio.exports.select import (
    ExportPlan,
    plan_columns,
    plan_rows,
    plan_tracking,
)
from dataio.identity import SHEET
from dataio.progress.meter import Meter
from dataio.resources import Resource
from dataio.writers import OutputColumn, WriteOptions, WriteProgress, open_writer

READING, WRITING, PACKING = "reading", "writing", "packing"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportResult:
    """What became of an export."""

    rows: int
    notes: list[str]
    """Sentences about values the format could not hold."""
    bytes: int
    """Size of the file."""


def run_export(
    plan: ExportPlan, resource: Resource, target: Path, meter: Meter
) -> ExportResult:
    """Write the rows of a plan to `target`.

    1. Count and read the rows in one consistent read, and hand them to the writer.
    2. Let go of the database; the writer finishes and packs the file.
    Raises UnknownColumn, UnknownFormat or DataioError for a plan that does not fit, and
    whatever the meter's stop raises; then there is no file.
    """
    columns = plan_columns(plan, resource)
    queryset = plan_rows(plan, resource)
    tracking = plan_tracking(plan, resource)
    told = _Told(meter)
    options = _options(plan, resource, columns, told)
    if tracking is not None:
        options = replace(
            options,
            hidden=tracking.hidden,
            hidden_sheet=(SHEET, tracking.identity.cells()),
        )
    with open_writer(target, plan.format, options) as writer:
        with one_consistent_read(queryset.db):
            told.total = queryset.count()
            meter.begin(READING, told.total)
            rows = frames(queryset, columns, settings.DATAIO_CHUNK_ROWS, tracking)
            for frame in rows:
                meter.begin(READING)
                meter.advance(len(frame))
                meter.count(written=len(frame))
                writer.write(frame)
            meter.begin(READING)
            meter.end()
    return ExportResult(
        rows=writer.rows, notes=list(writer.notes), bytes=target.stat().st_size
    )


def first_rows(plan: ExportPlan, resource: Resource, rows: int) -> pd.DataFrame:
    """Return the first rows of an export as the file would show them; headers are labels."""
    columns = plan_columns(plan, resource)
    found = list(frames(plan_rows(plan, resource)[:rows], columns, rows))
    names = [column.name for column in columns]
    frame = found[0] if found else pd.DataFrame(columns=names)
    return frame.set_axis([column.label for column in columns], axis=1)


class _Told:
    """Tells a meter how far the writer is."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.total: int | None = None

    def writing(self, rows: int) -> None:
        self.meter.begin(WRITING, self.total)
        self.meter.advance(rows)

    def packing(self) -> None:
        self.meter.end()  # told at once: packing takes seconds in which nothing is told
        self.meter.begin(PACKING)


def _options(
    plan: ExportPlan, resource: Resource, columns: Sequence[Column], told: _Told
) -> WriteOptions:
    return WriteOptions(
        columns=[
            OutputColumn(name=c.name, header=str(c.label), kind=c.kind) for c in columns
        ],
        sheet_name=capfirst(resource.verbose_name_plural),
        timezone=ZoneInfo(timezone.get_current_timezone_name()),
        delimiter=plan.delimiter,
        byte_order_mark=plan.byte_order_mark,
        progress=WriteProgress(writing=told.writing, packing=told.packing),
    )
