"""What views ask of a request."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect

from dataio.models import Job, JobState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class PersonRequest(HttpRequest):
    """A request of a person who is signed in: what a view behind login_required gets."""

    user: AbstractBaseUser  # type: ignore[assignment]


def job_or_404(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """Return the job if this person may see it; strangers learn nothing, not even that it is there."""
    return get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)


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
