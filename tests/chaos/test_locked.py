"""SQLite while another process holds the write lock: waited for, tried again, a clear end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from celery.exceptions import Retry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection

from dataio import tasks
from dataio.imports.matching import propose_plan
from dataio.jobs import files, intake, ledger, rescue
from dataio.models import Chunk, Job, JobState
from dataio.resources import registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 1_000
HOLD = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
file.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
file.execute("ROLLBACK")
"""


@contextmanager
def held() -> Iterator[subprocess.Popen[str]]:
    """Another process writes and does not end its transaction."""
    name = str(connection.settings_dict["NAME"])
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.communicate(timeout=60)


@pytest.fixture
def patience(settings) -> Iterator[None]:
    """Connections wait half a second for the lock, not twenty; the dead are missed soon."""
    settings.DATAIO_STALLED_SECONDS = 1
    settings.DATAIO_CHUNK_ROWS = 200
    options = connection.settings_dict["OPTIONS"]
    before = options["timeout"]
    connection.close()
    options["timeout"] = 0.5
    yield
    connection.close()
    options["timeout"] = before


@pytest.fixture
def job(patience: None) -> Job:
    Category.objects.create(name="Tools")
    lines = ["SKU,Name,Category,Price,Quantity,Created"]
    lines += [f"L-{number:04},Saw,Tools,2.50,3,2024-02-01" for number in range(ROWS)]
    upload = SimpleUploadedFile("products.csv", "\n".join(lines).encode())
    job = intake.receive_upload(User.objects.create_superuser("alice"), upload)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan)
    return job


def deliver(job: Job) -> None:
    """What a worker does with the messages of a job, once each."""
    tasks.run_job.apply(args=[str(job.pk)], throw=True)
    for number in job.chunks.filter(state="staged").values_list("number", flat=True):
        tasks.load_chunk.apply(args=[str(job.pk), number], throw=True)


def assert_whole(job: Job) -> None:
    """The rows in the database are those of the chunks that are marked as loaded."""
    marked = Chunk.objects.filter(job=job, state="loaded").values_list(
        "rows", flat=True
    )
    assert Product.objects.filter(sku__startswith="L-").count() == sum(marked)


def test_a_lock_that_is_let_go_in_time_is_waited_for(job: Job):
    connection.settings_dict["OPTIONS"]["timeout"] = 30
    connection.close()
    with held() as holder:
        threading.Timer(1.5, holder.kill).start()
        deliver(job)
    job.refresh_from_db()
    assert (job.state, job.created, job.tries) == (JobState.DONE, ROWS, 1)


def test_a_lock_that_is_held_for_longer_is_come_back_to(job: Job):
    with held(), pytest.raises(Retry):
        deliver(job)
    job.refresh_from_db()
    assert (job.state, Product.objects.count()) == (JobState.WAITING, 0)
    deliver(job)  # as Celery does, later and later
    job.refresh_from_db()
    assert (job.state, job.created) == (JobState.DONE, ROWS)


def test_a_lock_in_the_middle_leaves_whole_chunks_and_another_worker_goes_on(
    job: Job, monkeypatch
):
    recorded, lock = ledger.record_staged, ExitStack()

    def then_locked(job_id, chunk) -> None:
        if chunk.number == 3:
            lock.enter_context(held())
        recorded(job_id, chunk)

    monkeypatch.setattr(ledger, "record_staged", then_locked)
    with lock, pytest.raises(Retry):
        deliver(job)
    monkeypatch.undo()
    assert_whole(job)
    deadline = time.monotonic() + 60
    while not Job.objects.filter(pk=job.pk, state=JobState.DONE).exists():
        assert time.monotonic() < deadline, "nobody went on"
        rescue.rescue_jobs()
        deliver(job)
        assert_whole(job)
        time.sleep(0.2)
    job.refresh_from_db()
    assert (job.created, job.failed) == (ROWS, 0)


def test_a_database_that_refuses_each_chunk_ends_the_job_with_a_sentence(
    job: Job, monkeypatch
):
    def refuse(*_arguments: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("dataio.jobs.ledger.record_loaded", refuse)
    monkeypatch.setattr(tasks.Persistent, "max_retries", 0)
    for _try in range(10):
        with pytest.raises(OperationalError):
            deliver(job)
        job.refresh_from_db()
        if job.ended:
            break
    assert job.state == JobState.FAILED
    assert job.message.startswith("The database was busy or away each time")
    assert_whole(job)
    assert not Product.objects.exists()
