"""What a job leaves behind: its problems."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dataio.jobs import audit
from dataio.models import AuditAction, Job
from dataio.web.problems import as_csv, column_names, groups_of, narrowed
from dataio.web.requests import job_or_404
from dataio.web.sending import attached
from dataio.web.shown import ShownJob

PROBLEMS_PER_PAGE = 100
CONTENT_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@login_required
def problems(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """All problems, row by row; ?format=csv is the list as a file."""
    job = job_or_404(request, job_id)
    if request.GET.get("format") == "csv":
        return _csv(job)
    column, text = request.GET.get("column", ""), request.GET.get("text", "").strip()
    found = narrowed(job, column, text)
    names = column_names(job)
    page = Paginator(found, PROBLEMS_PER_PAGE).get_page(request.GET.get("page"))
    used = job.problems.order_by("column").values_list("column", flat=True).distinct()
    context = {
        "shown": ShownJob(job),
        "page": page,
        "rows": [(one, names.get(one.column, one.column)) for one in page.object_list],
        "columns": [(name, names.get(name, name)) for name in used if name],
        "column": column,
        "text": text,
        "groups": groups_of(job),
        "section": "jobs",
    }
    return render(request, "dataio/problems.html", context)


def _csv(job: Job) -> HttpResponse:
    name = f"{Path(job.file_name).stem} problems.csv"
    audit.note(AuditAction.DOWNLOADED, job=job, about=name)
    # Whole in memory: there are at most DATAIO_MAX_PROBLEMS lines.
    return attached(
        HttpResponse("".join(as_csv(job)), content_type=CONTENT_TYPES[".csv"]), name
    )
