"""Run a report that code makes: its sheets as they come, in one consistent read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from django import forms
from django.utils.translation import gettext as _

from dataio.columns.cells import Arrow, pc
from dataio.errors import DataioError, NotPermitted
from dataio.exports.frames import one_consistent_read
from dataio.exports.run import (
    READING,
    ExportResult,
    Told,
    write_frame,
    write_options,
)
from dataio.exports.select import ExportPlan
from dataio.exports.table import SummaryTable, summary_sheet
from dataio.progress.meter import Meter
from dataio.reports import Parameters, Report, Sheet, reports
from dataio.writers import (
    FORMATS,
    Outline,
    OutputColumn,
    Summary,
    Writer,
    open_writer,
)
from dataio.writers.frames import arrow_cells
from dataio.writers.sheet import is_number

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

DIGITS = 38
Answers = Mapping[str, Any]


def report_of(plan: ExportPlan, user: AbstractBaseUser | None = None) -> Report:
    """Return the report of a plan.

    Raises UnknownReport, NotPermitted when `user` may not run it (None: the terminal).
    """
    report = reports.get(plan.report)
    if user is not None and not report.may_run(user):
        raise NotPermitted(
            _('You may not run the report "%(name)s".') % {"name": report.name}
        )
    return report


def report_parameters(report: Report, answers: Answers) -> Parameters:
    """Return what a report is to be made with. Raises DataioError with what is missing."""
    form = report.parameters(answers)
    if not form.is_valid():
        raise DataioError(" ".join(_sentences(form)))
    return form.cleaned_data


def run_report(
    plan: ExportPlan, report: Report, target: Path, meter: Meter
) -> ExportResult:
    """Write the sheets of a report to `target`; the bar counts the rows.

    Raises DataioError for answers or a format that do not fit, and whatever the report and
    the meter's stop raise; then there is no file.
    """
    if plan.format in FORMATS and not FORMATS[plan.format].layouts:
        raise DataioError(
            _("A report may have several sheets. Choose a workbook, not %(format)s.")
            % {"format": FORMATS[plan.format].label}
        )
    parameters = report_parameters(report, plan.answers)
    told = Told(meter)
    meter.begin(READING)
    with (
        open_writer(target, plan.format, write_options(plan, told)) as writer,
        one_consistent_read(report.using),
    ):
        has_rows = False
        for sheet in report.sheets(parameters):
            if sheet.chart:
                writer.summary(_charted(sheet, in_front=not has_rows))
            else:
                _write(sheet, writer, meter)
                has_rows = True
        meter.begin(READING)
        meter.end()
        told.total = writer.rows
    return ExportResult(
        rows=meter.counts["written"],
        notes=list(writer.notes),
        bytes=target.stat().st_size,
    )


def _sentences(form: forms.Form) -> list[str]:
    return [
        f"{form.fields[name].label or name}: {' '.join(map(str, reasons))}"
        if name in form.fields
        else " ".join(map(str, reasons))
        for name, reasons in form.errors.items()
    ]


def _charted(sheet: Sheet, *, in_front: bool) -> Summary:
    table = sheet.frames
    if not isinstance(table, pd.DataFrame):
        raise TypeError("A sheet with a chart has one frame.")
    if sheet.totals and len(table):
        label: Any = _("Total")
        levels = table.index.nlevels
        sums = pd.DataFrame([table.sum()]).astype(table.dtypes.to_dict())
        sums.index = pd.MultiIndex.from_tuples([(label, *[""] * (levels - 1))])
        sums.index = sums.index if levels > 1 else pd.Index([label])
        table = pd.concat([table, sums.rename_axis(table.index.names)])
    found = SummaryTable(
        table=table,
        title=sheet.name,
        measure=sheet.name,
        total_row=sheet.totals and len(table) > 0,
        chart=sheet.chart,
    )
    return summary_sheet(found, sheet.name, in_front=in_front)


def _write(sheet: Sheet, writer: Writer, meter: Meter) -> None:
    read = [sheet.frames] if isinstance(sheet.frames, pd.DataFrame) else sheet.frames
    totals: _Totals | None = None
    for frame in map(_plain, read):
        if totals is None:
            totals = _Totals(frame)
            writer.sheet(sheet.name, _columns(sheet, frame))
        totals.add(frame)
        flat = [0] * len(frame)
        outline = Outline(levels=flat, strong=[False] * len(frame))
        write_frame(writer, meter, frame, outline if sheet.totals else None)
    if totals is None:
        columns = [_column(sheet, name) for name in sheet.headers]
        writer.sheet(sheet.name, columns)
    elif sheet.totals:
        outline = Outline(levels=[0], strong=[True])
        write_frame(writer, meter, totals.row(), outline)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose labels are columns, its exact numbers as wide as they may grow."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    return pd.DataFrame(
        {
            name: pd.Series(pd.arrays.ArrowExtensionArray(_wide(frame[name])))
            for name in frame
        }
    )


def _wide(series: pd.Series) -> Arrow:
    cells = arrow_cells(series)
    if pa.types.is_decimal(cells.type):
        return cells.cast(pa.decimal128(DIGITS, cells.type.scale))
    return cells.cast(pa.string()) if pa.types.is_large_string(cells.type) else cells


def _columns(sheet: Sheet, frame: pd.DataFrame) -> list[OutputColumn]:
    return [_column(sheet, str(name)) for name in frame.columns]


def _column(sheet: Sheet, name: str) -> OutputColumn:
    kind = "url" if name in sheet.links else ""
    return OutputColumn(name=name, header=sheet.headers.get(name, name), kind=kind)


class _Totals:
    """Exact sums of the columns of numbers, frame by frame."""

    def __init__(self, first: pd.DataFrame) -> None:
        self._types = {name: arrow_cells(first[name]).type for name in first}
        self._sums: dict[Any, Any] = {}

    def add(self, frame: pd.DataFrame) -> None:
        for name, kind in self._types.items():
            if is_number(kind):
                found = pc.sum(arrow_cells(frame[name])).as_py()
                self._sums[name] = self._sums.get(name, 0) + (found or 0)

    def row(self) -> pd.DataFrame:
        """Return the last row: the sums, and "Total" in the first column of text."""
        texts = [one for one, kind in self._types.items() if pa.types.is_string(kind)]
        cells = {**self._sums, **({texts[0]: _("Total")} if texts else {})}
        return pd.DataFrame(
            {
                name: pd.Series([cells.get(name)], dtype=pd.ArrowDtype(kind))
                for name, kind in self._types.items()
            }
        )
