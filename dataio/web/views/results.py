"""What a job leaves behind: its problems, its file."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataio.jobs.files import result_path
from dataio.models import Job, JobState
from dataio.web.problems import as_csv, column_names, groups_of, narrowed
from dataio.web.requests import job_or_404
from dataio.web.shown import ShownJob

Response = TypeVar("Response", bound=HttpResponseBase)
PROBLEMS_PER_PAGE = 100
PIECE_BYTES = 1024 * 1024
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


@require_safe
@never_cache
@login_required
def download(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The exported file, once it is whole."""
    job = job_or_404(request, job_id)
    path = result_path(job) if job.state == JobState.DONE else None
    if path is None:
        raise Http404
    kind = CONTENT_TYPES.get(
        Path(job.file_name).suffix.lower(), "application/octet-stream"
    )
    response = StreamingHttpResponse(pieces(path), content_type=kind)
    response["Content-Length"] = str(path.stat().st_size)
    return attached(response, job.file_name)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """Yield a file in pieces of a megabyte.

    Read in a thread, and only as fast as the browser takes them: FileResponse would hold
    the whole file in memory under ASGI.
    """
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)


def _csv(job: Job) -> HttpResponse:
    name = f"{Path(job.file_name).stem} problems.csv"
    # Whole in memory: there are at most DATAIO_MAX_PROBLEMS lines.
    return attached(
        HttpResponse("".join(as_csv(job)), content_type=CONTENT_TYPES[".csv"]), name
    )


def attached(response: Response, name: str) -> Response:
    """Let the browser keep the response as a file of that name."""
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
