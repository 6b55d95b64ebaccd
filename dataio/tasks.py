"""Celery tasks, one line each: plain functions called with ids."""

from __future__ import annotations

import uuid
from typing import Any

from celery import Task, shared_task
from celery.utils.time import get_exponential_backoff_interval

from dataio.jobs import mailing, rescue, runner, schedules, troubles


class Persistent(Task[Any, Any]):
    """A task that is tried again when the database is restarted, deadlocked or locked.

    Slower and slower; when the tries are used up, `rescue` decides about the job.
    """

    autoretry_for = troubles.DATABASE_AWAY
    retry_backoff = 1
    retry_backoff_max = 30
    max_retries = 8
    # A worker that dies hands its task back this many seconds later.
    default_retry_delay = 5

    def again(self, error: Exception, *arguments: str) -> None:
        """Try again with these arguments, as late as the task itself would be."""
        pause = get_exponential_backoff_interval(
            self.retry_backoff,
            self.request.retries,
            self.retry_backoff_max,
            full_jitter=True,
        )
        raise self.retry(args=arguments, exc=error, countdown=pause)


@shared_task(name="dataio.tasks.run_job", base=Persistent, bind=True)
def run_job(self: Persistent, job_id: str) -> None:
    job = runner.claim_next(uuid.UUID(job_id))
    if job is None:
        return
    try:
        runner.run_claimed(job)
    except troubles.DATABASE_AWAY as error:
        self.again(error, str(job.pk))


class Loading(Persistent):
    """A chunk that the database refuses to the last try ends its job."""

    def on_failure(self, exc: Exception, *told: Any) -> None:
        _task_id, arguments, *_more = told
        troubles.give_up_after(exc, uuid.UUID(arguments[0]))


@shared_task(name="dataio.tasks.load_chunk", base=Loading)
def load_chunk(job_id: str, number: int) -> None:
    runner.load_chunk(uuid.UUID(job_id), number)


# A chunk that the database refuses to the last try is compared by whoever reads the file.
@shared_task(name="dataio.tasks.compare_chunk", base=Persistent)
def compare_chunk(job_id: str, number: int) -> None:
    runner.compare_chunk(uuid.UUID(job_id), number)


@shared_task(name="dataio.tasks.send_mail", base=Persistent, bind=True)
def send_mail(self: Task[Any, Any], mail_id: int) -> None:
    pause = mailing.send(mail_id)
    if pause is not None:
        raise self.retry(countdown=pause, max_retries=None)


@shared_task(name="dataio.tasks.run_schedule", base=Persistent)
def run_schedule(schedule_id: int) -> None:
    schedules.run_if_due(schedule_id)


@shared_task(name="dataio.tasks.rescue_jobs")
def rescue_jobs() -> None:
    rescue.rescue_jobs()


@shared_task(name="dataio.tasks.remove_old_files")
def remove_old_files() -> None:
    rescue.remove_old_files()
