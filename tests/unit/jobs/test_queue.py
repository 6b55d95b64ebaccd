"""Short jobs have a queue of their own, and tickets of their own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.utils import timezone

from dataio.jobs import lifecycle, queue, runner
from dataio.models import Job, JobKind, JobState

pytestmark = pytest.mark.django_db

SHORT, LONG = 1_000, 50_000_000


@pytest.fixture(autouse=True)
def lanes(settings):
    settings.DATAIO_SHORT_BYTES = 1_000
    settings.DATAIO_SHORT_QUEUE = "quick"
    settings.DATAIO_MAX_JOBS_PER_PERSON = 0


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, str]]:
    """Task and queue of each message; "": Celery's default queue."""
    found: list[tuple[str, str]] = []

    def note(task, **options) -> None:
        found.append((task.rpartition(".")[2], options.get("queue", "")))

    monkeypatch.setattr(current_app._get_current_object(), "send_task", note)
    return found


def waiting(kind: str, size: int, *, name: str = "alice") -> Job:
    owner = User.objects.get_or_create(username=name)[0]
    job = Job.objects.create(
        kind=kind, owner=owner, resource="shop.product", file_size=size
    )
    lifecycle.accept(job, JobState.DRAFT)
    return job


@pytest.mark.parametrize(
    ("kind", "size", "where"),
    [
        (JobKind.IMPORT, SHORT, "quick"),
        (JobKind.IMPORT, SHORT + 1, ""),
        (JobKind.EXPORT, 0, ""),
        (JobKind.UNDO, 0, ""),
    ],
)
def test_a_job_is_sent_to_the_queue_of_its_length(sent, kind, size, where):
    job = waiting(kind, size)
    queue.send(job.pk)
    assert sent == [("run_job", where)]


def test_chunks_go_where_long_jobs_go_and_mails_go_quickly(
    sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        queue.enqueue_chunk(uuid.uuid4(), 1)
    queue.send_mail(1)
    assert sent == [("load_chunk", ""), ("send_mail", "quick")]


def test_without_a_short_queue_all_goes_to_the_default_one(sent, settings):
    settings.DATAIO_SHORT_QUEUE = ""
    queue.send(waiting(JobKind.IMPORT, SHORT).pk)
    assert sent == [("run_job", "")]


def test_a_short_ticket_is_for_the_next_short_job():
    long = waiting(JobKind.IMPORT, LONG)
    first, second = (waiting(JobKind.IMPORT, SHORT) for _ in range(2))
    Job.objects.filter(pk=first.pk).update(
        accepted_at=timezone.now() - timedelta(seconds=9)
    )
    claimed = [runner.claim_next(one.pk) for one in (second, first, second, long)]
    assert claimed == [first, second, None, long]
