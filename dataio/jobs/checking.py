"""What a check found: what an import would do, until the person decides. Writes nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd
from django.db import router

from dataio.imports import changes, related
from dataio.imports.alarms import Evidence, alarms
from dataio.imports.compare import Findings, total
from dataio.imports.mapping import headers_of
from dataio.imports.plan import CREATE, ImportPlan
from dataio.jobs import files, ledger
from dataio.jobs.ledger import COMPARED
from dataio.models import Chunk, Job, JobKind, JobState
from dataio.resources import Resource, registry

COUNTED = (
    "create",
    "update",
    "unchanged",
    "conflict",
    "problem",
    "skipped",
    "missing",
    "lacking",
)
SAID = ("alarms", "creates")


def compared_chunks(job: Job, part: int = 0) -> list[changes.ComparedChunk]:
    """Return where the changes of a part of a checked job are, in the order of the chunks."""
    return [
        changes.ComparedChunk(
            changes=files.changes_path(job.pk, chunk.number),
            clean=files.chunk_path(job.pk, chunk.number),
            findings=Findings.from_data(chunk.findings[COMPARED]),
        )
        for chunk in _chunks(job, part)
        if COMPARED in chunk.findings
    ]


def without_left_out(job: Job, number: int, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a staged chunk without the rows that the check said are left out."""
    chunk = Chunk.objects.get(job=job, number=number)
    if not ledger.left_out(chunk):
        return frame
    rows = changes.rows_left_out(files.changes_path(job.pk, number))
    return frame[~frame.index.isin(rows)]


def findings_of(job: Job, plan: ImportPlan) -> dict[str, Any]:
    """Return what the whole check found, as plain data: see `_findings_of`.

    Where a file holds children too, the numbers are those of all parts together, and `parts`
    lists what was found of each, with its resource.
    """
    found = [_findings_of(job, plan, part) for part in range(len(plan.all_parts))]
    if not plan.parts:
        return found[0]
    sums = {name: sum(one[name] for one in found) for name in COUNTED}
    changed = {
        part.prefix + name: count
        for part, one in zip(plan.all_parts, found, strict=True)
        for name, count in one["changed_columns"].items()
    }
    lists = {name: [said for one in found for said in one[name]] for name in SAID}
    parts = [
        {"resource": part.resource, **one}
        for part, one in zip(plan.all_parts, found, strict=True)
    ]
    return {**sums, **lists, "changed_columns": changed, "parts": parts}


def _findings_of(job: Job, whole: ImportPlan, part: int) -> dict[str, Any]:
    """Return what the check found of one part (rows, unless said otherwise):

    create, update, unchanged, conflict, problem, skipped, changed_columns (by column name),
    missing (records of the table that no clean row means), alarms (sentences),
    lacking (records that will be removed), creates (sentences on related records that will be created).
    """
    plan, chunks = whole.all_parts[part], list(_chunks(job, part))
    found = total(
        Findings.from_data(chunk.findings[COMPARED])
        for chunk in chunks
        if COMPARED in chunk.findings
    )
    resource = registry.get(plan.resource)
    problem = found.problem + sum(chunk.failed for chunk in chunks)
    missing = 0 if part else _missing(found, plan, resource)
    headers = _own_headers(job, whole, part)
    seen = Evidence(
        rows=sum(chunk.rows for chunk in chunks),
        update=found.update,
        problem=problem,
        imported_at=None if part else _imported_at(job),
        empty=_empty(job, found, plan, resource),
        headers=len(headers),
        unmatched=[text for text in headers if text not in _matched(whole, plan)],
        missing=missing,
        records=resource.verbose_name_plural,
    )
    return {
        "create": found.create,
        "update": found.update,
        "unchanged": found.unchanged,
        "conflict": found.conflict,
        "problem": problem,
        "skipped": sum(chunk.findings.get("skipped", 0) for chunk in chunks),
        "changed_columns": {
            name: found.changed_columns[name]
            for name in plan.columns
            if name in found.changed_columns
        },
        "missing": missing,
        "alarms": alarms(seen),
        "lacking": missing if plan.remove_missing else 0,
        "creates": related.sentences(found.new_related, resource),
    }


def _chunks(job: Job, part: int | None = None) -> Any:
    chunks = Chunk.objects.filter(job=job).order_by("number")
    return chunks if part is None else chunks.filter(part=part)


def _missing(found: Findings, plan: ImportPlan, resource: Resource) -> int:
    """Count the records that the file lacks: keys are unique, so each row meets one at most."""
    if plan.mode == CREATE:
        return 0
    using = router.db_for_write(resource.model)
    return max(0, resource.queryset().using(using).count() - found.met)


def _imported_at(job: Job) -> Any:
    """Return when the same file was imported before, unless that was undone."""
    same = Job.objects.filter(
        kind=JobKind.IMPORT,
        resource=job.resource,
        file_hash=job.file_hash,
        state=JobState.DONE,
    ).exclude(undos__state=JobState.DONE)
    if not job.file_hash:
        return None
    last = same.exclude(pk=job.pk).order_by("-finished_at").first()
    return last.finished_at if last else None


def _empty(
    job: Job, found: Findings, plan: ImportPlan, resource: Resource
) -> list[str]:
    """Return the labels of mapped columns without a value, read or not."""
    names = {
        plan.prefix + name: name for name in plan.columns if not found.filled.get(name)
    }
    if not found.filled:
        return []
    problems = job.problems.filter(column__in=list(names))
    bad = set(problems.values_list("column", flat=True))
    return [
        resource.column(name).label for key, name in names.items() if key not in bad
    ]


def columns_of(job: Job, plan: ImportPlan) -> list[str]:
    """Return the names of the mapped columns in the order of the file, then all others.

    A plan does not remember: a JSON column of PostgreSQL keeps no order of keys.
    """
    there = [plan.mapping[text] for text in _headers(job, plan) if text in plan.mapping]
    return list(dict.fromkeys([*there, *sorted(plan.columns)]))


def _headers(job: Job, plan: ImportPlan) -> list[str]:
    if not files.source_path(job).exists():
        return []
    sheets = files.peek_of(job).sheets
    sheet = next((one for one in sheets if one.name == plan.sheet), None)
    return [text for text in sheet.headers if text] if sheet else []


def _own_headers(job: Job, whole: ImportPlan, part: int) -> list[str]:
    """Return the headers of a part's sheet; none where it shares that of the parents."""
    plan = whole.all_parts[part]
    shares = part and plan.sheet == whole.sheet
    return [] if shares else _headers(job, plan)


def _matched(whole: ImportPlan, plan: ImportPlan) -> set[str]:
    """Return the headers of a plan's sheet that become something."""
    there = [one for one in whole.all_parts if one.sheet == plan.sheet]
    return {header for one in there for header in headers_of(one)}
