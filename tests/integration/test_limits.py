"""Jobs that take more than one job may: they end with a sentence."""

from __future__ import annotations

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings as site

from dataio.imports.plan import ImportPlan
from dataio.jobs import importing, runner
from dataio.models import Job, JobKind, JobState

STOPPED = "stopped. Nothing more was changed. Split the file into smaller ones."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError, "This needs more than the 2048 MB of memory that one job may take"),
        (SoftTimeLimitExceeded, "This took longer than the 120 minutes that one job may"),
    ],
)  # fmt: skip
def test_a_job_that_takes_too_much_fails_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], sentence: str
):
    def run(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(importing, "run", run)
    plan = ImportPlan(resource="shop.product", sheet="", mapping={}).as_data()
    job = Job.objects.create(kind=JobKind.IMPORT, state=JobState.WAITING, plan=plan)
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.message.startswith(sentence)
    assert job.message.endswith(STOPPED)
    assert job.error == ""


def test_celery_stops_tasks_when_the_sentence_says_so():
    assert site.CELERY_TASK_SOFT_TIME_LIMIT == site.DATAIO_TASK_SECONDS
    assert site.CELERY_TASK_TIME_LIMIT > site.CELERY_TASK_SOFT_TIME_LIMIT
