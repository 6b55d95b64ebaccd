"""Celery tasks, one line each: plain functions called with ids."""

from __future__ import annotations

import uuid

from celery import shared_task
from django.db import OperationalError

from dataio.jobs import rescue, runner

# The database is restarted, deadlocked or locked: again, slower and slower. When the tries are
# used up, the task fails and `rescue` decides about the job.
AGAIN = {
    "autoretry_for": (OperationalError,),
    "retry_backoff": 1,
    "retry_backoff_max": 30,
    "max_retries": 8,
    "default_retry_delay": 5,
}


@shared_task(name="dataio.tasks.run_job", **AGAIN)
def run_job(job_id: str) -> None:
    runner.run_job(uuid.UUID(job_id))


@shared_task(name="dataio.tasks.load_chunk", **AGAIN)
def load_chunk(job_id: str, number: int) -> None:
    runner.load_chunk(uuid.UUID(job_id), number)


@shared_task(name="dataio.tasks.rescue_jobs")
def rescue_jobs() -> None:
    rescue.rescue_jobs()


@shared_task(name="dataio.tasks.remove_old_files")
def remove_old_files() -> None:
    rescue.remove_old_files()
