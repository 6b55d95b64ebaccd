"""Undoing the removal of records that a file lacks: they come back with all that went along."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection

from dataio.jobs import runner, undoing
from dataio.models import Job
from project.shop.models import Category, Product, Supplier
from tests.integration.test_relations_job import accepted, run, workbook

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = ["A-1", "Saw", "Tools", 1]
TABLES = (Category, Supplier, Product, Product.suppliers.through)


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.DATAIO_CHUNK_ROWS = 2
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("dataio.jobs.queue.send", lambda job_id: False)
    category = Category.objects.create(name="Tools")
    supplier = Supplier.objects.create(name="Acme")
    for sku in ("A-1", "B-1", "B-2", "B-3"):
        product = Product.objects.create(
            sku=sku, name="Old", category=category, price="1.50", weight=0.1
        )
        product.suppliers.add(supplier)


def dump() -> list[list[tuple]]:
    rows = []
    for model in TABLES:
        columns = [field.column for field in model._meta.local_concrete_fields]
        texts = [
            f"quote({name})" if connection.vendor == "sqlite" else f"{name}::text"
            for name in columns
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(texts)} FROM {model._meta.db_table} ORDER BY 1"
            )
            rows.append(cursor.fetchall())
    return rows


def removed(alice, *rows) -> Job:
    return run(accepted(alice, workbook(*rows or [KEPT]), remove_missing=True))


def undo(alice, job) -> Job:
    asked = undoing.ask_undo(alice, job)
    runner.run_job(asked.pk, lambda reading: None)
    asked.refresh_from_db()
    return asked


def test_removed_records_come_back_with_their_links_byte_for_byte(alice):
    before = dump()
    job = removed(alice, KEPT, ["C-1", "Axe", "Tools", 2])
    assert (job.created, job.updated, job.findings["removed"]) == (1, 1, 3)
    assert Product.suppliers.through.objects.count() == 1
    preview = undoing.preview_undo(job)
    assert preview == undoing.UndoPreview(
        remove=1, restore=1, bring_back=3, bring_along=3, changed_since=0
    )
    undone = undo(alice, job)
    assert (undone.state, undone.rows) == ("done", 5)
    assert (undone.created, undone.updated, undone.unchanged) == (1, 1, 3)
    assert undone.failed == 0
    assert dump() == before


def test_an_import_that_only_removes_can_be_undone(alice):
    removed(alice)
    category = Category.objects.get()
    Product.objects.create(sku="B-9", name="Old", category=category, price=1)
    before = dump()
    job = removed(alice)
    assert (job.created, job.updated, job.findings["removed"]) == (0, 0, 1)
    assert job.undo_until is not None
    assert undo(alice, job).unchanged == 1
    assert dump() == before


def test_what_cannot_come_back_is_listed_before_and_after(alice):
    job = removed(alice)
    category = Category.objects.get()
    Product.objects.create(sku="B-2", name="New", category=category, price=9)
    preview = undoing.preview_undo(job)
    assert (preview.bring_back, preview.bring_along) == (2, 2)
    undone = undo(alice, job)
    listed = [problem.as_data() for problem in undone.problems.all()]
    assert listed == [
        {
            "row": 0,
            "column": "",
            "code": "taken",
            "value": "B-2",
            "message": "This product was removed and cannot come back: another one has"
            " the same SKU now.",
        },
        {
            "row": 0,
            "column": "",
            "code": "lost",
            "value": listed[1]["value"],
            "message": "This product-supplier relationship was removed and cannot come"
            " back: its product is not there any more.",
        },
    ]
    assert preview.left.to_dict("records") == listed
    assert (preview.changed_since, undone.failed) == (2, 2)
    assert (undone.unchanged, Product.objects.get(sku="B-2").name) == (2, "New")


def test_an_undo_of_several_removals_goes_backwards(alice, monkeypatch):
    monkeypatch.setattr("dataio.imports.loaders.lacking.BATCH", 1)
    before = dump()
    job = removed(alice)
    assert undo(alice, job).unchanged == 3
    assert dump() == before


def test_nothing_is_kept_of_a_removal_where_undo_is_off(alice, settings):
    settings.DATAIO_UNDO_DAYS = 0
    job = removed(alice)
    assert (job.findings["removed"], job.undo_until) == (3, None)
