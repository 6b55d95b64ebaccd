"""The marked workbook of an import: a job of its own, which makes a file as an export does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns.problems import PROBLEM_COLUMNS
from dataio.conf import settings
from dataio.errors import DataioError
from dataio.imports import rejected as kept
from dataio.imports.marked import Marks, Place, mark, write_rows
from dataio.imports.plan import ImportPlan
from dataio.imports.watch import Watch
from dataio.jobs import files, intake, lifecycle
from dataio.jobs.rejected_rows import rejected_files, sentences_of
from dataio.models import ACTIVE, Fix, Job, JobKind, JobState
from dataio.progress.meter import Meter
from dataio.readers import open_reader

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MARKABLE = {"xlsx", "xlsm"}


def ask_marked(user: AbstractBaseUser | None, job: Job) -> Job:
    """Return the job that marks the problems of a checked import; start it if there is none.

    Every check and every decision is an attempt of its own, and gets a workbook of its own.
    """
    plan = {"import": str(job.pk), "attempt": job.attempt}
    owner = user.pk if user else None
    earlier = Job.objects.filter(kind=JobKind.MARK, owner=owner, plan=plan)
    for one in earlier.filter(state__in=(*ACTIVE, JobState.DONE)):
        if one.state != JobState.DONE or files.result_path(one):
            return one
    suffix = _format(job) if comes_back_whole(job) else "xlsx"
    stem = PurePath(job.file_name).stem
    name = _("%(file)s problems") % {"file": stem}
    return intake.create_mark(user, job, plan, f"{name}.{suffix}")


def comes_back_whole(job: Job) -> bool:
    """Whether the person's own workbook comes back, not only its rows with problems."""
    return (
        _format(job) in MARKABLE and job.file_size <= settings.DATAIO_MAX_MARKED_BYTES
    )


def marked_import(job: Job) -> Job | None:
    """Return the import whose problems a job marks."""
    return Job.objects.filter(pk=job.plan.get("import")).first()


def run(job: Job, meter: Meter) -> None:
    """Make the marked workbook and end the job.

    A file that is no .xlsx or .xlsm, or larger than DATAIO_MAX_MARKED_BYTES, comes back as
    a workbook of only the rows with problems; it takes one reading of the file to make.
    Raises DataioError when no row has a problem.
    """
    original = marked_import(job)
    if original is None or not files.source_path(original).exists():
        raise DataioError(_("The file of this import is not kept any more."))
    target = files.export_path(job)
    target.parent.mkdir(parents=True, exist_ok=True)
    note = _make(original, target, meter)
    meter.begin("finishing")
    lifecycle.end(
        job.pk,
        (JobState.RUNNING,),
        JobState.DONE,
        rows=original.failed,
        notes=[note] if note else [],
        file_size=target.stat().st_size,
    )


def _make(job: Job, target: Path, meter: Meter) -> str:
    """Write the workbook; return what is to be said of it."""
    plan = ImportPlan.from_data(job.plan)
    source = files.source_path(job)
    watch = Watch(meter, rows=job.rows, size=job.file_size)
    reader = open_reader(source, plan.sheet or None, plan.header_row, plan.header_rows)
    with closing(reader):
        sentences, listed = _sentences(job, plan)
        marks = Marks(
            job=job.pk,
            sheet=plan.sheet,
            header_row=plan.header_row,
            macros=_format(job) == "xlsm",
            headers=list(reader.headers),
            sentences=sentences,
            edits=_edits(job, plan),
            note=_cut(listed, job.problem_count),
        )
        if not marks.sentences:
            raise DataioError(_("No row has a problem, so there is nothing to mark."))
        if comes_back_whole(job):
            mark(source, target, marks, watch)
        else:
            write_rows(reader.frames(settings.DATAIO_CHUNK_ROWS), target, marks, watch)
    return marks.note


def _format(job: Job) -> str:
    return files.peek_of(job).format


def _cut(listed: int, count: int) -> str:
    if listed >= count:
        return ""
    text = _(
        "Only the first %(listed)s of %(count)s problems are marked. Correct these, and upload "
        "the workbook again: then the others are found."
    )
    return text % {"listed": f"{listed:,}", "count": f"{count:,}"}


def _sentences(job: Job, plan: ImportPlan) -> tuple[dict[Place, str], int]:
    """Return what is wrong by cell of the file, and how many problems that is."""
    headers = _headers(plan)
    found: dict[Place, str] = {}
    listed = 0
    for problems in _problems(job):
        part = problems.head(max(settings.DATAIO_MAX_PROBLEMS - listed, 0))
        listed += len(part)
        for row, said in sentences_of(part).items():
            for column, sentence in said.items():
                for header in headers.get(column, [""]):
                    place = (row, header)
                    found[place] = f"{found[place]} {sentence}" if place in found else sentence  # fmt: skip
    return found, listed


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
