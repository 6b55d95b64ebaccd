"""A check whose chunks are compared by other workers while one goes on reading."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from dataio.imports.plan import UPDATE
from dataio.jobs import (
    comparing,
    files,
    ledger,
    lifecycle,
    queue,
    runner,
)
from dataio.models import Chunk, Job, JobState, JobStep, Problem
from project.shop.models import Category
from tests.integration.test_import_job import NAMES, accepted, row

pytestmark = pytest.mark.django_db(transaction=True)

FOUND = {"create": 0, "update": 20, "unchanged": 179, "conflict": 50, "problem": 1}


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", is_superuser=True)


@pytest.fixture(autouse=True)
def shop(settings):
    settings.DATAIO_CHUNK_ROWS = 50
    settings.DATAIO_SHORT_BYTES = 0  # nothing is short
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    for name in NAMES:
        Category.objects.create(name=name)


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """Numbers of the chunks that were handed out."""
    found: list[int] = []
    note = lambda _job, number: found.append(number)  # noqa: E731
    monkeypatch.setattr(queue, "enqueue_comparison", note)
    return found


@pytest.fixture
def job(alice, sent) -> Job:
    """A check of 250 rows in five chunks: 200 are stored, 20 differ, one is bad, 50 are new."""
    stored = accepted(alice, [row(number) for number in range(200)])
    with override_settings(DATAIO_CHUNK_ROWS=1000):
        runner.run_job(stored.pk, lambda reading: None)
    rows = [row(number) for number in range(250)]
    for number in range(0, 200, 10):
        rows[number] = row(number, Name="New name")
    rows[55] = row(55, Price="dear")
    return accepted(alice, rows, check_first=True, mode=UPDATE)


def by_another(monkeypatch) -> None:
    """Compare each chunk at the moment it is handed out, as a worker that is free does."""
    monkeypatch.setattr(queue, "enqueue_comparison", runner.compare_chunk)


def everything(job: Job) -> tuple[object, ...]:
    """All that a check leaves: findings, totals, problems, and each chunk's changes."""
    job.refresh_from_db()
    assert (job.state, job.step) == (JobState.REVIEW, JobStep.CHECK), job.error
    chunks = list(Chunk.objects.filter(job=job).order_by("number"))
    files_ = [files.changes_path(job.pk, chunk.number) for chunk in chunks]
    assert not list(files_[0].parent.glob("*.part"))
    problems = Problem.objects.filter(job=job).order_by("row", "column")
    return (
        job.findings,
        job.totals,
        [problem.as_data() for problem in problems],
        [(chunk.findings, chunk.rows, chunk.starts) for chunk in chunks],
        [pq.read_table(path).to_pydict() for path in files_],
    )


def again(job: Job) -> None:
    """Check the same file once more, from the beginning."""
    lifecycle.check_anew(job)


def test_a_check_among_workers_finds_what_one_process_finds(job, monkeypatch):
    runner.run_job(job.pk, lambda reading: None)
    alone = everything(job)
    assert {name: job.findings[name] for name in FOUND} == FOUND
    again(job)
    by_another(monkeypatch)
    runner.run_job(job.pk)
    assert everything(job) == alone


def test_the_newest_chunk_is_kept_and_those_that_nobody_took_are_compared_here(
    job, sent
):
    runner.run_job(job.pk)
    assert sent == [1, 2, 3, 4]
    assert everything(job)[0]["conflict"] == 50


def test_a_short_file_is_checked_by_the_worker_that_reads_it(job, sent, settings):
    settings.DATAIO_SHORT_BYTES = 1024 * 1024
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, sent) == ("review", [])


def test_a_chunk_that_two_workers_compare_at_once_counts_once(job, monkeypatch):
    by_another(monkeypatch)
    real, inside = comparing.compare_chunk, []

    def twice(frame, *more):
        found = real(frame, *more)
        if not inside:
            inside.append(True)
            # The message was delivered twice: the other one is quicker.
            later = Chunk.objects.filter(job=job, last_row__gte=frame.index[-1])
            runner.compare_chunk(job.pk, later.earliest("number").number)
            inside.clear()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(comparing, "compare_chunk", twice)
        runner.run_job(job.pk)
    found = everything(job)
    runner.compare_chunk(job.pk, 1)  # a message that comes late
    assert everything(job) == found
    again(job)
    runner.run_job(job.pk, lambda reading: None)
    assert everything(job)[:3] == found[:3]


def test_a_chunk_whose_worker_died_is_compared_by_the_one_that_reads(job, monkeypatch):
    real = comparing.compare_chunk

    def hand_out(job_id, number) -> None:
        if number != 2:
            runner.compare_chunk(job_id, number)
            return
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(comparing, "compare_chunk", _dies)
            runner.compare_chunk(job_id, number)
        assert comparing.compare_chunk is real
        assert Chunk.objects.get(job=job, number=2).starts == 1

    monkeypatch.setattr(queue, "enqueue_comparison", hand_out)
    runner.run_job(job.pk)
    assert everything(job)[0]["update"] == 20
    assert Chunk.objects.get(job=job, number=2).starts == 0


def test_the_worker_that_read_died_and_another_hands_out_what_is_left(
    job, sent, monkeypatch
):
    def die(job_id, number) -> None:
        if number == 3:
            raise Killed
        if number == 1:  # the message of 2 is lost
            runner.compare_chunk(job_id, number)

    monkeypatch.setattr(queue, "enqueue_comparison", die)
    with pytest.raises(Killed):
        runner.run_job(job.pk)
    assert ledger.uncompared_numbers(job) == [2, 3, 4]
    assert lifecycle.give_back(job.pk, Job.objects.get(pk=job.pk).attempt)
    monkeypatch.setattr(
        queue, "enqueue_comparison", lambda _job, number: sent.append(number)
    )
    runner.run_job(job.pk)
    assert sent == [2, 3, 4]
    assert everything(job)[0]["unchanged"] == 179


def test_a_chunk_that_kills_every_worker_ends_the_check(job, monkeypatch, settings):
    settings.DATAIO_MAX_ATTEMPTS = 3

    def hand_out(job_id, number) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(comparing, "compare_chunk", _dies)
            for _death in range(3):
                with pytest.raises(Killed):
                    runner.compare_chunk(job_id, number)
            runner.compare_chunk(job_id, number)

    monkeypatch.setattr(queue, "enqueue_comparison", hand_out)
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.message == "The work was interrupted 3 times and was given up."


def test_a_cancel_stops_whoever_compares_and_leaves_no_files(job, monkeypatch):
    done: list[int] = []

    def hand_out(job_id, number) -> None:
        if number == 3:
            lifecycle.cancel(job)
        runner.compare_chunk(job_id, number)
        done.extend(
            one
            for one in Chunk.objects.filter(job=job).values_list("number", flat=True)
            if ledger.COMPARED in Chunk.objects.get(job=job, number=one).findings
        )

    monkeypatch.setattr(queue, "enqueue_comparison", hand_out)
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, sorted(set(done))) == ("cancelled", [1, 2])
    assert not files.chunk_path(job.pk, 1).parent.exists()


def test_a_message_that_comes_when_the_job_loads_does_nothing(job, sent):
    runner.run_job(job.pk)
    lifecycle.accept_review(job)
    assert lifecycle.claim(job.pk)
    runner.compare_chunk(job.pk, 1)
    job.refresh_from_db()
    assert (job.state, job.step) == ("running", "load")


def _dies(*_: object) -> None:
    raise Killed
