"""A disk that is full, or not there: a clear end, no partial files, and it can be done again.

The kernel itself refuses to let files grow: RLIMIT_FSIZE stands in for a full disk, so that
nobody has to mount one.
"""

from __future__ import annotations

import io
import resource
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from dataio.exports.select import ExportPlan
from dataio.imports.matching import propose_plan
from dataio.jobs import again, files, intake, lifecycle, runner
from dataio.models import Job, JobState
from dataio.resources import registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 2_000
NO_ROOM = "There is no room left for files on the server"
NOT_USABLE = "The folder for files on the server cannot be used"


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice")


@pytest.fixture
def browser(alice: User) -> Client:
    browser = Client(raise_request_exception=False, headers={"accept": "text/html"})
    browser.force_login(alice)
    return browser


@contextmanager
def full_disk(most: int = 1024 * 1024) -> Iterator[None]:
    """No file of this process may grow beyond `most` bytes."""
    with connection.cursor() as cursor:
        # The database is not what is full: what it writes starts at its beginning again.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_folder(root: Path) -> Iterator[None]:
    """Where the folder for files was is something else, as when a disk is not mounted."""
    away = root.with_name("away")
    root.rename(away)
    root.write_text("")
    try:
        yield
    finally:
        root.unlink()
        away.rename(root)


def workbook() -> SimpleUploadedFile:
    """Four megabytes that cannot be packed."""
    lines = ["SKU,Name,Category,Price,Quantity,Created,Notes"]
    lines += [
        f"D-{number:05},Saw,Tools,2.50,3,2024-02-01,{secrets.token_hex(1000)}"
        for number in range(ROWS)
    ]
    return SimpleUploadedFile("products.csv", "\n".join(lines).encode())


def left_of(job: Job) -> list[str]:
    """The files of a job, by their place in its folder."""
    folder = files.folder(job.pk)
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def run(job: Job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


@pytest.fixture
def accepted(alice: User) -> Job:
    Category.objects.create(name="Tools")
    job = intake.receive_upload(alice, workbook())
    sheet = files.peek_of(job).sheets[0]
    plan = propose_plan(sheet, registry.get("product"))
    intake.accept_import(job, plan.with_changes(check_first=True))
    return job


@pytest.fixture
def export(alice: User) -> Job:
    tools = Category.objects.create(name="Tools")
    Product.objects.bulk_create(
        Product(
            sku=f"D-{number:05}",
            name="Saw",
            category=tools,
            price=2,
            notes=secrets.token_hex(1000),
        )
        for number in range(ROWS)
    )
    plan = ExportPlan(resource="shop.product", columns=("sku", "notes"), format="csv")
    return intake.create_export(alice, plan, "products.csv")


def test_an_import_that_finds_the_disk_full_ends_and_can_be_done_again(
    accepted: Job, alice: User
):
    with full_disk():
        run(accepted)
    assert (accepted.state, accepted.message[:45]) == (JobState.FAILED, NO_ROOM)
    assert left_of(accepted) == ["source"]
    assert not Product.objects.exists()
    fresh = run(again.try_again(alice, accepted))
    assert (fresh.state, fresh.rows, fresh.failed) == (JobState.REVIEW, ROWS, 0)
    lifecycle.accept_review(fresh)
    assert (run(fresh).state, Product.objects.count()) == (JobState.DONE, ROWS)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods", "jsonl", "parquet"])
def test_an_export_that_finds_the_disk_full_leaves_nothing_and_can_be_done_again(
    export: Job, alice: User, kind: str
):
    Job.objects.filter(pk=export.pk).update(plan=export.plan | {"format": kind})
    with full_disk():
        run(export)
    assert (export.state, export.message[:45]) == (JobState.FAILED, NO_ROOM)
    assert left_of(export) == []
    fresh = run(again.try_again(alice, export))
    assert (fresh.state, fresh.rows, left_of(fresh)) == (
        JobState.DONE,
        ROWS,
        ["result"],
    )


@pytest.mark.parametrize("megabytes", [2, 4], ids=["in memory", "spooled"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_upload_that_finds_the_disk_full_is_refused_and_leaves_nothing(
    browser: Client, job_folder: Path, megabytes: int, accept: str
):
    content = b"SKU\n" + b"x" * megabytes * 1024 * 1024
    with full_disk():
        answer = browser.post(
            "/imports/new/",
            {"file": SimpleUploadedFile("a.csv", content)},
            headers={"accept": accept},
        )
    assert (answer.status_code, NO_ROOM in answer.content.decode()) == (507, True)
    assert not Job.objects.exists()
    assert [path for path in job_folder.rglob("*") if path.is_file()] == []


def test_without_the_folder_jobs_end_with_a_sentence_and_can_be_done_again(
    export: Job, browser: Client, job_folder: Path
):
    with no_folder(job_folder):
        run(export)
        page = browser.get(f"/jobs/{export.pk}/").content.decode()
        upload = {"file": io.BytesIO(b"SKU\n1\n")}
        assert browser.post("/imports/new/", upload).status_code == 507
    assert (export.state, export.message[:49]) == (JobState.FAILED, NOT_USABLE)
    assert "data-again" in page
    place = browser.post(f"/jobs/{export.pk}/again/").headers["location"]
    fresh = Job.objects.exclude(pk=export.pk).get()
    assert place == f"/jobs/{fresh.pk}/"
    assert (run(fresh).state, fresh.rows) == (JobState.DONE, ROWS)


def test_what_went_well_or_would_go_in_twice_is_not_tried_again(
    accepted: Job, browser: Client
):
    run(accepted)
    plan = accepted.plan | {"key": []}
    for facts, said in [
        ({"state": "done"}, "Only what failed or was stopped"),
        ({"state": "failed", "created": 3, "plan": plan}, "they would go in twice"),
    ]:
        Job.objects.filter(pk=accepted.pk).update(**facts)
        page = browser.get(f"/jobs/{accepted.pk}/").content.decode()
        assert "data-again" not in page
        answer = browser.post(f"/jobs/{accepted.pk}/again/", follow=True)
        assert said in answer.content.decode()
    assert Job.objects.count() == 1
