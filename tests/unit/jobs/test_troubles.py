"""Jobs whose database or folder for files fails: tried again, then a clear end."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError

from dataio.conf import settings
from dataio.jobs import exporting, lifecycle, runner, troubles
from dataio.models import Job, JobKind, JobState

NO_ROOM = "There is no room left for files on the server"
NOT_USABLE = "The folder for files on the server cannot be used"


@pytest.fixture
def job(transactional_db: None) -> Job:
    plan = {"resource": "shop.product", "columns": ["sku"]}
    job = Job.objects.create(kind=JobKind.EXPORT, resource="shop.product", plan=plan)
    lifecycle.accept(job, JobState.DRAFT)
    return job


def fail_with(error: Exception, monkeypatch) -> None:
    def fails(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(exporting, "run", fails)


@pytest.mark.parametrize(
    "error", [OperationalError("deadlock"), InterfaceError("gone")]
)
def test_a_job_whose_database_fails_can_be_claimed_again_at_once(
    job: Job, error: Exception, monkeypatch
):
    fail_with(error, monkeypatch)
    with pytest.raises(type(error)):  # which is what Celery tries again for
        runner.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.WAITING, 1)
    assert job.sent_at is not None, "rescue would send a second message"


def test_the_last_try_ends_the_job_with_a_sentence(job: Job, monkeypatch):
    fail_with(OperationalError("deadlock"), monkeypatch)
    for _number in range(settings.DATAIO_MAX_ATTEMPTS + 2):
        with pytest.raises(OperationalError):
            runner.run_job(job.pk)
        job.refresh_from_db()
        if job.ended:
            break
    assert (job.state, job.tries) == (JobState.FAILED, settings.DATAIO_MAX_ATTEMPTS)
    assert job.message.startswith("The database was busy or away each time")


def test_every_step_has_its_own_tries(job: Job):
    Job.objects.filter(pk=job.pk).update(state=JobState.REVIEW, attempt=9, tries=5)
    lifecycle.accept(job, JobState.REVIEW)
    claimed = lifecycle.claim(job.pk)
    assert claimed is not None
    assert (claimed.attempt, claimed.tries) == (10, 1)


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_sqlite() -> sqlite3.OperationalError:
    """What SQLite raises where a file may not grow any more."""
    file = sqlite3.connect(":memory:")
    file.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError) as raised:
        file.execute("CREATE TABLE big (x)").execute("CREATE TABLE more (x)")
    file.close()
    return raised.value


@pytest.mark.parametrize("make", [full_disk, full_sqlite])
def test_a_full_disk_is_a_sentence(job: Job, make, monkeypatch):
    wrapped = RuntimeError("a library's own words")
    wrapped.__cause__ = make()
    fail_with(wrapped, monkeypatch)
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message.startswith(NO_ROOM)) == (JobState.FAILED, True)


def test_so_is_a_folder_that_is_gone(job: Job, settings, tmp_path: Path):
    settings.DATAIO_ROOT = tmp_path / "unmounted"
    settings.DATAIO_ROOT.write_text("where the folder was")
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message.startswith(NOT_USABLE)) == (JobState.FAILED, True)


def test_other_failures_are_not_blamed_on_the_disk(settings, tmp_path: Path):
    settings.DATAIO_ROOT = tmp_path
    assert troubles.storage_trouble(ValueError("x")) is None
    assert troubles.storage_trouble(FileNotFoundError(errno.ENOENT, "gone")) is None
