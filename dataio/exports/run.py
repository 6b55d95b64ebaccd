"""Run an export: one consistent read, a file that appears whole or not at all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from django.utils import timezone

from dataio.exports.frames import frames, one_consistent_read
from dataio.exports.select import ExportPlan, plan_columns, plan_tracking
from dataio.exports.sheets import Part, parts_of
from dataio.exports.summary import summary_table
from dataio.exports.table import summary_sheet
from dataio.identity import SHEET
from dataio.progress.meter import Meter
from dataio.resources import Resource
from dataio.writers import Outline, WriteOptions, WriteProgress, Writer, open_writer

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
    parts = parts_of(plan, resource)
    tracking = plan_tracking(plan, resource)
    told = Told(meter)
    options = write_options(plan, told)
    is_single = len(parts) == 1 and not plan.layout.sheet_by
    if is_single:
        options = replace(options, columns=parts[0].written, sheet_name=parts[0].name)
    if tracking is not None:
        options = replace(
            options,
            hidden=tracking.hidden,
            hidden_sheet=(SHEET, tracking.identity.cells()),
        )
    with open_writer(target, plan.format, options) as writer, ExitStack() as reads:
        for using in dict.fromkeys(part.rows.db for part in parts):
            reads.enter_context(one_consistent_read(using))
        meter.begin(READING, sum(part.rows.count() for part in parts))
        for part in parts:
            for sheet in part.sheets(tracking):
                if not is_single:
                    writer.sheet(sheet.name, sheet.columns)
                for frame, outline in sheet.frames:
                    write_frame(writer, meter, frame, outline)
            if part.plan.layout.summary is not None:
                found = summary_table(part.plan, part.resource)
                writer.summary(summary_sheet(found))
        meter.begin(READING)
        meter.end()
        told.total = writer.rows
    return ExportResult(
        rows=meter.counts["written"],
        notes=list(writer.notes),
        bytes=target.stat().st_size,
    )


def write_frame(
    writer: Writer, meter: Meter, frame: pd.DataFrame, outline: Outline | None = None
) -> None:
    """Write a frame and count its rows; subtotals are nobody's records."""
    rows = len(frame) - (sum(outline.strong) if outline else 0)
    meter.begin(READING)
    meter.advance(rows)
    meter.count(written=rows)
    if outline is None:
        writer.write(frame)
    else:
        writer.write(frame, outline)


def first_rows(plan: ExportPlan, resource: Resource, rows: int) -> pd.DataFrame:
    """Return the first rows of an export as the file would show them; headers are labels."""
    part = Part(plan, resource)
    found = list(frames(part.rows[:rows], part.columns, rows))
    columns = plan_columns(plan, resource)
    names = [column.name for column in columns]
    frame = found[0][names] if found else pd.DataFrame(columns=names)
    return frame.set_axis([column.label for column in columns], axis=1)


class Told:
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


def write_options(plan: ExportPlan, told: Told) -> WriteOptions:
    """Return the choices for the whole file, without its first sheet."""
    layout = plan.layout
    return WriteOptions(
        timezone=ZoneInfo(timezone.get_current_timezone_name()),
        delimiter=plan.delimiter,
        byte_order_mark=plan.byte_order_mark,
        guard_formulas=plan.guard_formulas,
        # The rows of a table cannot be groups: Excel would take subtotals for records.
        table=layout.table and not layout.group_by,
        totals=layout.totals,
        progress=WriteProgress(writing=told.writing, packing=told.packing),
    )
