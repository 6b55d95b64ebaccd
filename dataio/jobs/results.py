"""The file that a job makes: the one of the attempt that ends the job, and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from dataio.jobs import files, lifecycle
from dataio.models import Job, JobState


def path_of_attempt(job: Job) -> Path:
    """Return where this attempt writes, away from what another one may be writing."""
    final = files.export_path(job)
    final.parent.mkdir(parents=True, exist_ok=True)
    return final.with_name(f"{final.name}-{job.attempt}")


def deliver(job: Job, made: Path, **facts: Any) -> bool:
    """End the job with the file that this attempt made, and with its size; True when that is so.

    False, and the file is dropped, when the job was taken over: the one that goes on, or has
    ended it, tells of its own file.
    """
    facts["file_size"] = made.stat().st_size
    running = (JobState.RUNNING,)
    # The row is locked by its update, so the file is in place before anybody is told.
    with transaction.atomic():
        ended = lifecycle.end(
            job.pk, running, JobState.DONE, attempt=job.attempt, **facts
        )
        if ended:
            made.replace(files.export_path(job))
    if not ended:
        made.unlink()
    return ended
