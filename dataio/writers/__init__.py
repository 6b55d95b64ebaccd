"""Files that are written: one module per format, one `Writer` for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dataio.errors import UnknownFormat
from dataio.writers.base import (
    Outline,
    OutputColumn,
    WriteOptions,
    WriteProgress,
    Writer,
)
from dataio.writers.delimited import DelimitedWriter
from dataio.writers.excel import ExcelWriter
from dataio.writers.json_lines import JsonLinesWriter
from dataio.writers.ods import MIMETYPE, OdsWriter
from dataio.writers.parquet import ParquetWriter
from dataio.writers.summaries import Chart, Summary

__all__ = [
    "FORMATS",
    "Chart",
    "Outline",
    "OutputColumn",
    "OutputFormat",
    "Summary",
    "WriteOptions",
    "WriteProgress",
    "Writer",
    "open_writer",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFormat:
    """A kind of file that can be written."""

    suffix: str
    label: str | Promise
    content_type: str
    writer: Callable[[Path, WriteOptions], Writer]
    layouts: bool = False
    """Whether it holds several sheets, summaries and outlines."""


FORMATS: dict[str, OutputFormat] = {
    "xlsx": OutputFormat(
        suffix=".xlsx",
        label=gettext_lazy("Excel workbook"),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        writer=ExcelWriter,
        layouts=True,
    ),
    "csv": OutputFormat(
        suffix=".csv",
        label=gettext_lazy("Comma-separated text (CSV)"),
        content_type="text/csv; charset=utf-8",
        writer=DelimitedWriter,
    ),
    "ods": OutputFormat(
        suffix=".ods",
        label=gettext_lazy("OpenDocument spreadsheet"),
        content_type=MIMETYPE,
        writer=OdsWriter,
        layouts=True,
    ),
    "jsonl": OutputFormat(
        suffix=".jsonl",
        label=gettext_lazy("JSON lines, for programs"),
        content_type="application/x-ndjson",
        writer=JsonLinesWriter,
    ),
    "parquet": OutputFormat(
        suffix=".parquet",
        label=gettext_lazy("Parquet, for programs"),
        content_type="application/vnd.apache.parquet",
        writer=ParquetWriter,
    ),
}


def open_writer(path: Path, format: str, options: WriteOptions) -> Writer:  # noqa: A002 - the word people use
    """Return a writer of that format; use it as a context manager.

    Raises UnknownFormat with the formats there are.
    """
    if format not in FORMATS:
        raise UnknownFormat(
            _(
                'Files of the kind "%(format)s" cannot be written. There are: %(formats)s.'
            )
            % {"format": format, "formats": ", ".join(FORMATS)}
        )
    return FORMATS[format].writer(path, options)
