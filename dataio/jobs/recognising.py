"""Uploads that dataio made itself: templates and edited exports, checked without being mapped."""

from __future__ import annotations

from dataio.imports.recognise import recognise
from dataio.jobs import files, intake, resuming
from dataio.models import Job


def start_if_known(job: Job, *, send: bool = True) -> bool:
    """Check a draft at once when it is known what its columns mean; return whether it is.

    The job is told sentences on what was recognised either way.
    """
    if resuming.resume(job, send=send):
        return True
    found = recognise(files.peek_of(job))
    if found is None:
        return False
    job.notes = [*job.notes, *found.notes]
    job.save(update_fields=["notes"])
    if found.complete:
        intake.accept_import(job, found.plan, send=send)
    return found.complete
