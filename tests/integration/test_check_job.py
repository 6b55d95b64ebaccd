"""A check from upload to review, its pages, and the load after it; on the test database."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_save, pre_save

from dataio.imports import compare
from dataio.imports.fixes import Decision
from dataio.imports.matching import propose_plan
from dataio.imports.plan import CREATE, UPDATE
from dataio.jobs import (
    broadcast,
    checking,
    comparing,
    correcting,
    files,
    intake,
    lifecycle,
    rescue,
    review,
    runner,
)
from dataio.models import Chunk, Job, Problem
from dataio.resources import registry
from project.shop.models import Category, Product
from tests.integration.test_import_job import NAMES, accepted, row, workbook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings):
    settings.DATAIO_CHUNK_ROWS = 100
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    for name in NAMES:
        Category.objects.create(name=name)


def run(job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def checked(owner, rows, **changes) -> Job:
    return run(accepted(owner, rows, check_first=True, **changes))


def load(job) -> Job:
    lifecycle.accept_review(job)
    return run(job)


def mixed_rows():
    """250 rows: 0-199 are stored, of which each tenth changes; 200-249 are new."""
    rows = [row(number) for number in range(250)]
    for number in range(0, 200, 10):
        rows[number] = row(number, Name="New name", Price=1000.5)
    rows[5] = row(5, Category="Toys")
    return rows


@pytest.fixture
def mixed(alice):
    run(accepted(alice, [row(number) for number in range(200)]))
    return checked(alice, mixed_rows())


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM shop_product ORDER BY id")
        rows = cursor.fetchall()
        if connection.vendor == "sqlite":
            cursor.execute("SELECT * FROM sqlite_sequence WHERE name = 'shop_product'")
        else:
            cursor.execute("SELECT last_value, is_called FROM shop_product_id_seq")
        return rows, cursor.fetchall()


def test_a_check_finds_every_change_and_writes_nothing(alice):
    run(accepted(alice, [row(number) for number in range(200)]))
    before = stored()
    fired = []
    listener = lambda **kwargs: fired.append(kwargs["sender"])  # noqa: E731
    pre_save.connect(listener, sender=Product)
    post_save.connect(listener, sender=Product)
    try:
        job = checked(alice, mixed_rows())
    finally:
        pre_save.disconnect(listener, sender=Product)
        post_save.disconnect(listener, sender=Product)
    assert (job.state, job.step, job.staged) == ("review", "check", True)
    assert {name: job.findings[name] for name in ("create", "update", "unchanged")} == {
        "create": 50,
        "update": 21,
        "unchanged": 179,
    }
    assert (job.findings["conflict"], job.findings["problem"]) == (0, 0)
    assert job.findings["changed_columns"] == {"name": 20, "price": 20, "category": 1}
    assert job.findings["alarms"] == []
    assert stored() == before
    assert fired == []


def test_the_page_shows_old_and_new_values_of_every_changed_row(mixed):
    page = review.changes_page(mixed, kind="update")
    assert (page.total, len(page.rows)) == (21, 21)
    assert page.columns[:3] == ["sku", "name", "category"]
    changed = [*range(0, 200, 10)]
    assert [one.row for one in page.rows] == sorted(n + 2 for n in [*changed, 5])
    for one in page.rows:
        number = one.row - 2
        differing = {name for name, cell in one.cells.items() if cell.changed}
        if number == 5:
            assert differing == {"category"}
            cell = one.cells["category"]
            assert (cell.old, cell.new) == (NAMES[5 % 3], "Toys")
            assert cell.old_raw == Category.objects.get(name=NAMES[5 % 3]).pk
            assert cell.new_raw == Category.objects.get(name="Toys").pk
            continue
        assert differing == {"name", "price"}
        assert one.cells["name"].old == f"Dụng cụ số {number}"
        assert one.cells["name"].new == "New name"
        assert Decimal(one.cells["price"].old) == Decimal(number) + Decimal("0.25")
        assert one.cells["price"].new == "1000.50"
        assert one.cells["sku"].old == one.cells["sku"].new == f"A-{number:05}"
        assert one.cells["category"].old == one.cells["category"].new


@pytest.mark.parametrize(
    ("kind", "column", "rows"),
    [
        ("", "", list(range(2, 252))),
        ("create", "", list(range(202, 252))),
        ("update", "category", [7]),
        ("", "price", list(range(2, 202, 10))),
        ("create", "price", []),
        ("conflict", "", []),
        ("", "sku", []),
    ],
)
def test_pages_are_filtered_by_kind_and_column(mixed, kind, column, rows):
    found = []
    for start in range(0, 260, 13):
        page = review.changes_page(
            mixed, kind=kind, column=column, start=start, count=13
        )
        assert page.total == len(rows)
        found += [one.row for one in page.rows]
    assert found == rows


def test_the_first_page_opens_only_the_chunk_it_needs(mixed):
    for number in (1, 2):
        files.changes_path(mixed.pk, number).unlink()
    page = review.changes_page(mixed, kind="create", count=10)
    assert [one.row for one in page.rows] == list(range(202, 212))


def test_new_rows_have_no_old_values(mixed):
    first = review.changes_page(mixed, kind="create", count=1).rows[0]
    assert {cell.old for cell in first.cells.values()} == {""}
    assert first.cells["category"].new == NAMES[200 % 3]
    assert first.cells["created"].new == "2024-08-19"


def test_loading_after_a_check_does_what_it_said(mixed):
    said = mixed.findings
    job = load(mixed)
    assert (job.state, job.created, job.updated, job.unchanged) == (
        "done",
        said["create"],
        said["update"],
        said["unchanged"],
    )
    assert Product.objects.count() == 250
    assert not (files.folder(job.pk) / "chunks").exists()
    assert review.changes_page(job).total == 0


@pytest.mark.parametrize(
    ("mode", "code", "conflicts", "done"),
    [(CREATE, "exists", 200, (50, 0, 0)), (UPDATE, "missing", 50, (0, 21, 179))],
)
def test_conflicts_are_listed_once_and_counted_once(alice, mode, code, conflicts, done):
    run(accepted(alice, [row(number) for number in range(200)]))
    rows = [*mixed_rows(), row(300, Price="12,5o")]
    job = checked(alice, rows, mode=mode)
    assert (job.findings["conflict"], job.findings["problem"]) == (conflicts, 1)
    assert (job.failed, job.problem_count) == (conflicts + 1, conflicts + 1)
    assert Problem.objects.filter(job=job, code=code).count() == conflicts
    page = review.changes_page(job, kind="conflict", count=1)
    assert page.total == conflicts
    told = Problem.objects.filter(job=job, code=code).first()
    assert (page.rows[0].row, page.rows[0].message) == (told.row, told.message)

    job = load(job)

    assert (job.created, job.updated, job.unchanged) == done
    assert (job.failed, job.problem_count) == (conflicts + 1, conflicts + 1)
    assert Problem.objects.filter(job=job).count() == conflicts + 1
    assert sum(done) + job.failed == job.rows == 251


def test_all_or_nothing_takes_conflicts_for_problems(alice):
    run(accepted(alice, [row(1)]))
    job = load(checked(alice, [row(1), row(2)], mode=CREATE, atomic=True))
    assert (job.state, job.created, job.failed) == ("failed", 0, 1)
    assert job.message == (
        "Nothing was imported: 1 row has a problem, and all or nothing was chosen."
    )


class Killed(BaseException):
    """The process is gone, and nothing that it would have done comes about."""


def test_a_check_that_died_goes_on_where_it_was(alice, monkeypatch):
    run(accepted(alice, [row(number) for number in range(200)]))
    job = accepted(alice, mixed_rows(), check_first=True)
    real, calls = comparing.compare_chunk, []

    def dying(frame, plan, resource):
        calls.append(int(frame.index[0]))
        if len(calls) == 2:
            raise Killed
        return real(frame, plan, resource)

    monkeypatch.setattr(comparing, "compare_chunk", dying)
    with pytest.raises(Killed):
        runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    assert job.state == "running"
    Job.objects.filter(pk=job.pk).update(beat_at="2000-01-01T00:00Z")
    rescue.rescue_jobs()
    job.refresh_from_db()
    assert job.state == "waiting"
    run(job)
    # The first chunk was compared once, the second, in which it died, again.
    assert sorted(calls) == [2, 102, 102, 202]
    assert job.state == "review"
    assert (job.findings["create"], job.findings["update"]) == (50, 21)


def test_a_worker_that_died_before_review_is_not_taken_for_a_loading_one(
    alice, monkeypatch
):
    job = accepted(alice, [row(1)], check_first=True)

    def dying(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(checking, "findings_of", dying)
        with pytest.raises(Killed):
            runner.run_job(job.pk, lambda reading: None)
    Job.objects.filter(pk=job.pk).update(beat_at="2000-01-01T00:00Z")
    rescue.rescue_jobs()
    job.refresh_from_db()
    assert (job.state, job.staged) == ("waiting", True)
    assert run(job).state == "review"
    assert Product.objects.count() == 0


def test_rows_that_a_decision_made_clean_are_compared_and_conflicts_stay(alice):
    run(accepted(alice, [row(1), row(2)]))
    rows = [row(1), row(3), row(2, Category="Tolls"), row(4, Category="Tolls")]
    job = checked(alice, rows, mode=CREATE)
    assert [job.findings[kind] for kind in ("create", "conflict", "problem")] == [
        1,
        1,
        2,
    ]

    replace = Decision(
        column="category", value="Tolls", action="replace", replacement="Tools"
    )
    correcting.decide(job, [replace])
    job = run(job)

    assert job.state == "review"
    assert [job.findings[kind] for kind in ("create", "conflict", "problem")] == [
        2,
        2,
        0,
    ]
    problems = Problem.objects.filter(job=job).values_list("row", "code")
    assert sorted(problems) == [(2, "exists"), (4, "exists")]
    assert [one.row for one in review.changes_page(job).rows] == [2, 3, 4, 5]
    job = load(job)
    assert (job.state, job.created, job.failed, job.rows) == ("done", 2, 2, 4)


def test_a_check_can_be_cancelled_in_review(mixed):
    lifecycle.cancel(mixed)
    mixed.refresh_from_db()
    assert mixed.state == "cancelled"
    assert not (files.folder(mixed.pk) / "chunks").exists()


def test_a_check_nobody_decides_about_is_cancelled_in_the_end(mixed, settings):
    settings.DATAIO_KEEP_FILES_DAYS = 30
    rescue.remove_old_files()
    mixed.refresh_from_db()
    assert mixed.state == "review"
    Job.objects.filter(pk=mixed.pk).update(accepted_at="2000-01-01T00:00Z")
    rescue.remove_old_files()
    mixed.refresh_from_db()
    assert (mixed.state, mixed.message) == (
        "cancelled",
        "Nobody decided for 30 days.",
    )


def test_review_is_told_as_a_state_that_rests(mixed):
    snapshot = broadcast.newest(mixed)
    assert (snapshot.state, snapshot.percent, snapshot.ended) == (
        "review",
        100.0,
        False,
    )
    assert snapshot.rests
    wire = snapshot.as_wire()
    assert (wire["job_state"], wire["complete"]) == ("review", False)


def test_alarms_sound_for_the_same_file_and_missing_records(alice):
    rows = [row(number) for number in range(20)]
    content = workbook(rows).read()
    jobs = []
    for changes in ({}, {"check_first": True}):
        job = intake.receive_upload(alice, SimpleUploadedFile("again.xlsx", content))
        plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
        intake.accept_import(job, plan.with_changes(**changes), send=False)
        jobs.append(run(job))
    (alarm,) = jobs[1].findings["alarms"]
    assert alarm.startswith("This very file was imported already, on ")
    Product.objects.create(
        sku="ELSE", name="n", price=1, category=Category.objects.first()
    )
    job = checked(alice, rows[:15])
    assert job.findings["missing"] == 6
    assert job.findings["alarms"] == [
        "6 of the products that are there already are not in this file."
    ]


def test_alarms_sound_when_nearly_all_changes_or_a_column_is_empty(alice):
    run(accepted(alice, [row(number) for number in range(20)]))
    rows = [row(number, Name="x", Notes=None) for number in range(20)]
    job = checked(alice, rows)
    assert job.findings["alarms"] == [
        "20 of 20 rows would change existing products.",
        'The column "Notes" is empty in every row.',
    ]


def test_an_alarm_sounds_when_most_headers_are_left_out(alice):
    job = intake.receive_upload(alice, workbook([row(1)]))
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    few = {name: plan.mapping[name] for name in ("SKU", "Name", "Price")}
    plan = plan.with_changes(mapping=few, mode=UPDATE, check_first=True)
    intake.accept_import(job, plan, send=False)
    assert run(job).findings["alarms"] == [
        "Most columns of the file are left out: 4 of 7 (Category, Quantity, Created, Notes)."
    ]


def test_the_command_prints_the_totals_of_the_page(mixed, tmp_path, capsys):
    path = tmp_path / "products.xlsx"
    path.write_bytes(workbook(mixed_rows()).read())
    call_command("dataio_import", "product", str(path), "--check", "--json")
    printed = json.loads(capsys.readouterr().out)
    job = Job.objects.get(pk=printed["job"])
    assert (printed["state"], job.state, job.step) == ("review", "review", "check")
    names = ("create", "update", "unchanged", "conflict", "problem", "changed_columns")
    assert {name: printed[name] for name in names} == {
        name: mixed.findings[name] for name in names
    }
    assert printed["alarms"] == []
    for kind in compare.KINDS:
        assert printed[kind] == review.changes_page(mixed, kind=kind, count=1).total


def test_the_command_says_what_a_check_found(alice, tmp_path, capsys):
    path = tmp_path / "products.xlsx"
    path.write_bytes(workbook([row(1), row(2, Price="12,5o")]).read())
    call_command("dataio_import", "product", str(path), "--check")
    out = capsys.readouterr().out
    assert (
        "2 rows: 1 to create, 0 to update, 0 unchanged, 0 in conflict, 1 with problems."
        in out
    )
    assert not Product.objects.exists()
    assert Chunk.objects.count() == 1
