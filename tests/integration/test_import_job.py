"""An import job from upload to its end, in this process, on the test database."""

from __future__ import annotations

import datetime as dt
import io
from contextlib import suppress
from decimal import Decimal

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from dataio.errors import DataioError, UnreadableFile, WrongState
from dataio.imports.matching import propose_plan
from dataio.jobs import files, importing, intake, lifecycle, runner
from dataio.models import Chunk, Job, JobState, Problem
from dataio.resources import registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ["SKU", "Name", "Category", "Price", "Quantity", "Created", "Notes"]
NAMES = ["Tools", "Toys", "Food"]


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings):
    settings.DATAIO_CHUNK_ROWS = 100
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    for name in NAMES:
        Category.objects.create(name=name)


def row(number, **changes):
    values = {
        "SKU": f"A-{number:05}",
        "Name": f"Dụng cụ số {number}",
        "Category": NAMES[number % 3],
        "Price": number + 0.25,
        "Quantity": number,
        "Created": dt.date(2024, 2, 1) + dt.timedelta(days=number),
        "Notes": f"=1+{number}" if number % 2 else None,
    } | changes
    return [values[name] for name in HEADER]


def workbook(rows):
    book = openpyxl.Workbook()
    for cells in [HEADER, *rows]:
        book.active.append(cells)
    for line in book.active.iter_rows(min_row=2):
        line[-1].data_type = "s" if line[-1].value else "n"
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile("products.xlsx", stream.getvalue())


def accepted(owner, rows, **changes) -> Job:
    job = intake.receive_upload(owner, workbook(rows))
    sheet = files.peek_of(job).sheets[0]
    plan = propose_plan(sheet, registry.get("product")).with_changes(**changes)
    intake.accept_import(job, plan, send=False)
    return job


