"""Pages: who may see a job, and what an address answers."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dataio.models import Job, JobKind, JobState

pytestmark = pytest.mark.django_db
PAGES = ["job", "job_row", "status", "problems", "download"]
URLS = {
    "job": "/jobs/{}/",
    "job_row": "/jobs/{}/row/",
    "status": "/jobs/{}/status/",
    "problems": "/jobs/{}/problems/",
    "download": "/jobs/{}/download/",
}


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="x")


@pytest.fixture
def charlie() -> User:
    return User.objects.create_user("charlie", password="x")


@pytest.fixture
def job(alice: User) -> Job:
    return Job.objects.create(
        owner=alice,
        kind=JobKind.IMPORT,
        state=JobState.DONE,
        resource="shop.product",
        file_name="a <b> & c.xlsx",
        rows=500,
        created=412,
        failed=88,
        problem_count=1,
        plan={"resource": "shop.product", "mapping": {"Preis": "price"}},
    )


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_it_hides_jobs_from_strangers(
    client: Client, charlie: User, job: Job, page: str
) -> None:
    client.force_login(charlie)
    assert client.get(URLS[page].format(job.pk)).status_code == 404
    assert client.get(URLS[page].format(uuid.uuid4())).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_it_asks_visitors_to_sign_in(client: Client, job: Job, page: str) -> None:
    url = URLS[page].format(job.pk)
    answer: Any = client.get(url)
    assert (answer.status_code, answer.url) == (302, f"/login/?next={url}")


def test_it_says_how_an_import_ended(signed_in: Client, job: Job) -> None:
    answer = signed_in.get(URLS["job"].format(job.pk), {"part": "result"})
    page = " ".join(answer.content.decode().split())
    assert 'data-figure="created" data-value="412"' in page
    assert 'data-figure="failed" data-value="88"' in page


def test_it_names_problems_by_the_files_own_header(signed_in: Client, job: Job) -> None:
    job.problems.create(
        row=212, column="price", code="not_a_number", value="=1+1", message="No number."
    )
    url = URLS["problems"].format(job.pk)
    assert ">Preis<" in signed_in.get(url).content.decode()


def test_it_never_shows_a_file_name_as_markup(signed_in: Client, job: Job) -> None:
    page = signed_in.get(URLS["job"].format(job.pk)).content.decode()
    assert "a &lt;b&gt; &amp; c.xlsx" in page
    assert "<b>" not in page


def test_it_refuses_a_missing_file_with_a_sentence(signed_in: Client) -> None:
    answer = signed_in.post("/imports/new/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "Choose a file first."},
    )


def test_it_has_nothing_to_download_of_an_import(signed_in: Client, job: Job) -> None:
    assert signed_in.get(URLS["download"].format(job.pk)).status_code == 404
