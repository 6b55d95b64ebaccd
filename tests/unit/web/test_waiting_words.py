"""Why a job waits, in words: whether a worker that takes such jobs is there, then whose turn it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.utils import timezone

from dataio.models import Job, JobKind, JobState
from dataio.web.words import waiting_words

pytestmark = pytest.mark.django_db

NOBODY = "No worker is running."


@pytest.fixture(autouse=True)
def short_queue(settings) -> None:
    settings.DATAIO_SHORT_QUEUE = "quick"
    settings.DATAIO_SHORT_BYTES = 1_000
    cache.clear()


def waiting(kind: JobKind = JobKind.EXPORT, seconds: int = 60, size: int = 0) -> Job:
    since = timezone.now() - timedelta(seconds=seconds)
    return Job.objects.create(
        kind=kind, state=JobState.WAITING, accepted_at=since, file_size=size
    )


def workers_take(monkeypatch, *queues: str) -> None:
    """One worker answers, and says that it takes from these queues; none without any."""
    told: dict[str, Any] = {"one@here": [{"name": name} for name in queues]}
    inspect = type("Inspect", (), {"active_queues": lambda self: told})
    monkeypatch.setattr(current_app.control, "inspect", lambda **options: inspect())


@pytest.mark.parametrize(
    ("job", "queues", "said"),
    [
        ({}, ["dataio", "quick"], "Yours is next"),
        ({}, ["quick"], NOBODY),
        ({}, [], NOBODY),
        ({"seconds": 0}, [], "Yours is next"),  # it may just be starting
        ({"kind": JobKind.IMPORT, "size": 10}, ["quick"], "Yours is next"),
        ({"kind": JobKind.IMPORT, "size": 10}, ["dataio"], NOBODY),
        ({"kind": JobKind.IMPORT, "size": 5_000}, ["quick"], NOBODY),
    ],
)
def test_only_a_worker_that_takes_such_jobs_counts(
    monkeypatch, job: dict[str, Any], queues: list[str], said: str
):
    workers_take(monkeypatch, *queues)
    assert waiting_words(waiting(**job)).startswith(said)


def test_a_broker_that_is_away_is_no_worker():
    assert waiting_words(waiting()).startswith(NOBODY)


def test_jobs_before_are_counted_where_a_worker_is(monkeypatch):
    workers_take(monkeypatch, "dataio")
    waiting(seconds=90)
    waiting(seconds=80)
    assert waiting_words(waiting()) == "2 jobs before yours"
