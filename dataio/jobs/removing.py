"""Removing what a file lacks: the last step of an import that asks for it, done once."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.errors import DataioError, WrongState
from dataio.imports.loaders.lacking import Keep, Removed, remove_lacking
from dataio.imports.plan import ImportPlan
from dataio.imports.stage import read_chunk
from dataio.jobs import files, keeping, ledger
from dataio.jobs.keeping import REMOVED
from dataio.models import Chunk, ChunkState, Job, JobState
from dataio.resources import Resource, registry


def decide_removal(job: Job, *, remove: bool, anyway: bool = False) -> None:
    """Note on the review page whether the records that the file lacks are removed.

    `anyway`: also when rows of the file have problems.
    Raises WrongState when the job is not (any more) to be looked at.
    """
    with transaction.atomic():
        asked = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.REVIEW)
        current = asked.first()
        if current is None:
            raise WrongState(_("This import has been started already."))
        plan = ImportPlan.from_data(current.plan).with_changes(
            remove_missing=remove, remove_anyway=anyway
        )
        asked.update(plan=plan.as_data())
    job.refresh_from_db()


def remove_if_loaded(job: Job, plan: ImportPlan) -> bool:
    """Remove what the file lacks, when the last chunk is loaded and nobody else did.

    Returns whether the job may end: False while a chunk is left, whose worker comes here later.
    """
    if not plan.remove_missing:
        return True
    with transaction.atomic():
        # The update keeps a second worker waiting here until this one has committed.
        mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, staged=True)
        if not mine.update(staged=F("staged")):
            return False
        current = mine.get()
        chunks = Chunk.objects.filter(job=job)
        left = chunks.filter(state=ChunkState.STAGED).exists()
        if left or current.cancel_asked:
            return not left
        if REMOVED not in current.findings:
            removed, said = _removed(current, plan)
            current.findings[REMOVED] = removed.count
            current.notes = [*current.notes, *said]
            current.save(update_fields=["findings", "notes"])
    return True


def _removed(job: Job, plan: ImportPlan) -> tuple[Removed, list[str]]:
    failed = ledger.failed_rows(job)
    if failed and not plan.remove_anyway:
        text = ngettext(
            "Nothing was removed: %(rows)s row has a problem, and it may mean a record that "
            "would have been removed.",
            "Nothing was removed: %(rows)s rows have problems, and they may mean records that "
            "would have been removed.",
            failed,
        )
        return Removed(), [text % {"rows": f"{failed:,}"}]
    resource = registry.get(plan.resource)
    numbers = Chunk.objects.filter(job=job).order_by("number")
    paths = [files.chunk_path(job.pk, chunk.number) for chunk in numbers]
    frames = (read_chunk(path) for path in paths if path.exists())
    try:
        removed = remove_lacking(frames, plan, resource, _keep(job, resource))
    except DataioError as error:
        return Removed(), [error.message]
    return removed, _sentences(removed, resource.verbose_name_plural)


def _keep(job: Job, resource: Resource) -> Keep | None:
    if not keeping.can_undo(resource):
        return None
    return keeping.RemovedKeeper(job.pk).keep


def _sentences(removed: Removed, things: str) -> list[str]:
    said = []
    if removed.count:
        text = ngettext(
            "%(count)s of the %(things)s was removed, since the file lacks it.",
            "%(count)s of the %(things)s were removed, since the file lacks them.",
            removed.count,
        )
        said.append(text % {"count": f"{removed.count:,}", "things": things})
    if removed.kept:
        text = ngettext(
            "%(count)s of the %(things)s that the file lacks is still used by others, so it is "
            "left: %(names)s.",
            "%(count)s of the %(things)s that the file lacks are still used by others, so they "
            "are left: %(names)s.",
            removed.kept,
        )
        names = ", ".join(removed.names[:10]) + (", …" if removed.kept > 10 else "")
        counted = {"count": f"{removed.kept:,}", "things": things, "names": names}
        said.append(text % counted)
    for words, tied in removed.tied.items():
        text = _(
            "Some %(things)s that the file lacks are left, since the %(words)s that would go "
            "with them could not be brought back: %(names)s."
        )
        names = ", ".join(tied[:10]) + (", …" if len(tied) > 10 else "")
        said.append(text % {"things": things, "words": words, "names": names})
    return said
