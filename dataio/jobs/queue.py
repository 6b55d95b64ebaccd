"""Sending work to workers. The broker only carries: what it loses, `dataio.jobs.rescue` resends.

Short jobs have a queue of their own, where they wait behind no long ones.
"""

from __future__ import annotations

import logging
import uuid
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from dataio.conf import settings
from dataio.models import Job, JobKind, JobState, Mail

logger = logging.getLogger(__name__)

RUN_JOB = "dataio.tasks.run_job"
LOAD_CHUNK = "dataio.tasks.load_chunk"
COMPARE_CHUNK = "dataio.tasks.compare_chunk"
SEND_MAIL = "dataio.tasks.send_mail"


def short_jobs() -> Q:
    """Return which jobs are short. Whether one is never changes as long as it waits."""
    most = settings.DATAIO_SHORT_BYTES
    return Q(kind=JobKind.IMPORT, file_size__lte=most)


def is_short(job: Job) -> bool:
    """Whether a job is short."""
    return Job.objects.filter(short_jobs(), pk=job.pk).exists()


def enqueue(job_id: uuid.UUID) -> None:
    """Send a waiting job to the workers when this transaction is committed."""
    transaction.on_commit(partial(send, job_id))


def enqueue_chunk(job_id: uuid.UUID, number: int) -> None:
    """Send one staged chunk to be loaded when this transaction is committed."""
    transaction.on_commit(partial(_send, LOAD_CHUNK, str(job_id), number))


def enqueue_comparison(job_id: uuid.UUID, number: int) -> None:
    """Send one staged chunk to be compared when this transaction is committed."""
    transaction.on_commit(partial(_send, COMPARE_CHUNK, str(job_id), number))


def enqueue_mail(mail_id: int) -> None:
    """Send a mail of the outbox to the workers when this transaction is committed."""
    transaction.on_commit(partial(send_mail, mail_id))


def send_mail(mail_id: int) -> None:
    """Send a mail of the outbox to the workers now; what the broker loses is sent again."""
    if _send(SEND_MAIL, mail_id, short=True):
        Mail.objects.filter(pk=mail_id).update(touched_at=timezone.now())


def send(job_id: uuid.UUID) -> bool:
    """Send a waiting job now; return whether the broker took it.

    When it did not, the job is kept and sent again later.
    """
    short = Job.objects.filter(short_jobs(), pk=job_id).exists()
    sent = _send(RUN_JOB, str(job_id), short=short)
    if sent:
        waiting = Job.objects.filter(pk=job_id, state=JobState.WAITING)
        waiting.update(sent_at=timezone.now())
    return sent


def workers_seen(job: Job) -> bool:
    """Return whether any worker that takes jobs such as this one answers within a second."""
    usual = current_app.conf.task_default_queue
    wanted = (is_short(job) and settings.DATAIO_SHORT_QUEUE) or usual
    try:
        found = current_app.control.inspect(timeout=1.0).active_queues() or {}
    except (OperationalError, OSError):
        return False
    return any(one["name"] == wanted for taken in found.values() for one in taken)


def _send(task: str, *arguments: object, short: bool = False) -> bool:
    queue = settings.DATAIO_SHORT_QUEUE if short else ""
    options: dict[str, Any] = {"queue": queue} if queue else {}
    try:
        # With a result to expect, Celery would look for the result store first, for long.
        current_app.send_task(
            task,
            args=arguments,
            retry=False,
            ignore_result=True,
            **options,
        )
    except (OperationalError, OSError) as error:
        logger.warning(
            "The broker did not take %s: %s",
            task,
            error,
            extra={"action": "send_failed", "task": task},
        )
        return False
    return True
