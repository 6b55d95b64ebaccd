"""Signs of life: while a process works on a job, its row says so every few seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from django.db import DatabaseError, connection
from django.utils import timezone

from dataio.conf import settings
from dataio.models import Job, JobState
from dataio.progress import store

logger = logging.getLogger(__name__)

MISSED = 5
"""Signs that may be missed in a row before DATAIO_STALLED_SECONDS have passed."""


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """Write signs of life from a thread of its own, which a long transaction does not hold up.

    It ends with the process, so that a job whose worker was killed falls silent at once.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(job, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(job: Job, stop: threading.Event) -> None:
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
    try:
        while not stop.wait(settings.DATAIO_STALLED_SECONDS / MISSED):
            _tell(job)
            try:
                mine.update(beat_at=timezone.now())
            except DatabaseError:
                logger.debug("No sign of life could be written", exc_info=True)
    finally:
        connection.close()


def _tell(job: Job) -> None:
    """Tell Redis first: SQLite has one writer, and may keep the row waiting for long."""
    try:
        store.note_life(str(job.pk))
    except redis.RedisError:
        logger.debug("No sign of life could be told", exc_info=True)
