"""How an export job runs: one consistent read, a file that appears whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dataio.exports.permitted import permitted
from dataio.exports.reporting import report_of, run_report
from dataio.exports.run import ExportResult, run_export
from dataio.exports.select import ExportPlan
from dataio.jobs import results
from dataio.jobs.digest import content_digest
from dataio.models import Job
from dataio.progress.meter import Meter
from dataio.resources import registry


def run(job: Job, meter: Meter) -> None:
    """Write the export to the job's folder and end the job."""
    plan = ExportPlan.from_data(job.plan)
    target = results.path_of_attempt(job)
    result = (
        _report(job, plan, target, meter)
        if plan.report
        else _rows(job, plan, target, meter)
    )
    results.deliver(
        job,
        target,
        rows=result.rows,
        notes=result.notes,
        file_hash=_digest(job, target),
    )


def _rows(job: Job, plan: ExportPlan, target: Path, meter: Meter) -> ExportResult:
    # Asked again: the owner's rights may have changed since the plan was made.
    resource = registry.get(plan.resource)
    seen = permitted(plan, resource, job.owner)
    result = run_export(seen.plan, resource, target, meter)
    return replace(result, notes=[*seen.notes, *result.notes])


def _report(job: Job, plan: ExportPlan, target: Path, meter: Meter) -> ExportResult:
    return run_report(plan, report_of(plan, job.owner), target, meter)


def _digest(job: Job, target: Path) -> str:
    """Return what tells whether something changed, for those who want to know only then."""
    wanted = job.schedule is not None and job.schedule.only_if_changed
    return content_digest(target) if wanted else ""
