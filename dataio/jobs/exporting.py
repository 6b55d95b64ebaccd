"""How an export job runs: one consistent read, a file that appears whole or not at all."""

from __future__ import annotations

from dataio.exports.run import run_export
from dataio.exports.select import ExportPlan
from dataio.jobs import files, lifecycle
from dataio.models import Job, JobState
from dataio.progress.meter import Meter
from dataio.resources import registry


def run(job: Job, meter: Meter) -> None:
    """Write the export to the job's folder and end the job."""
    plan = ExportPlan.from_data(job.plan)
    target = files.export_path(job)
    target.parent.mkdir(parents=True, exist_ok=True)
    result = run_export(plan, registry.get(plan.resource), target, meter)
    lifecycle.end(
        job.pk,
        (JobState.RUNNING,),
        JobState.DONE,
        rows=result.rows,
        notes=list(result.notes),
        file_size=target.stat().st_size,
    )
