"""dataio: a job through the site's Celery workers, and the same in one process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks.shapes import header

if TYPE_CHECKING:
    from benchmarks.contestants import Work
    from benchmarks.contestants.task import Task
    from dataio.models import Job

POLL = 0.02
"""Seconds between two looks at a job at its start, then a hundredth of its time so far: fifty
looks a second take a twentieth of a core. When it ended is read from its row."""
LONGEST = 3_600.0


def through_workers(task: Task) -> Work:
    """From the click to the end of the job, as its row tells it; the upload is there."""
    if task.operation == "export":
        return lambda: _until_rest(_export(task, send=True))
    job, plan = _draft(task)

    def work() -> float:
        from dataio.jobs import intake

        started = time.time()
        intake.accept_import(job, plan)
        return _until_rest(job, started)

    return work


def in_one_process(task: Task) -> Work:
    """The same, as the terminal's commands do it: no broker and no workers."""
    if task.operation == "export":
        made = _export(task, send=False)
        return lambda: _run_here(made)
    from dataio.jobs import intake

    job, plan = _draft(task)
    intake.accept_import(job, plan, send=False)
    return lambda: _run_here(job)


def _draft(task: Task) -> tuple[Job, Any]:
    """Upload the workbook and choose its columns, as the mapping page proposes them."""
    from django.contrib.auth.models import User
    from django.core.files import File
    from django.core.files.uploadedfile import UploadedFile

    from dataio.imports.matching import propose_plan
    from dataio.jobs import files, intake
    from dataio.resources import registry

    path = task.workbook
    with path.open("rb") as stream:
        file: Any = UploadedFile(File(stream), path.name, size=path.stat().st_size)
        job = intake.receive_upload(User.objects.get(username="demo"), file)
    sheet = files.peek_of(job).sheets[0]
    evidence = files.scan_of(job, sheet.name, sheet.header_row).evidence
    plan = propose_plan(sheet, registry.get(task.shape.resource), evidence)
    assert set(plan.mapping) == {header(name) for name in task.shape.fields}
    return job, plan.with_changes(check_first=task.operation == "check")


def _export(task: Task, *, send: bool) -> Job:
    from django.contrib.auth.models import User

    from dataio.exports.select import ExportPlan
    from dataio.jobs import intake

    plan = ExportPlan(
        resource=task.shape.resource, columns=tuple(task.shape.fields), format="xlsx"
    )
    owner = User.objects.get(username="demo")
    return intake.create_export(owner, plan, "products.xlsx", send=send)


def _run_here(job: Job) -> None:
    from dataio.jobs import runner

    runner.run_job(job.pk, lambda reading: None)
    _hold(job)


def _until_rest(job: Job, started: float | None = None) -> float:
    """Wait until the job rests; return the seconds since it was accepted."""
    from dataio.models import ACTIVE

    begun = started or job.created_at.timestamp()
    while True:
        job.refresh_from_db(fields=["state", "finished_at"])
        if job.state not in ACTIVE:
            break
        so_far = time.time() - begun
        assert so_far < LONGEST, "the job does not end"
        time.sleep(max(POLL, so_far / 100))
    seen = time.time()
    _hold(job)
    return (job.finished_at.timestamp() if job.finished_at else seen) - begun


def _hold(job: Job) -> None:
    """See that the job did what it was to do: fast and wrong is not fast."""
    job.refresh_from_db()
    assert job.state in ("done", "review"), (job.state, job.message, job.error)
    assert job.problem_count == 0, job.message
