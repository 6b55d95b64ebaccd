"""A marked workbook that comes back corrected: its import goes on where it was."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from dataio.errors import DataioError
from dataio.imports.mapping import headers_of
from dataio.imports.marked import ROWS, recognise
from dataio.imports.plan import ImportPlan
from dataio.jobs import files, intake
from dataio.jobs.correcting import apply_fixes_data, fixes_data
from dataio.models import Job, JobKind, JobState
from dataio.readers import SheetPeek
from dataio.readers.formulas import without_results


def resume(job: Job, *, send: bool = True) -> bool:
    """Check a draft as the import was checked whose marked workbook it is.

    Raises DataioError, and removes the draft, when it cannot be read as it is.
    Returns whether the draft is one and nothing needs to be asked. Mapping, formats, key, mode
    and decisions about values are those of the earlier import; what was typed into single
    cells stands in the workbook. Rows that were imported already come out as unchanged.
    """
    found = recognise(files.source_path(job))
    earlier = _earlier(job, found[0]) if found else None
    if found is None or earlier is None:
        return False
    plan = _plan(job, earlier, found[1])
    if plan is None:
        return False
    _refuse_unsaved(job, plan)
    if not plan.key and earlier.state == JobState.DONE and found[1] != ROWS:
        said = _(
            "The good rows of this file were imported already, and nothing tells its rows "
            "apart. Leave in it only the rows that are still to be imported."
        )
        _tell(job, said)
        return False
    with transaction.atomic():
        said = _('"%(name)s" comes back corrected, so nothing is asked again.')
        _tell(job, said % {"name": earlier.file_name})
        intake.accept_import(job, plan, send=send)
        Job.objects.filter(pk=job.pk).update(recipe=earlier.recipe)
        apply_fixes_data(job, fixes_data(earlier))
    job.refresh_from_db()
    return True


def _refuse_unsaved(job: Job, plan: ImportPlan) -> None:
    """Refuse a workbook whose formulas nobody worked out: their cells would be blank.

    openpyxl, which marks the problems, keeps formulas without their results.
    """
    sheet = next(one for one in files.peek_of(job).sheets if one.name == plan.sheet)
    texts = _headers(sheet, plan.header_row, plan.header_rows)
    columns = {get_column_letter(texts.index(one) + 1) for one in headers_of(plan)}
    for cell in without_results(files.source_path(job), plan.sheet):
        letters = cell.rstrip("0123456789")
        if letters in columns and int(cell[len(letters) :]) > plan.header_row:
            files.remove(job.pk)
            job.delete()
            text = _(
                "The formulas of this workbook have no results yet, such as the one in %(cell)s. "
                "Open it in Excel, save it, and upload it again."
            )
            raise DataioError(text % {"cell": cell})


def _earlier(job: Job, pk: uuid.UUID) -> Job | None:
    """Return the job the workbook is from, if the person may see it."""
    imports = Job.objects.filter(kind=JobKind.IMPORT, pk=pk)
    seen = imports.visible_to(job.owner) if job.owner else imports.filter(owner=None)
    return seen.exclude(plan={}).first()


def _plan(job: Job, earlier: Job, kind: str) -> ImportPlan | None:
    """Return the earlier plan for this workbook; None when it has other columns now."""
    plan = ImportPlan.from_data(earlier.plan)
    if plan.parts and kind == ROWS:
        return None  # its rows have lost the parents above them
    header_row = 1 if kind == ROWS else plan.header_row
    sheets = files.peek_of(job).sheets
    named = [one for one in sheets if one.name == plan.sheet] or sheets[:1]
    header_rows = 1 if kind == ROWS else plan.header_rows
    texts = _headers(named[0], header_row, header_rows)
    needed = {*headers_of(plan), *([plan.fingerprint] if plan.fingerprint else [])}
    others = all(_is_there(part, sheets) for part in plan.parts)
    if not (needed <= set(texts) and others):
        return None
    return plan.with_changes(
        sheet=named[0].name,
        header_row=header_row,
        header_rows=header_rows,
        check_first=True,
        conflicts={},
    )


def _is_there(part: ImportPlan, sheets: list[SheetPeek]) -> bool:
    """Tell whether a workbook has the columns of a part."""
    return any(
        set(headers_of(part)) <= set(_headers(one, part.header_row, part.header_rows))
        for one in sheets
        if one.name == part.sheet
    )


def _headers(sheet: SheetPeek, header_row: int, header_rows: int) -> list[str]:
    if not 0 < header_row <= len(sheet.rows):
        return []
    return replace(sheet, header_row=header_row, header_rows=header_rows).headers


def _tell(job: Job, sentence: str) -> None:
    job.notes = [*job.notes, sentence]
    job.save(update_fields=["notes"])
