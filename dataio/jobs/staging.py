"""How the file of a job is staged: joins the pipeline's parts with the job's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
from django.utils import timezone

from dataio.columns import ParseContext
from dataio.conf import settings
from dataio.imports.duplicates import KeyIndex
from dataio.imports.family import role_of
from dataio.imports.fixes import Decision, Fixes
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.nested import Nest
from dataio.imports.parents import Parents
from dataio.imports.plan import ImportPlan
from dataio.imports.related import why_not
from dataio.imports.stage import StagedChunk, Staging, end_staging, stage
from dataio.jobs import files, ledger
from dataio.models import Chunk, Job
from dataio.progress.meter import Meter
from dataio.readers import APART, HERE, open_reader
from dataio.resources import Resource, registry


def staged_chunks(job: Job, plan: ImportPlan, meter: Meter) -> Iterator[StagedChunk]:
    """Yield each chunk of the file once it is checked and kept; parents before children.

    What another worker staged before it died is not staged again; its keys are remembered.
    """
    stagings = stagings_of(job, plan)
    noted = ledger.noted_numbers(job) if not plan.parts else ()
    after, done = 0, 0
    left = expected_rows(job, plan) if plan.parts else 0
    # Whoever died of the first attempt may have died of the parser.
    care = APART if job.attempt > 1 else HERE
    for sheet, parts in by_sheet(plan).items():
        first = stagings[parts[0]].plan
        left -= expected_rows(job, plan, sheet) if plan.parts else 0
        place = (sheet or None, first.header_row, first.header_rows)
        with closing(open_reader(files.source_path(job), *place, care)) as reader:
            chunks = stage(
                reader,
                [stagings[part] for part in parts],
                meter,
                apart=Nest(plan).apart if len(parts) > 1 else alone,
                after=after,
                others=done + left,
                done=noted,
            )
            for chunk in chunks:
                after = chunk.number
                yield chunk
        done = meter.current
    end_staging(meter)


def alone(raw: pd.DataFrame) -> list[pd.DataFrame]:
    """Take a sheet of one part apart: there is nothing to be done."""
    return [raw]


def by_sheet(plan: ImportPlan) -> dict[str, list[int]]:
    """Return the numbers of the parts by their sheet, in the order to read them."""
    found: dict[str, list[int]] = {}
    for number, part in enumerate(plan.all_parts):
        found.setdefault(part.sheet, []).append(number)
    return found


def expected_rows(job: Job, plan: ImportPlan, sheet: str | None = None) -> int:
    """Return how many rows the sheets of a plan have, or one of them, as far as is known."""
    wanted = by_sheet(plan) if sheet is None else [sheet]
    sheets = files.peek_of(job).sheets
    # A plan made by hand may leave the sheet open: it is the first.
    named = [one for one in sheets if one.name in wanted] or sheets[:1]
    return sum(one.expected_rows or 0 for one in named)


def known_rows(job: Job, plan: ImportPlan) -> int:
    """Return how many rows are staged; while the file is being read, as far as is known."""
    known = sum(Chunk.objects.filter(job=job).values_list("rows", flat=True))
    return known if job.staged else max(known, expected_rows(job, plan))


def stagings_of(job: Job, plan: ImportPlan) -> list[Staging]:
    """Return where the chunks of each part of a job go, and how they are checked."""
    decisions, lookups = decisions_of(job), DatabaseLookups()
    return [
        _staging(job, plan, part, _fixes(decisions, plan, part), lookups)
        for part in range(len(plan.all_parts))
    ]


def _staging(
    job: Job, whole: ImportPlan, part: int, fixes: Fixes, lookups: DatabaseLookups
) -> Staging:
    plan = whole.all_parts[part]
    resource = registry.get(plan.resource)
    context = ParseContext(
        lookups=lookups,
        timezone=timezone.get_current_timezone(),
        # A decision may come with a recipe of somebody who is permitted more.
        creating={
            name: names
            for name, names in fixes.created.items()
            if may_create(resource, name, job.owner)
        },
    )
    return Staging(
        plan=plan,
        resource=resource,
        context=context,
        keys=KeyIndex(files.keys_folder(job.pk, part)),
        chunk_path=partial(files.chunk_path, job.pk),
        rejected_path=partial(files.rejected_path, job.pk, version=0),
        chunk_rows=settings.DATAIO_CHUNK_ROWS,
        fixes=fixes,
        role=role_of(whole, part, context, Parents(files.parents_path(job.pk))),
        part=part,
    )


def _fixes(decisions: list[Decision], plan: ImportPlan, part: int) -> Fixes:
    """Return the decisions about a part, about columns as its own plan names them."""
    prefix = plan.all_parts[part].prefix
    return Fixes(
        replace(one, column=one.column.removeprefix(prefix))
        for one in decisions
        if plan.part_of(one.column) == part
    )


def may_create(resource: Resource, name: str, user: Any) -> bool:
    """Return whether missing related records of a column may be created by this person.

    `user`: None is the terminal, which may do all.
    """
    allowed = name in resource.create_missing and name in resource.columns
    return allowed and not why_not(resource.column(name), user)


def decisions_of(job: Job) -> list[Decision]:
    """Return what a person decided about the problems of a job, in that order."""
    names = ("column", "value", "action", "replacement", "row")
    return [Decision(**one) for one in job.fixes.values(*names)]
