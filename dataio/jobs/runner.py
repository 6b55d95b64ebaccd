"""The one place that knows all parts: joins reader, columns, loader, meter and ledger for a job."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from dataio.behalf import on_behalf
from dataio.errors import Cancelled, DataioError
from dataio.jobs import (
    broadcast,
    comparing,
    exporting,
    importing,
    lifecycle,
    limits,
    marking,
    permitting,
    queue,
    stopping,
    troubles,
    turns,
    undoing,
)
from dataio.jobs.heartbeat import beating
from dataio.models import Job, JobKind, JobState
from dataio.progress.meter import Meter, Reading

logger = logging.getLogger(__name__)

Listener = Callable[[Reading], None]


def claim_next(ticket: uuid.UUID) -> Job | None:
    """Claim the waiting job whose turn it is; `ticket`: the job that a message names."""
    while (job_id := turns.next_job(ticket)) is not None:
        # None when somebody else was quicker: then the next one's turn has come.
        if job := lifecycle.claim(job_id):
            return job
    return None


def run_job(job_id: uuid.UUID, listener: Listener | None = None) -> None:
    """Run this waiting job, if nobody else does.

    `listener`: who is told of the progress besides the browsers, such as a bar in the terminal;
    with a listener everything is done in this process, without one chunks go to all workers.
    """
    if job := lifecycle.claim(job_id):
        run_claimed(job, listener)


def run_claimed(job: Job, listener: Listener | None = None) -> None:
    """Run a job that this process has claimed.

    A database that fails it leaves it to be claimed again, and raises what it raised.
    """
    try:
        with _ending(job), beating(job):
            _run(job, listener)
    except troubles.DATABASE_AWAY:
        troubles.let_go(job)
        raise


def _run(job: Job, listener: Listener | None) -> None:
    # Rights may have been taken between the click and now.
    permitting.require_job(job)
    meter = Meter(_both(broadcast.reporter(job), listener), lambda: stop_if_asked(job))
    if job.kind == JobKind.EXPORT:
        exporting.run(job, meter)
    elif job.kind == JobKind.UNDO:
        undoing.run(job, meter)
    elif job.kind == JobKind.MARK:
        marking.run(job, meter)
    else:
        importing.run(job, meter, here=listener is not None)


def load_chunk(job_id: uuid.UUID, number: int) -> None:
    """Load one staged chunk of a running import, if nobody else did."""
    _do_chunk(job_id, number, importing.load)


def compare_chunk(job_id: uuid.UUID, number: int) -> None:
    """Compare one staged chunk of a running check, if nobody else did."""
    _do_chunk(job_id, number, comparing.compare_for)


def _do_chunk(
    job_id: uuid.UUID, number: int, work: Callable[[Job, int, Meter], None]
) -> None:
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return
    with _ending(job), beating(job):
        work(job, number, Meter(broadcast.reporter(job)))


def stop_if_asked(job: Job) -> None:
    """Raise what ends the work here: cancelled, taken over, or this worker is to stop."""
    row = (
        Job.objects.filter(pk=job.pk)
        .values_list("cancel_asked", "state", "attempt")
        .first()
    )
    if row is None or row[0] or broadcast.is_asked_to_stop(job):
        raise Cancelled
    if row[1] != JobState.RUNNING or row[2] != job.attempt:
        raise _TakenOver
    if stopping.asked():
        raise _Stopping


class _TakenOver(Exception):
    """Another worker goes on with the job, because this one seemed to be dead."""


class _Stopping(Exception):
    """This worker was asked to stop, so that another one goes on with the job."""


@contextmanager
def _ending(job: Job) -> Iterator[None]:
    """Turn whatever the work raises into the end of the job: a sentence, never a traceback."""
    running = (JobState.RUNNING,)
    with translation.override(job.language), on_behalf(request_id=job.request_id):
        try:
            yield
        except _TakenOver:
            logger.info("Another worker goes on", extra={"action": "taken_over"})
        except _Stopping:
            _give_back(job)
        except SystemExit:
            # The process is ended with a task in it: see the soft shutdown in the settings.
            _give_back(job)
            raise
        except Cancelled:
            lifecycle.end(job.pk, running, JobState.CANCELLED, attempt=job.attempt)
        except DataioError as error:
            lifecycle.end(
                job.pk,
                running,
                JobState.FAILED,
                message=error.message,
                attempt=job.attempt,
            )
        except troubles.DATABASE_AWAY:
            raise  # Celery runs the task again
        except limits.LIMIT_ERRORS as error:
            logger.warning("A job was stopped", extra={"action": "job_stopped"})
            message = limits.sentence_for(error)
            lifecycle.end(
                job.pk,
                running,
                JobState.FAILED,
                message=message,
                attempt=job.attempt,
            )
        except Exception as error:
            logger.exception("A job failed", extra={"action": "job_failed"})
            trouble = troubles.storage_trouble(error)
            message = _("Something went wrong on our side. Nothing more was changed.")
            message = trouble.message if trouble else message
            lifecycle.end(
                job.pk,
                running,
                JobState.FAILED,
                message=message,
                error="".join(traceback.format_exception(error)),
                attempt=job.attempt,
            )


def _give_back(job: Job) -> None:
    """Let another worker go on now; what the broker does not take, `rescue` sends."""
    if lifecycle.give_back(job.pk, job.attempt):
        # Nothing went wrong: it is not counted among the tries.
        waiting = Job.objects.filter(pk=job.pk, state=JobState.WAITING)
        waiting.update(tries=F("tries") - 1)
        queue.send(job.pk)


def _both(first: Listener, second: Listener | None) -> Listener:
    if second is None:
        return first

    def tell(reading: Reading) -> None:
        first(reading)
        second(reading)

    return tell
