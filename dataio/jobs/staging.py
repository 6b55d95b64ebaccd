"""How the file of a job is staged: joins the pipeline's parts with the job's folder."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils import timezone

from dataio.columns import ParseContext
from dataio.conf import settings
from dataio.imports.duplicates import KeyIndex
from dataio.imports.fixes import Decision, Fixes
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan
from dataio.imports.related import why_not
from dataio.imports.stage import Staging
from dataio.jobs import files
from dataio.models import Job
from dataio.resources import Resource, registry


def staging_of(job: Job, plan: ImportPlan) -> Staging:
    """Return where the chunks of a job go, and how they are checked."""
    resource, fixes = registry.get(plan.resource), Fixes(decisions_of(job))
    return Staging(
        plan=plan,
        resource=resource,
        context=ParseContext(
            lookups=DatabaseLookups(),
            timezone=timezone.get_current_timezone(),
            # A decision may come with a recipe of somebody who is permitted more.
            creating={
                name: names
                for name, names in fixes.created.items()
                if may_create(resource, name, job.owner)
            },
        ),
        keys=KeyIndex(files.keys_folder(job.pk)),
        chunk_path=partial(files.chunk_path, job.pk),
        rejected_path=partial(files.rejected_path, job.pk, version=0),
        chunk_rows=settings.DATAIO_CHUNK_ROWS,
        fixes=fixes,
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
