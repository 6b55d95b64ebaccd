"""Undo: what would happen, then the button."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataio.errors import DataioError
from dataio.jobs import undoing
from dataio.rights import Right
from dataio.web.requests import PersonRequest, job_or_404
from dataio.web.shown import ShownJob
from dataio.web.throttle import count_start
from dataio.web.undone import ShownPreview


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def undo(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """Count what an undo would do; start it."""
    job = job_or_404(request, job_id, Right.UNDO)
    if request.method == "POST":
        count_start(request.user)
    try:
        if request.method == "POST":
            asked = undoing.ask_undo(request.user, job)
            return redirect("dataio:job", job_id=asked.pk)
    except DataioError as error:
        messages.warning(request, error.message)
        return redirect("dataio:job", job_id=job_id)
    if sentence := undoing.refusal(job):
        messages.info(request, sentence)
        return redirect("dataio:job", job_id=job_id)
    preview = undoing.preview_undo(job)
    context = {
        "shown": ShownJob(job),
        "preview": preview,
        "says": ShownPreview(preview),
        "section": "jobs",
    }
    return render(request, "dataio/undo.html", context)
