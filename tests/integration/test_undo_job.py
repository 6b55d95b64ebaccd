"""Undoing an import job: the table as it was before, once, in time, resumable."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from dataio.errors import WrongState
from dataio.jobs import files, lifecycle, rescue, runner, undo_pieces, undoing
from dataio.models import Chunk, Job, JobState
from dataio.resources import registry
from project.shop.models import Category, Product
from tests.integration.test_import_job import NAMES, accepted, row, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.DATAIO_CHUNK_ROWS = 100
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    # Nobody takes the message; the test runs the job itself.
    monkeypatch.setattr("dataio.jobs.queue.send", lambda job_id: False)
    for name in NAMES:
        Category.objects.create(name=name)


def dump() -> list[tuple]:
    columns = [field.column for field in Product._meta.local_concrete_fields]
    parts = ", ".join(
        f"quote({name})" if connection.vendor == "sqlite" else f"{name}::text"
        for name in columns
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {parts} FROM shop_product ORDER BY id")
        return cursor.fetchall()


@pytest.fixture
def upsert(alice) -> tuple[Job, list[tuple]]:
    """An import of 250 rows, half of them known before, and the table before it."""
    run(accepted(alice, [row(number) for number in range(120)]))
    before = dump()
    return run(accepted(alice, [row(number, Price=7) for number in range(250)])), before


def undo(alice, job) -> Job:
    asked = undoing.ask_undo(alice, job)
    runner.run_job(asked.pk, lambda reading: None)
    asked.refresh_from_db()
    return asked


def test_an_upsert_is_undone_byte_for_byte(alice, upsert):
    job, before = upsert
    assert (job.created, job.updated) == (130, 120)
    assert timedelta(days=6) < job.undo_until - timezone.now() < timedelta(days=8)
    undone = undo(alice, job)
    assert (undone.state, undone.kind, undone.undoes) == ("done", "undo", job)
    assert (undone.rows, undone.created, undone.updated) == (250, 130, 120)
    assert dump() == before
    assert not files.undo_folder(job.pk).exists()


def test_a_hundred_thousand_rows_are_undone_byte_for_byte(alice, settings):
    from tests.integration.undo_frames import import_products

    settings.DATAIO_CHUNK_ROWS = 50_000
    import_products(alice, range(50_000), "before")
    before = dump()
    job = import_products(alice, range(100_000), "after")
    assert (job.created, job.updated) == (50_000, 50_000)
    assert dump() != before
    undone = undo(alice, job)
    assert (undone.created, undone.updated, undone.failed) == (50_000, 50_000, 0)
    assert dump() == before


def test_rows_changed_since_are_listed_and_left(alice, upsert):
    job, _before = upsert
    Product.objects.filter(sku="A-00003").update(name="mine")
    undone = undo(alice, job)
    assert (undone.created, undone.updated, undone.failed) == (130, 119, 1)
    assert [problem.as_data() for problem in undone.problems.all()] == [
        {
            "row": 5,
            "column": "",
            "code": "changed",
            "value": "A-00003",
            "message": "This product was changed after the import. It stays as it is.",
        }
    ]
    assert Product.objects.get(sku="A-00003").name == "mine"


def test_a_preview_counts_and_writes_nothing(upsert):
    job, _before = upsert
    Product.objects.filter(sku__in=["A-00003", "A-00200"]).update(name="mine")
    now = dump()
    assert undoing.preview_undo(job) == undoing.UndoPreview(
        remove=129, restore=119, changed_since=2
    )
    assert dump() == now
    assert not job.undos.exists()


def test_a_second_undo_is_refused(alice, upsert):
    job, before = upsert
    undo(alice, job)
    with pytest.raises(WrongState, match="This import is undone already"):
        undoing.ask_undo(alice, job)
    assert dump() == before


def test_an_undo_that_waits_refuses_another(alice, upsert):
    job, _before = upsert
    undoing.ask_undo(alice, job)
    with pytest.raises(WrongState, match="This import is being undone already"):
        undoing.ask_undo(alice, job)


def test_after_the_deadline_it_is_too_late(alice, upsert):
    job, _before = upsert
    Job.objects.filter(pk=job.pk).update(undo_until=timezone.now() - timedelta(hours=1))
    with pytest.raises(WrongState, match="This import could be undone until "):
        undoing.ask_undo(alice, job)


def test_the_images_outlive_retention_until_the_deadline(upsert, settings):
    job, _before = upsert
    settings.DATAIO_KEEP_FILES_DAYS = 0
    rescue.remove_old_files()
    assert len(list(files.undo_folder(job.pk).iterdir())) == 3
    Job.objects.filter(pk=job.pk).update(undo_until=timezone.now() - timedelta(hours=1))
    settings.DATAIO_KEEP_FILES_DAYS = 30
    rescue.remove_old_files()
    assert not files.undo_folder(job.pk).exists()
    assert files.source_path(job).exists()


@pytest.mark.parametrize("off", ["days", "resource"])
def test_nothing_is_kept_where_undo_is_switched_off(alice, settings, monkeypatch, off):
    if off == "days":
        settings.DATAIO_UNDO_DAYS = 0
    else:
        monkeypatch.setattr(type(registry.get("product")), "undo", False)
    job = run(accepted(alice, [row(1)]))
    assert job.undo_until is None
    assert not files.undo_folder(job.pk).exists()
    with pytest.raises(WrongState, match="nothing of it was kept"):
        undoing.ask_undo(alice, job)


def test_an_undo_that_was_killed_goes_on_where_it_was(alice, upsert, monkeypatch):
    job, before = upsert
    asked = undoing.ask_undo(alice, job)
    original = undo_pieces.undo

    def killed_at_the_second(import_job, number):
        if number == 2:
            raise KeyboardInterrupt
        return original(import_job, number)

    with monkeypatch.context() as patch:
        patch.setattr(undo_pieces, "undo", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            runner.run_job(asked.pk, lambda reading: None)
    states = Chunk.objects.filter(job=asked).values_list("number", "state")
    assert list(states) == [(1, "staged"), (2, "staged"), (3, "loaded")]
    asked.refresh_from_db()
    assert lifecycle.give_back(asked.pk, asked.attempt)
    runner.run_job(asked.pk, lambda reading: None)
    asked.refresh_from_db()
    assert (asked.state, asked.created, asked.updated) == ("done", 130, 120)
    assert dump() == before


def test_a_cancelled_undo_can_be_finished_by_another(alice, upsert, monkeypatch):
    job, before = upsert
    asked = undoing.ask_undo(alice, job)
    original = undo_pieces.undo

    def cancelled_after_the_first(import_job, number):
        Job.objects.filter(pk=asked.pk).update(cancel_asked=True)
        return original(import_job, number)

    with monkeypatch.context() as patch:
        patch.setattr(undo_pieces, "undo", cancelled_after_the_first)
        runner.run_job(asked.pk, lambda reading: None)
    asked.refresh_from_db()
    assert (asked.state, asked.rows) == (JobState.CANCELLED, 250)
    assert asked.created == 50
    assert undo(alice, job).created == 80
    assert dump() == before


def test_log_entries_are_written_where_a_resource_asks(alice, monkeypatch):
    monkeypatch.setattr(type(registry.get("product")), "log_entries", True)
    run(accepted(alice, [row(1), row(2)]))
    run(accepted(alice, [row(1), row(2, Price=99), row(3)]))
    product = Product.objects.get(sku="A-00002")
    entries = LogEntry.objects.filter(object_id=str(product.pk)).order_by("pk")
    found = [
        (entry.action_flag, entry.object_repr, json.loads(entry.change_message))
        for entry in entries
    ]
    assert found == [
        (1, "A-00002", [{"added": {}}]),
        (2, "A-00002", [{"changed": {"fields": ["price", "updated at"]}}]),
    ]
    assert LogEntry.objects.count() == 4
    assert {entry.user_id for entry in LogEntry.objects.all()} == {alice.pk}
