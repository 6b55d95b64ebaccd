"""The file of a job, for those who may have it: its page, and itself."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataio.errors import UnknownReport, UnknownResource
from dataio.exports.select import ExportPlan
from dataio.jobs import audit, permitting
from dataio.jobs.files import content_type, result_path
from dataio.models import AuditAction, Download, Job, JobKind
from dataio.web.delivered import ShownFile
from dataio.web.sending import send_file, starts_at_the_beginning
from dataio.web.shown import ShownJob


@require_safe
@never_cache
@login_required
def file(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Say what the file is and how long it is kept; where a mailed link leads."""
    return _page(request, _job_or_404(request, job_id))


@require_safe
@login_required
def download(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The file, once it is whole and while it is kept; from any byte on."""
    job = _job_or_404(request, job_id)
    path = result_path(job)
    if path is None:
        return _page(request, job)
    try:
        response = send_file(request, path, job.file_name, content_type(job))
    except FileNotFoundError:  # removed at this very moment
        return _page(request, job)
    if request.method == "GET" and starts_at_the_beginning(response):
        with transaction.atomic():
            Download.objects.create(job=job, person_id=request.user.pk)
            audit.note(
                AuditAction.DOWNLOADED, job=job, details={"bytes": job.file_size}
            )
    return response


def _job_or_404(request: HttpRequest, job_id: uuid.UUID) -> Job:
    allowed = Job.objects.downloadable_by(request.user).select_related("report")
    job = get_object_or_404(allowed, pk=job_id)
    if not ShownFile(job).was_made:
        raise Http404
    if job.kind == JobKind.EXPORT and job.plan and job.owner_id == request.user.pk:
        # What others gave to this person is theirs; what they exported needs the right.
        with suppress(UnknownResource, UnknownReport):
            permitting.require_export(job.owner, ExportPlan.from_data(job.plan))
    return job


def _page(request: HttpRequest, job: Job) -> HttpResponse:
    shown = ShownJob(job)
    own = Job.objects.visible_to(request.user).filter(pk=job.pk).exists()
    context = {"shown": shown, "sees_job": own, "section": "jobs" if own else ""}
    status = 200 if shown.file.is_there else 410
    return render(request, "dataio/file.html", context, status=status)
