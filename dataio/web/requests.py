"""What views ask of a request."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from dataio.models import Job

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
