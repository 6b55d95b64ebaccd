"""What views ask of a request."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from dataio.errors import UnknownResource
from dataio.jobs import audit
from dataio.models import AuditAction, Job, JobState
from dataio.resources import Resource, registry
from dataio.rights import Right, require

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class PersonRequest(HttpRequest):
    """A request of a person who is signed in: what a view behind login_required gets."""

    user: AbstractBaseUser  # type: ignore[assignment]


def job_or_404(
    request: HttpRequest, job_id: uuid.UUID, right: Right | None = None
) -> Job:
    """Return the job if this person may see it; strangers learn nothing, not even that it is there.

    `right`: what they must be permitted to do with its resource, else NotPermitted is raised.
    """
    job = Job.objects.visible_to(request.user).filter(pk=job_id).first()
    if job is None:
        if Job.objects.filter(pk=job_id).exists():
            audit.note(AuditAction.DENIED, about=request.path, job_id=job_id)
        raise Http404
    if right is not None and job.resource:
        require(_person(request), right, registry.get(job.resource))
    return job


def resource_or_404(request: HttpRequest, label: str, right: Right) -> Resource:
    """Return a resource of which this person has a right, else raise NotPermitted."""
    try:
        resource = registry.get(label)
    except UnknownResource:
        raise Http404 from None
    require(_person(request), right, resource)
    return resource


def _person(request: HttpRequest) -> AbstractBaseUser:
    # Behind login_required; `None` would be the terminal, which may do all.
    return cast("AbstractBaseUser", request.user)


def wants_json(request: HttpRequest) -> bool:
    return (
        request.get_preferred_type(["text/html", "application/json"])
        == "application/json"
    )


def answered(request: HttpRequest, job: Job, error: str = "") -> HttpResponse:
    """Answer a form about a checked job: scripts get its state, others its page.

    `error`: why it was refused; scripts get 409 when the job has moved on, else 422.
    """
    if wants_json(request):
        job.refresh_from_db()
        if not error:
            return JsonResponse({"state": job.state})
        status = 422 if job.state == JobState.REVIEW else 409
        return JsonResponse({"error": error}, status=status)
    if error:
        messages.warning(request, error)
    back = "dataio:fix" if request.POST.get("back") == "fix" else "dataio:review"
    return redirect(back, job_id=job.pk)
