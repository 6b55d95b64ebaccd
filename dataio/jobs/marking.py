"""The marked workbook of an import: a job of its own, which makes a file as an export does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns.problems import PROBLEM_COLUMNS
from dataio.conf import settings
from dataio.errors import DataioError
from dataio.imports import rejected as kept
from dataio.imports.family import with_prefix
from dataio.imports.marked import Marks, Place, mark, write_rows
from dataio.imports.plan import ImportPlan
from dataio.imports.watch import Watch
from dataio.jobs import files, intake, results
from dataio.jobs.rejected_rows import rejected_files, sentences_of
from dataio.jobs.staging import by_sheet
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
    target = results.path_of_attempt(job)
    note = _make(original, target, meter)
    meter.begin("finishing")
    results.deliver(job, target, rows=original.failed, notes=[note] if note else [])


def _make(job: Job, target: Path, meter: Meter) -> str:
    """Write the workbook; return what is to be said of it."""
    plan = ImportPlan.from_data(job.plan)
    source = files.source_path(job)
    whole = comes_back_whole(job)
    if plan.parts and not whole:
        raise DataioError(
            _("This file is too large to be marked. Correct its rows in the table.")
        )
    watch = Watch(meter, rows=job.rows, size=job.file_size)
    marks = _marks(job, plan)
    if whole:
        mark(source, target, marks, watch)
        return marks.note
    reader = open_reader(source, plan.sheet or None, plan.header_row, plan.header_rows)
    with closing(reader):
        write_rows(reader.frames(settings.DATAIO_CHUNK_ROWS), target, marks, watch)
    return marks.note


def _marks(job: Job, plan: ImportPlan) -> Marks:
    """Return what is to be said about each sheet. Raises DataioError when that is nothing."""
    found: list[Marks] = []
    listed = 0
    for sheet, parts in by_sheet(plan).items():
        first = plan.all_parts[parts[0]]
        sentences, listed = _sentences(job, plan, parts, listed)
        place = (sheet or None, first.header_row, first.header_rows)
        with closing(open_reader(files.source_path(job), *place)) as reader:
            headers = list(reader.headers)
        one = Marks(
            job=job.pk,
            sheet=sheet,
            header_row=first.header_row,
            macros=_format(job) == "xlsm",
            headers=headers,
            sentences=sentences,
            edits=_edits(job, plan, parts),
        )
        found.append(one)
    if not any(one.sentences for one in found):
        raise DataioError(_("No row has a problem, so there is nothing to mark."))
    note = _cut(listed, job.problem_count)
    return replace(found[0], note=note, others=tuple(found[1:]))


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


def _sentences(
    job: Job, plan: ImportPlan, parts: list[int], listed: int
) -> tuple[dict[Place, str], int]:
    """Return what is wrong by cell of one sheet, and how many problems are listed now.

    `parts`: those on the sheet; `listed`: how many problems are listed already.
    """
    headers = _headers_of(plan, parts)
    found: dict[Place, str] = {}
    for problems in _problems(job, plan, parts):
        some = problems.head(max(settings.DATAIO_MAX_PROBLEMS - listed, 0))
        listed += len(some)
        for row, said in sentences_of(some).items():
            for column, sentence in said.items():
                for header in headers.get(column, [""]):
                    place = (row, header)
                    found[place] = f"{found[place]} {sentence}" if place in found else sentence  # fmt: skip
    return found, listed


def _problems(job: Job, plan: ImportPlan, parts: list[int]) -> Iterator[pd.DataFrame]:
    """Yield all problems: first those of rows that are kept, then those found later."""
    listed = job.problems.values_list(*PROBLEM_COLUMNS)
    every = pd.DataFrame(listed, columns=PROBLEM_COLUMNS)
    owners = every["column"].map(plan.part_of)
    for part in parts:
        rows: set[int] = set()
        for path in rejected_files(job, part):
            problems = kept.read_problems(path)
            rows.update(problems["row"].tolist())
            yield with_prefix(problems, plan.all_parts[part])
        others = every[owners == part]
        yield others[~others["row"].isin(rows)]


def _edits(job: Job, plan: ImportPlan, parts: list[int]) -> dict[Place, str | None]:
    """Return what the person typed into single cells of one sheet."""
    headers = {
        plan.all_parts[part].prefix + name: header
        for part in parts
        for header, name in plan.all_parts[part].mapping.items()
    }
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


def _headers_of(plan: ImportPlan, parts: list[int]) -> dict[str, list[str]]:
    """Return the headers of each column, by its name with the prefix of its part."""
    return {
        plan.all_parts[part].prefix + name: headers
        for part in parts
        for name, headers in _headers(plan.all_parts[part]).items()
    }


def _headers(plan: ImportPlan) -> dict[str, list[str]]:
    """Return the headers whose cells make up each column."""
    found = {name: [header] for header, name in plan.mapping.items()}
    found |= {name: list(join.headers) for name, join in plan.joins.items()}
    for header, split in plan.splits.items():
        found |= {name: [header] for name in split.columns}
    return found
