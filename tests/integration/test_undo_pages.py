"""The pages of undo and the receipt: what they say, and who may see them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from dataio.jobs import runner
from dataio.models import Job
from project.shop.models import Category, Product
from tests.integration.test_import_job import NAMES, accepted, row, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def job(alice, settings, monkeypatch) -> Job:
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("dataio.jobs.queue.send", lambda job_id: False)
    for name in NAMES:
        Category.objects.create(name=name)
    return run(accepted(alice, [row(number) for number in range(5)]))


def url(name, job) -> str:
    return reverse(f"dataio:{name}", args=[job.pk])


def test_the_job_page_offers_undo_with_its_deadline(page, job):
    text = page.get(url("job", job)).content.decode()
    assert url("undo", job) in text
    assert "can be undone until" in text


def test_the_preview_counts_and_the_button_undoes(page, job):
    text = page.get(url("undo", job)).content.decode()
    assert "Remove 5 and restore 0 records" in text
    assert Product.objects.count() == 5
    answer = page.post(url("undo", job))
    undone = job.undos.get()
    assert answer.url == url("job", undone)
    runner.run_job(undone.pk, lambda reading: None)
    assert Product.objects.count() == 0
    text = page.get(url("job", undone)).content.decode()
    assert "Undo the import of products" in text
    assert "Undone by alice on " in page.get(url("job", job)).content.decode()


def test_a_second_click_is_told_why_not(page, job):
    page.post(url("undo", job))
    text = page.post(url("undo", job), follow=True).content.decode()
    assert "This import is being undone already." in text
    assert job.undos.count() == 1


def test_strangers_find_neither_undo_nor_receipt(client, job):
    client.force_login(User.objects.create_user("charlie"))
    for name in ("undo", "receipt"):
        assert client.get(url(name, job)).status_code == 404
    assert client.post(url("undo", job)).status_code == 404
    assert not job.undos.exists()


def test_the_receipt_says_who_what_and_from_which_file(page, job):
    data = page.get(url("receipt", job), {"format": "json"}).json()
    assert data["who"] == "alice"
    assert data["file"] == {
        "name": "products.xlsx",
        "size": job.file_size,
        "sha256": job.file_hash,
    }
    assert data["counts"]["created"] == 5
    assert data["key"] == ["sku"]
    assert data["mapping"]["Price"] == "price"
    assert data["undo_until"] == job.undo_until.isoformat()
    text = page.get(url("receipt", job)).content.decode()
    assert job.file_hash in text
    assert page.get(url("receipt", job), headers={"accept": "application/json"}).json()
