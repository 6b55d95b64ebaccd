"""What a person or a broker does, from the terminal: `python -m tests.chaos.deed ...`.

import FILE [atomic] [check] [draft], export, undo JOB, load JOB (a checked import), again JOB
(all of its messages once more). Prints the id of the job.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django


def main(deed: str, *arguments: str) -> None:
    from django.contrib.auth.models import User

    from dataio.jobs import lifecycle, queue, undoing
    from dataio.models import Job

    demo = User.objects.get(username="demo")
    if deed == "import":
        job = _import(demo, Path(arguments[0]), arguments[1:])
    elif deed == "export":
        job = _export(demo)
    else:
        job = Job.objects.get(pk=arguments[0])
    if deed == "undo":
        job = undoing.ask_undo(demo, job)
    elif deed == "load":
        lifecycle.accept_review(job)
    elif deed == "again":
        queue.send(job.pk)
        for number in job.chunks.values_list("number", flat=True):
            queue.enqueue_chunk(job.pk, number)
    print(job.pk)  # noqa: T201


def _import(owner, path: Path, options: tuple[str, ...]):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from dataio.imports.matching import propose_plan
    from dataio.jobs import files, intake
    from dataio.resources import registry

    upload = SimpleUploadedFile(path.name, path.read_bytes())
    job = intake.receive_upload(owner, upload)
    if "draft" in options:
        return job
    resource = registry.get("shop.product")
    plan = propose_plan(files.peek_of(job).sheets[0], resource)
    chosen = {"atomic": "atomic" in options, "check_first": "check" in options}
    intake.accept_import(job, plan.with_changes(**chosen))
    return job


def _export(owner):
    from dataio.exports.select import ExportPlan
    from dataio.jobs import intake

    plan = ExportPlan(resource="shop.product", columns=(), format="xlsx")
    return intake.create_export(owner, plan, "products.xlsx")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    main(*sys.argv[1:])
