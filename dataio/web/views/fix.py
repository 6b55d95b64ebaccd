"""Fix: the rows with problems in a grid, decisions about them, checked again at once."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dataio.errors import DataioError
from dataio.jobs import correcting, marking, reopening
from dataio.models import JobState
from dataio.rights import Right
from dataio.web.deciding import decision_of_form, decisions_in
from dataio.web.fixing import FixPage
from dataio.web.requests import PersonRequest, answered, job_or_404
from dataio.web.review import is_under_review
from dataio.web.shown import ShownJob
from dataio.web.throttle import count_start
from dataio.web.trouble import status_of


@require_safe
@never_cache
@login_required
def fix(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Only the rows with problems, to be corrected."""
    job = job_or_404(request, job_id, Right.IMPORT)
    if not is_under_review(job):
        return redirect("dataio:job", job_id=job_id)
    context = {"shown": ShownJob(job), "page": FixPage(job, request.GET)}
    return render(request, "dataio/fix.html", context | {"section": "home"})


@require_safe
@never_cache
@login_required
def rejected(request: HttpRequest, job_id: uuid.UUID) -> JsonResponse:
    """Some rows with problems, for the grid."""
    job = job_or_404(request, job_id, Right.IMPORT)
    if job.state != JobState.REVIEW:
        return JsonResponse({"error": _("This is being checked again.")}, status=409)
    page = FixPage(job, request.GET)
    html = render_to_string("dataio/parts/rejected_rows.html", {"page": page})
    total = page.rejected.total
    return JsonResponse({"total": total, "start": page.start, "html": html})


@require_POST
@login_required
def marked(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """Make the person's own workbook with the bad cells marked, as a job with a bar."""
    job = job_or_404(request, job_id, Right.IMPORT)
    if job.state != JobState.REVIEW:
        return redirect("dataio:review", job_id=job_id)
    count_start(request.user)
    made = marking.ask_marked(request.user, job)
    return redirect("dataio:job", job_id=made.pk)


@require_POST
@login_required
def decide(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Take decisions, from a script as JSON or from a form, and check again.

    409: the job has moved on, or is being checked; 422: a decision makes no sense.
    """
    job = job_or_404(request, job_id, Right.IMPORT)
    scripted = request.content_type == "application/json"
    try:
        decisions = (
            decisions_in(request.body) if scripted else [decision_of_form(request.POST)]
        )
        correcting.decide(job, decisions)
    except DataioError as error:
        if scripted:
            moved = job.state != JobState.REVIEW
            status = status_of(error, 409 if moved else 422)
            return JsonResponse({"error": error.message}, status=status)
        messages.warning(request, error.message)
    if scripted:
        job.refresh_from_db()
        return JsonResponse({"state": job.state})
    back = "dataio:fix" if request.POST.get("back") == "fix" else "dataio:review"
    return redirect(back, job_id=job_id)


@require_POST
@login_required
def take_back(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Forget one decision, or all of them, and check the whole file again."""
    job = job_or_404(request, job_id, Right.IMPORT)
    form, row = request.POST, request.POST.get("row", "")
    try:
        if form.get("all") == "yes":
            reopening.take_all_back(job)
        else:
            number = int(row) if row.isdecimal() else None
            column, value = form.get("column", ""), form.get("value", "")
            reopening.take_back(job, column, value, number)
    except DataioError as error:
        return answered(request, job, error.message)
    return answered(request, job)
