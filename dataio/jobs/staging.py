"""How the file of a job is staged: joins the pipeline's parts with the job's folder."""

from __future__ import annotations

from functools import partial

from django.utils import timezone

from dataio.columns import ParseContext
from dataio.conf import settings
from dataio.imports.duplicates import KeyIndex
from dataio.imports.fixes import Decision, Fixes
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan
from dataio.imports.stage import Staging
from dataio.jobs import files
from dataio.models import Job
from dataio.resources import registry


def staging_of(job: Job, plan: ImportPlan) -> Staging:
    """Return where the chunks of a job go, and how they are checked."""
    return Staging(
        plan=plan,
        resource=registry.get(plan.resource),
        context=ParseContext(
            lookups=DatabaseLookups(), timezone=timezone.get_current_timezone()
        ),
        keys=KeyIndex(files.keys_folder(job.pk)),
        chunk_path=partial(files.chunk_path, job.pk),
        rejected_path=partial(files.rejected_path, job.pk, version=0),
        chunk_rows=settings.DATAIO_CHUNK_ROWS,
        fixes=Fixes(decisions_of(job)),
    )


def decisions_of(job: Job) -> list[Decision]:
    """Return what a person decided about the problems of a job, in that order."""
    names = ("column", "value", "action", "replacement", "row")
    return [Decision(**one) for one in job.fixes.values(*names)]
