"""Workers that die, are taken for dead, or are asked to stop: the job is done once, by another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dataio.exports.select import ExportPlan
from dataio.jobs import (
    exporting,
    files,
    intake,
    ledger,
    lifecycle,
    queue,
    rescue,
    runner,
    stopping,
    undoing,
)
from dataio.models import AuditAction, AuditEntry, Job, JobState
from project.shop.models import Category, Product
from tests.integration.test_import_job import NAMES, accepted, row, run

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 250


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", is_superuser=True)


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch) -> list[str]:
    """Categories, small chunks; returns the jobs whose messages were sent."""
    settings.DATAIO_CHUNK_ROWS = 100
    sent: list[str] = []
    # Nobody takes the message; the test runs the job itself.
    monkeypatch.setattr(queue, "send", lambda job_id: bool(sent.append(str(job_id))))
    for name in NAMES:
        Category.objects.create(name=name)
    return sent


@pytest.fixture
def stop() -> Iterator[Callable[[], None]]:
    yield stopping.ask
    stopping.let_go_on()


def imports(owner: User, **plan: object) -> Job:
    return accepted(owner, [row(number) for number in range(ROWS)], **plan)


def exports(owner: User) -> Job:
    run(imports(owner))
    plan = ExportPlan(resource="shop.product")
    return intake.create_export(owner, plan, "products.xlsx", send=False)


def undoes(owner: User) -> Job:
    return undoing.ask_undo(owner, run(imports(owner)))


def checks(owner: User) -> Job:
    return imports(owner, check_first=True)


def loads_all(owner: User) -> Job:
    return imports(owner, atomic=True)


KINDS = [imports, loads_all, checks, exports, undoes]
FIRST = {exports: "reading", undoes: "undoing", checks: "checking"}


def well(job: Job, kind: Callable[[User], Job]) -> None:
    """The job is done, all of it, once."""
    job.refresh_from_db()
    assert job.state == ("review" if kind is checks else "done"), job.error
    there = {checks: 0, undoes: 0}.get(kind, ROWS)
    assert Product.objects.count() == there
    if kind is checks:
        assert job.findings["create"] == ROWS
    elif kind is exports:
        with files.export_path(job).open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True)
            assert sum(1 for _row in book.active.iter_rows()) == ROWS + 1
    else:
        assert job.created == ROWS


def fall_silent(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(beat_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_whose_worker_died_is_given_to_another(alice, shop, kind):
    job = kind(alice)

    def die(reading) -> None:
        if reading.phase == FIRST.get(kind, "loading"):
            raise Killed

    with pytest.raises(Killed):
        runner.run_job(job.pk, die)
    shop.clear()
    rescue.rescue_jobs()
    job.refresh_from_db()
    assert job.state == JobState.RUNNING  # nobody has missed it yet
    fall_silent(job)
    rescue.rescue_jobs()
    job.refresh_from_db()
    if job.state == JobState.WAITING:
        assert shop == [str(job.pk)]
        runner.run_job(job.pk, lambda reading: None)
    else:  # only chunks are left, which are tasks of their own
        for number in job.chunks.values_list("number", flat=True):
            runner.load_chunk(job.pk, number)
    well(job, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_is_asked_to_stop_gives_its_job_back(alice, shop, stop, kind):
    job = kind(alice)
    shop.clear()
    runner.run_job(job.pk, lambda reading: stop())
    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.WAITING, 0)
    assert shop == [str(job.pk)]
    stopping.let_go_on()
    runner.run_job(job.pk, lambda reading: None)
    well(job, kind)


def test_a_process_that_is_ended_gives_its_job_back(alice, shop):
    job = imports(alice)

    def end(reading) -> None:
        if reading.phase == "loading":
            raise SystemExit

    with pytest.raises(SystemExit):
        runner.run_job(job.pk, end)
    job.refresh_from_db()
    assert job.state == JobState.WAITING
    runner.run_job(job.pk, lambda reading: None)
    well(job, imports)


# An export reads in one transaction, in which this process cannot be two workers.
@pytest.mark.parametrize("kind", [imports, loads_all, checks, undoes])
@pytest.mark.parametrize("fate", ["goes on", "fails"])
def test_a_worker_that_was_taken_for_dead_does_no_harm(alice, kind, fate):
    job = kind(alice)

    def be_late(reading) -> None:
        """Another worker takes the job over and does it, before this one goes on."""
        if reading.phase != FIRST.get(kind, "loading") or job.state == "taken":
            return
        current = Job.objects.get(pk=job.pk)
        job.state = "taken"
        assert lifecycle.give_back(job.pk, current.attempt)
        if fate == "fails":
            assert lifecycle.claim(job.pk)
            raise OSError("its files are gone")
        runner.run_job(job.pk, lambda reading: None)

    runner.run_job(job.pk, be_late)
    job.refresh_from_db()
    if fate == "fails":
        assert (job.state, job.attempt) == (JobState.RUNNING, 2)
        lifecycle.give_back(job.pk, 2)
        runner.run_job(job.pk, lambda reading: None)
    well(job, kind)


@pytest.mark.parametrize("fate", ["goes on", "has ended"])
def test_an_export_is_the_file_of_the_attempt_that_ends_it(alice, monkeypatch, fate):
    """The first worker was taken for dead when its file was all but there."""
    job = exports(alice)
    write = exporting.run_export

    def be_late(*arguments):
        written = write(*arguments)
        monkeypatch.setattr(exporting, "run_export", write)
        # Another number of rows, so that each file has another size.
        Product.objects.filter(pk__gt=Product.objects.first().pk).delete()
        assert lifecycle.give_back(job.pk, 1)
        if fate == "has ended":
            runner.run_job(job.pk, lambda reading: None)
        else:
            assert lifecycle.claim(job.pk)
        return written

    monkeypatch.setattr(exporting, "run_export", be_late)
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    if fate == "goes on":
        assert (job.state, files.export_path(job).exists()) == ("running", False)
        lifecycle.give_back(job.pk, 2)
        runner.run_job(job.pk, lambda reading: None)
        job.refresh_from_db()
    assert (job.state, job.rows) == ("done", 1)
    assert job.file_size == files.export_path(job).stat().st_size
    assert [path.name for path in files.folder(job.pk).iterdir()] == ["result"]


def test_of_two_that_load_all_or_nothing_one_ends_the_import(alice, monkeypatch):
    """One has read the file and begins to load when another has loaded all of it."""
    job = loads_all(alice)
    count = ledger.failed_rows

    def be_late(mine):
        monkeypatch.setattr(ledger, "failed_rows", count)
        assert lifecycle.give_back(job.pk, 1)
        runner.run_job(job.pk, lambda reading: None)
        return count(mine)

    monkeypatch.setattr(ledger, "failed_rows", be_late)
    runner.run_job(job.pk, lambda reading: None)
    ended_once(job, attempt=2)


def test_whoever_reads_finds_all_chunks_loaded_by_others(alice, monkeypatch):
    """The last chunk, which the reader keeps for itself, was sent again, and the job ended."""
    job = imports(alice)
    mark = lifecycle.mark_staged

    def be_late(mine):
        marked = mark(mine)
        for number in ledger.staged_numbers(mine):
            runner.load_chunk(job.pk, number)
        return marked

    monkeypatch.setattr(queue, "enqueue_chunk", runner.load_chunk)
    monkeypatch.setattr(lifecycle, "mark_staged", be_late)
    runner.run_job(job.pk)
    ended_once(job, attempt=1)


def ended_once(job: Job, attempt: int) -> None:
    well(job, imports)
    assert (job.rows, job.created, job.updated, job.failed) == (ROWS, ROWS, 0, 0)
    assert job.attempt == attempt
    ends = AuditEntry.objects.filter(job=job.pk, action=AuditAction.IMPORTED)
    assert ends.count() == 1
