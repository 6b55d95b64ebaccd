"""What pages say when they cannot work: a sentence and a status."""

from __future__ import annotations

import html
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from dataio.models import Job, JobKind, JobState
from tests.workbooks import make

SENTENCE = "The database does not answer at the moment."


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", password="x")


@pytest.fixture
def job(alice: User) -> Job:
    return Job.objects.create(
        owner=alice, kind=JobKind.IMPORT, state=JobState.RUNNING, resource="product"
    )


@pytest.fixture
def locked(job: Job) -> Iterator[None]:
    """Another connection writes, and does not end its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()
    connection.close()


@pytest.fixture
def browser(alice: User) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    return browser


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/html", "text/html; charset=utf-8"), ("application/json",) * 2],
)
def test_a_locked_database_is_a_sentence(
    browser: Client, job: Job, locked: None, accept: str, kind: str
):
    answer = browser.post(f"/jobs/{job.pk}/cancel/", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (503, kind)
    assert SENTENCE in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert answer["Retry-After"] == "5"


def test_so_is_one_that_is_locked_where_the_session_writes(job: Job, locked: None):
    browser = Client(raise_request_exception=False)
    answer = browser.post("/login/", {"username": "alice", "password": "x"})
    assert (answer.status_code, SENTENCE in answer.content.decode()) == (503, True)


def test_other_failures_stay_what_they_are(browser: Client, job: Job, monkeypatch):
    monkeypatch.setattr("dataio.web.views.jobs.wire", lambda job: 1 / 0)
    answer = browser.get(f"/jobs/{job.pk}/status/")
    text = answer.content.decode()
    assert (answer.status_code, SENTENCE in text) == (500, False)
    assert "Traceback" not in text and "division" not in text


def damaged_below(path: Path) -> bytes:
    """Return a workbook whose rows are not in order, beyond those that are shown first."""
    rows = [make.row(n, make.text_cell(f"A{n}", "x")) for n in [*range(1, 300), 2]]
    return make.pack(path, make.parts("".join(rows))).read_bytes()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (damaged_below, 'The rows of sheet "Data" are not in order'),
        (
            lambda path: "é,b\n".encode() * 40_000 + b"\xff,b\n",
            "Line 40001 has a character that is not UTF-8 text.",
        ),
    ],
    ids=["xlsx", "csv"],
)
def test_a_file_that_is_damaged_further_down_is_a_sentence(
    browser: Client,
    alice: User,
    tmp_path: Path,
    settings,
    content: Callable[[Path], bytes],
    sentence: str,
):
    settings.DATAIO_ROOT = tmp_path / "jobs"
    User.objects.update(is_superuser=True)
    file = SimpleUploadedFile("stock", content(tmp_path / "file"))
    page = browser.post("/imports/new/", {"file": file})["Location"]
    answer = browser.get(page)
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.content.decode())