def run(job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def test_every_value_of_the_file_is_in_the_database(alice):
    job = run(accepted(alice, [row(number) for number in range(250)]))
    assert (job.state, job.rows, job.created, job.failed) == ("done", 250, 250, 0)
    assert [chunk.rows for chunk in Chunk.objects.filter(job=job)] == [100, 100, 50]
    stored = Product.objects.order_by("sku").values_list(
        "sku", "name", "category__name", "price", "quantity", "created", "notes"
    )
    assert list(stored) == [
        (
            f"A-{number:05}",
            f"Dụng cụ số {number}",
            NAMES[number % 3],
            Decimal(number) + Decimal("0.25"),
            number,
            dt.date(2024, 2, 1) + dt.timedelta(days=number),
            f"=1+{number}" if number % 2 else "",
        )
        for number in range(250)
    ]


def test_the_same_file_again_changes_nothing(alice):
    rows = [row(number) for number in range(150)]
    run(accepted(alice, rows))
    stamps = list(Product.objects.order_by("sku").values_list("pk", "updated_at"))
    job = run(accepted(alice, rows))
    assert (job.created, job.updated, job.unchanged) == (0, 0, 150)
    assert (
        list(Product.objects.order_by("sku").values_list("pk", "updated_at")) == stamps
    )


def test_good_rows_go_in_and_bad_rows_are_listed(alice):
    rows = [row(number) for number in range(250)]
    rows[3] = row(3, Price="12,5o")
    rows[130] = row(130, Category="Tolls", Quantity="many")
    job = run(accepted(alice, rows))
    assert (job.state, job.rows, job.created, job.failed) == ("done", 250, 248, 2)
    assert job.problem_count == 3
    problems = Problem.objects.filter(job=job).values_list(
        "row", "column", "code", "value", "message"
    )
    assert list(problems) == [
        (
            5,
            "price",
            "not_a_number",
            "12,5o",
            '"12,5o" is not a number. Write it like 12.50.',
        ),
        (
            132,
            "category",
            "not_found",
            "Tolls",
            'There is no category "Tolls". Did you mean "Tools"?',
        ),
        (
            132,
            "quantity",
            "not_a_number",
            "many",
            '"many" is not a number. Write it like 12.',
        ),
    ]


def test_all_or_nothing_leaves_nothing_but_lists_the_problems(alice):
    rows = [row(number) for number in range(250)]
    rows[240] = row(240, Price=-1)
    job = run(accepted(alice, rows, atomic=True))
    assert (job.state, job.created, job.failed) == ("failed", 0, 1)
    assert job.message == (
        "Nothing was imported: 1 row has a problem, and all or nothing was chosen."
    )
    assert Product.objects.count() == 0
    assert Problem.objects.filter(job=job).count() == 1


def test_all_or_nothing_takes_back_rows_that_the_database_refused(alice):
    run(accepted(alice, [row(240)]))
    rows = [row(number) for number in range(250)]
    job = run(accepted(alice, rows, atomic=True, mode="create"))
    assert (job.state, job.created, job.failed) == ("failed", 0, 1)
    assert Product.objects.count() == 1
    assert Problem.objects.get(job=job).row == 242


def test_all_or_nothing_loads_all_when_all_is_well(alice):
    job = run(accepted(alice, [row(number) for number in range(250)], atomic=True))
    assert (job.state, job.created) == ("done", 250)
    assert Product.objects.count() == 250


def test_a_key_that_stands_twice_in_the_file_is_named_across_chunks(alice):
    rows = [row(number) for number in range(250)]
    rows[201] = row(7)
    job = run(accepted(alice, rows))
    assert (job.created, job.failed) == (249, 1)
    problem = Problem.objects.get(job=job)
    assert (problem.row, problem.column, problem.code) == (203, "sku", "duplicate")
    assert problem.message == (
        '"A-00007" stands in row 9 too. Each may stand in the file once.'
    )


def test_a_second_delivery_does_nothing(alice):
    job = run(accepted(alice, [row(number) for number in range(250)]))
    for number in (1, 2, 3):
        runner.load_chunk(job.pk, number)
    again = run(job)
    assert (again.state, again.created, again.attempt) == ("done", 250, 1)
    assert Product.objects.count() == 250


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("phase", ["reading", "checking", "loading"])
@pytest.mark.parametrize("atomic", [False, True])
def test_another_worker_goes_on_where_the_first_was_killed(alice, phase, atomic):
    job = accepted(alice, [row(number) for number in range(250)], atomic=atomic)

    def die(reading) -> None:
        if reading.phase == phase and reading.final | (phase == "loading"):
            raise Killed

    with pytest.raises(Killed):
        runner.run_job(job.pk, die)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    assert lifecycle.give_back(job.pk, job.attempt)
    job = run(job)
    assert (job.state, job.rows, job.created, job.failed) == ("done", 250, 250, 0)
    assert Product.objects.count() == 250


def test_a_chunk_of_which_every_worker_dies_is_not_sent_for_ever(
    alice, monkeypatch, settings
):
    settings.DATAIO_MAX_ATTEMPTS = 3
    job = accepted(alice, [row(number) for number in range(250)])
    real, deaths = importing.load_chunk, []

    def deadly(frame, *plan, **choices):
        if 102 in frame.index:
            deaths.append(1)
            raise Killed
        return real(frame, *plan, **choices)

    monkeypatch.setattr(importing, "load_chunk", deadly)
    with pytest.raises(Killed):
        runner.run_job(job.pk, lambda reading: None)
    for _message in range(5):  # rescue sends it again each time
        with suppress(Killed):
            runner.load_chunk(job.pk, 2)
    job.refresh_from_db()
    assert len(deaths) == 3
    assert (job.state, job.created) == (JobState.FAILED, 100)
    assert job.message.startswith("The work was interrupted 3 times and was given up.")
    assert Product.objects.count() == 100


def test_a_running_job_stops_at_the_next_chunk_when_asked(alice):
    job = accepted(alice, [row(number) for number in range(250)])

    def ask(reading) -> None:
        if reading.phase == "loading":
            lifecycle.cancel(job)

    runner.run_job(job.pk, ask)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert Product.objects.count() == job.created
    assert job.created % 100 == 0


def test_a_waiting_job_is_cancelled_at_once(alice):
    job = accepted(alice, [row(1)])
    lifecycle.cancel(job)
    assert run(job).state == JobState.CANCELLED
    assert Product.objects.count() == 0


def test_an_import_is_started_once(alice):
    job = accepted(alice, [row(1)])
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    with pytest.raises(WrongState):
        intake.accept_import(job, plan)


def test_a_plan_without_a_required_column_is_refused(alice):
    job = intake.receive_upload(alice, workbook([row(1)]))
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    mapping = {h: name for h, name in plan.mapping.items() if name != "price"}
    with pytest.raises(DataioError, match="Price"):
        intake.accept_import(job, plan.with_changes(mapping=mapping))
    job.refresh_from_db()
    assert job.state == JobState.DRAFT


def test_a_refused_upload_leaves_nothing(alice, job_folder):
    with pytest.raises(UnreadableFile):
        intake.receive_upload(alice, SimpleUploadedFile("a.xlsx", b"PK\x03\x04rest"))
    assert Job.objects.count() == 0
    assert [path.name for path in job_folder.iterdir()] == ["incoming"]


def test_staged_chunks_are_gone_at_the_end(alice):
    job = run(accepted(alice, [row(number) for number in range(250)]))
    left = sorted(path.name for path in files.folder(job.pk).iterdir())
    assert left == ["source", "undo"]
