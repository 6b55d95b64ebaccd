"""An import that nobody looks at first is loaded while it is being read, by other workers."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from dataio.errors import UnreadableFile
from dataio.imports.matching import propose_plan
from dataio.jobs import files, importing, intake, lifecycle, queue, runner
from dataio.models import Chunk, ChunkState, Job, JobState, Problem
from dataio.resources import registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shop(settings):
    settings.DATAIO_CHUNK_ROWS = 100
    Category.objects.create(name="Tools")


def accepted(rows: int, *, price: object = 1.5, last: str = "") -> Job:
    """A job of so many rows; the price stands in row 52, and a key in the last."""
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Name", "Category", "Price"])
    for number in range(rows):
        cell = price if number == 50 else 1.5
        sku = last if last and number == rows - 1 else f"A-{number:05}"
        book.active.append([sku, f"Saw {number}", "Tools", cell])
    stream = io.BytesIO()
    book.save(stream)
    upload = SimpleUploadedFile("products.xlsx", stream.getvalue())
    job = intake.receive_upload(User.objects.create_user("alice"), upload)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan, send=False)
    return job


@pytest.fixture
def sent(monkeypatch):
    """Numbers of the chunks that were handed out, with how many were staged then."""
    found: list[tuple[int, int]] = []

    def note(job_id, number) -> None:
        found.append((number, Chunk.objects.filter(job=job_id).count()))

    monkeypatch.setattr(queue, "enqueue_chunk", note)
    return found


@pytest.fixture
def another_worker(monkeypatch):
    """Loads each chunk at the moment it is handed out; returns what it saw of the job."""
    seen: list[tuple[bool, int]] = []

    def load(job_id, number) -> None:
        runner.load_chunk(job_id, number)
        seen.append((Job.objects.get(pk=job_id).staged, Product.objects.count()))

    monkeypatch.setattr(queue, "enqueue_chunk", load)
    return seen


def run(job: Job) -> Job:
    runner.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_chunks_are_loaded_while_the_file_is_read(another_worker):
    job = run(accepted(450, price="dear"))
    assert another_worker == [(False, 99), (False, 199), (False, 299), (False, 399)]
    assert (job.state, job.rows, job.created, job.failed) == ("done", 450, 449, 1)
    assert Problem.objects.get(job=job).row == 52


def test_a_short_file_is_loaded_by_the_worker_that_read_it(sent):
    job = run(accepted(100))
    assert (job.state, job.created, sent) == ("done", 100, [])


def test_the_last_chunk_ends_the_job_whoever_loads_it(sent):
    job = run(accepted(250))
    assert sent == [(1, 2), (2, 3)]
    assert (job.state, job.staged, Product.objects.count()) == ("running", True, 50)
    for number, _staged in [*sent, *sent]:
        runner.load_chunk(job.pk, number)
    job.refresh_from_db()
    assert (job.state, job.created) == ("done", 250)


def test_a_chunk_that_is_handed_out_twice_is_loaded_once(sent):
    job = run(accepted(250))
    for number in (1, 1):
        runner.load_chunk(job.pk, number)
    job.refresh_from_db()
    loaded = Chunk.objects.filter(job=job, state=ChunkState.LOADED)
    assert list(loaded.values_list("number", "created")) == [(1, 100), (3, 50)]
    assert (job.state, job.message, Product.objects.count()) == ("running", "", 150)


class Killed(BaseException):
    """The process is gone."""


def test_another_worker_hands_out_again_what_was_lost(monkeypatch):
    job = accepted(450, price="dear")

    def die(_job_id, number) -> None:
        if number == 1:
            runner.load_chunk(job.pk, 1)
        if number == 3:  # the message of 2 is lost
            raise Killed

    monkeypatch.setattr(queue, "enqueue_chunk", die)
    with pytest.raises(Killed):
        runner.run_job(job.pk)
    states = list(Chunk.objects.filter(job=job).values_list("number", "state"))
    assert states == [(1, "loaded"), (2, "staged"), (3, "staged"), (4, "staged")]
    assert lifecycle.give_back(job.pk, 1)
    sent: list[int] = []
    monkeypatch.setattr(
        queue, "enqueue_chunk", lambda _job, number: sent.append(number)
    )
    job = run(job)
    assert (job.state, sent) == ("running", [2, 3, 4])
    for number in sent:
        runner.load_chunk(job.pk, number)
    job.refresh_from_db()
    assert (job.state, job.rows, job.created, job.failed) == ("done", 450, 449, 1)
    assert Product.objects.count() == 449
    assert not files.chunk_path(job.pk, 1).parent.exists()


def test_a_key_that_stood_before_the_death_is_still_known(monkeypatch):
    job = accepted(250, last="A-00007")

    def die(_job_id, _number) -> None:
        raise Killed

    monkeypatch.setattr(queue, "enqueue_chunk", die)
    with pytest.raises(Killed):
        runner.run_job(job.pk)
    assert lifecycle.give_back(job.pk, 1)
    monkeypatch.setattr(queue, "enqueue_chunk", runner.load_chunk)
    job = run(job)
    assert (job.state, job.created, job.failed) == ("done", 249, 1)
    assert Problem.objects.get(job=job).message == (
        '"A-00007" stands in row 9 too. Each may stand in the file once.'
    )


def test_a_cancel_stops_the_reading_and_leaves_no_files(monkeypatch):
    job = accepted(450)

    def load(job_id, number) -> None:
        runner.load_chunk(job_id, number)
        if number == 2:
            lifecycle.cancel(job)

    monkeypatch.setattr(queue, "enqueue_chunk", load)
    job = run(job)
    assert (job.state, job.created, Product.objects.count()) == ("cancelled", 200, 200)
    assert not files.chunk_path(job.pk, 1).parent.exists()


def test_a_file_damaged_further_down_says_that_rows_were_imported(
    monkeypatch, another_worker
):
    whole = importing.staged_chunks

    def damaged(*args):
        for chunk in whole(*args):
            if chunk.number == 3:
                raise UnreadableFile("Damaged after row 201.")
            yield chunk

    monkeypatch.setattr(importing, "staged_chunks", damaged)
    job = run(accepted(450))
    assert (job.state, job.created, Product.objects.count()) == ("failed", 100, 100)
    assert job.message == (
        "Damaged after row 201. Rows further up were imported; the numbers say how many."
    )
    assert Chunk.objects.filter(job=job, state=ChunkState.STAGED).count() == 1


def test_all_or_nothing_hands_out_nothing(sent):
    job = accepted(250)
    Job.objects.filter(pk=job.pk).update(plan=job.plan | {"atomic": True})
    job = run(job)
    assert (job.state, job.created, sent) == (JobState.DONE, 250, [])
