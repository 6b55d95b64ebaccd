"""What is removed when its time is up, and what is left since somebody reads it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dataio.jobs import files, rescue
from dataio.models import Job, JobKind, JobState

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=400)


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice")


def old_import(alice: User, state: JobState = JobState.DONE, **facts) -> Job:
    job = Job.objects.create(
        owner=alice, kind=JobKind.IMPORT, resource="shop.product", state=state, **facts
    )
    times = {"created_at": LONG_AGO, "accepted_at": LONG_AGO, "finished_at": LONG_AGO}
    Job.objects.filter(pk=job.pk).update(**times)
    for path in (files.source_path(job), files.undo_path(job.pk, 1)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return job


def left_of(job: Job) -> list[str]:
    folder: Path = files.folder(job.pk)
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_files_of_jobs_that_ended_long_ago_are_removed(alice: User):
    job = old_import(alice)
    rescue.remove_old_files()
    assert left_of(job) == []


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING])
@pytest.mark.parametrize("kind", [JobKind.UNDO, JobKind.MARK])
def test_files_that_another_job_works_on_are_left(
    alice: User, kind: JobKind, state: JobState
):
    yesterday = timezone.now() - timedelta(days=1)
    job = old_import(alice, undo_until=yesterday)
    plan = {"import": str(job.pk), "attempt": 1} if kind == JobKind.MARK else {}
    undoes = job if kind == JobKind.UNDO else None
    other = Job.objects.create(
        owner=alice, kind=kind, state=state, undoes=undoes, plan=plan
    )
    rescue.remove_old_files()
    assert left_of(job) == ["000001.parquet", "source"]
    Job.objects.filter(pk=other.pk).update(state=JobState.DONE)
    rescue.remove_old_files()
    assert left_of(job) == []


def test_a_draft_of_long_ago_ends_and_its_page_says_why(alice: User, client: Client):
    job = old_import(alice, JobState.DRAFT)
    rescue.remove_old_files()
    assert left_of(job) == []
    client.force_login(alice)
    page = client.get(f"/imports/{job.pk}/map/", follow=True).content.decode()
    assert "Nobody decided for 30 days." in page
