"""Review: what will change, what is wrong; decide, correct, import or discard."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dataio.errors import DataioError
from dataio.jobs import audit, lifecycle, removing
from dataio.jobs.conflicts import CHOICES, ask_again, decide_conflicts
from dataio.models import AuditAction, Job, JobState
from dataio.rights import Right
from dataio.web.difference import HEAD, Difference
from dataio.web.requests import PersonRequest, answered, job_or_404
from dataio.web.review import ReviewPage, is_under_review
from dataio.web.sending import attached
from dataio.web.shown import ShownJob
from dataio.web.throttle import count_start
from dataio.web.views.results import CONTENT_TYPES


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def review(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """Show what was found; load it when the person says so."""
    job = job_or_404(request, job_id, Right.IMPORT)
    if request.method == "POST":
        return _load(request, job)
    if not is_under_review(job):
        return redirect("dataio:job", job_id=job_id)
    page = ReviewPage(job, request.GET)
    context = {"shown": ShownJob(job), "page": page, "section": "home"}
    return render(request, "dataio/review.html", context)


@require_POST
@login_required
def conflicts(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Decide whose values stay in rows that somebody else changed, too, and compare again."""
    job = job_or_404(request, job_id, Right.IMPORT)
    choice, row = request.POST.get("choice", ""), request.POST.get("row", "")
    try:
        if choice == "ask":
            ask_again(job)
        elif choice in CHOICES:
            decide_conflicts(job, choice, [int(row)] if row.isdecimal() else [])
    except DataioError as error:
        return answered(request, job, error.message)
    return answered(request, job)


@require_POST
@login_required
def reopen(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Go back to the columns of a checked import."""
    job = job_or_404(request, job_id, Right.IMPORT)
    try:
        lifecycle.reopen(job)
    except DataioError as error:
        messages.warning(request, error.message)
    return redirect("dataio:map", job_id=job_id)


@require_safe
@never_cache
@login_required
def changes(request: HttpRequest, job_id: uuid.UUID) -> JsonResponse:
    """Some rows of the difference, for the grid: kind, column and start as on the page."""
    job = job_or_404(request, job_id, Right.IMPORT)
    if job.state != JobState.REVIEW:
        return JsonResponse({"error": _("This is being checked again.")}, status=409)
    page = ReviewPage(job, request.GET)
    html = render_to_string("dataio/parts/change_rows.html", {"page": page})
    return JsonResponse(
        {"total": page.changes.total, "start": page.start, "html": html}
    )


@require_safe
@never_cache
@login_required
def difference(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The whole difference as a file, narrowed as on the page."""
    job = job_or_404(request, job_id, Right.IMPORT)
    if job.state != JobState.REVIEW:
        return redirect("dataio:review", job_id=job_id)
    page = ReviewPage(job, request.GET)
    parts = Difference(job, part=page.part, kind=page.kind, column=page.column)
    kind = CONTENT_TYPES[".csv"]
    response = StreamingHttpResponse(_pieces(parts), content_type=kind)
    name = _("%(file)s changes.csv") % {"file": Path(job.file_name).stem}
    audit.note(AuditAction.DOWNLOADED, job=job, about=name)
    return attached(response, name)


async def _pieces(parts: Difference) -> AsyncIterator[str]:
    # Page by page, each in a thread: the whole may be a million lines.
    start: int | None = HEAD
    while start is not None:
        text, start = await sync_to_async(partial(parts.piece, start))()
        yield text


def _load(request: PersonRequest, job: Job) -> HttpResponse:
    page = ReviewPage(job, {})
    count_start(request.user)
    try:
        if page.is_ready and page.obstacle:
            raise DataioError(page.obstacle)
        with transaction.atomic():
            if page.removal:
                # Asked for on the mapping page; without the second yes all records stay.
                yes = request.POST.get("remove") == "yes"
                removing.decide_removal(job, remove=yes, anyway=yes)
            lifecycle.accept_review(job)
    except DataioError as error:
        messages.warning(request, error.message)
        job.refresh_from_db()
        return redirect(
            "dataio:review" if is_under_review(job) else "dataio:job", job_id=job.pk
        )
    return redirect("dataio:job", job_id=job.pk)
