"""The marked workbook of a job: made when it is asked for, kept until something changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns.problems import PROBLEM_COLUMNS
from dataio.conf import settings
from dataio.errors import DataioError
from dataio.imports import rejected as kept
from dataio.imports.marked import Marks, Place, mark, write_rows
from dataio.imports.plan import ImportPlan
from dataio.jobs import files
from dataio.jobs.rejected_rows import rejected_files, sentences_of
from dataio.models import Fix, Job
from dataio.readers import open_reader

MARKABLE = {"xlsx", "xlsm"}


def marked_workbook(job: Job) -> Path:
    """Return the person's workbook with its bad cells marked; its suffix says its kind.

    A file that is no .xlsx or .xlsm, or larger than DATAIO_MAX_MARKED_BYTES, comes back as
    a workbook of only the rows with problems; it takes one reading of the file to make.
    Raises DataioError when no row has a problem.
    """
    found = files.peek_of(job).format
    whole = found in MARKABLE and job.file_size <= settings.DATAIO_MAX_MARKED_BYTES
    suffix = found if whole else "xlsx"
    # Every check and every decision is an attempt of its own.
    target = files.folder(job.pk) / f"marked-{job.attempt}.{suffix}"
    if not target.exists():
        for old in files.folder(job.pk).glob("marked-*"):
            old.unlink(missing_ok=True)
        _make(job, target, whole=whole)
    return target


def _make(job: Job, target: Path, *, whole: bool) -> None:
    plan = ImportPlan.from_data(job.plan)
    source = files.source_path(job)
    reader = open_reader(source, plan.sheet or None, plan.header_row, plan.header_rows)
    with closing(reader):
        marks = Marks(
            job=job.pk,
            sheet=plan.sheet,
            header_row=plan.header_row,
            headers=list(reader.headers),
            sentences=_sentences(job, plan),
            edits=_edits(job, plan),
        )
        if not marks.sentences:
            raise DataioError(_("No row has a problem, so there is nothing to mark."))
        if whole:
            mark(source, target, marks, macros=target.suffix == ".xlsm")
        else:
            write_rows(reader.frames(settings.DATAIO_CHUNK_ROWS), target, marks)


def _sentences(job: Job, plan: ImportPlan) -> dict[Place, str]:
    """Return what is wrong by cell of the file, for as many problems as are listed."""
    headers = _headers(plan)
    found: dict[Place, str] = {}
    for problems in _problems(job):
        room = settings.DATAIO_MAX_PROBLEMS - len(found)
        for row, said in sentences_of(problems.head(max(room, 0))).items():
            for column, sentence in said.items():
                for header in headers.get(column, [""]):
                    place = (row, header)
                    found[place] = f"{found[place]} {sentence}" if place in found else sentence  # fmt: skip
    return found


def _problems(job: Job) -> Iterator[pd.DataFrame]:
    """Yield all problems: first those of rows that are kept, then those found later."""
    rows: set[int] = set()
    for path in rejected_files(job):
        problems = kept.read_problems(path)
        rows.update(problems["row"].tolist())
        yield problems
    listed = job.problems.values_list(*PROBLEM_COLUMNS)
    others = pd.DataFrame(listed, columns=PROBLEM_COLUMNS)
    yield others[~others["row"].isin(rows)]


def _edits(job: Job, plan: ImportPlan) -> dict[Place, str | None]:
    """Return what the person typed into single cells of the file."""
    headers = {name: header for header, name in plan.mapping.items()}
    edited = job.fixes.filter(
        row__isnull=False, action__in=[Fix.Action.REPLACE, Fix.Action.BLANK]
    )
    return {
        (int(fix.row or 0), headers[fix.column]): (
            fix.replacement if fix.action == Fix.Action.REPLACE else None
        )
        for fix in edited
        if fix.column in headers
    }


def _headers(plan: ImportPlan) -> dict[str, list[str]]:
    """Return the headers whose cells make up each column."""
    found = {name: [header] for header, name in plan.mapping.items()}
    found |= {name: list(join.headers) for name, join in plan.joins.items()}
    for header, split in plan.splits.items():
        found |= {name: [header] for name in split.columns}
    return found
