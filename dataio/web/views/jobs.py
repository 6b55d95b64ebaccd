"""Jobs: where is it, what came out, where did everything go."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dataio.errors import DataioError
from dataio.jobs import audit, lifecycle
from dataio.jobs.again import try_again
from dataio.models import ENDED, AuditAction, Job, JobState
from dataio.web.forms import JobFilter, people_of
from dataio.web.permitted import Permitted, PermittedJob
from dataio.web.problems import groups_of
from dataio.web.requests import PersonRequest, job_or_404, wants_json
from dataio.web.review import is_under_review
from dataio.web.shown import ShownJob, wire
from dataio.web.throttle import count_start

JOBS_PER_PAGE = 50


@require_safe
@login_required
def jobs(request: PersonRequest) -> HttpResponse:
    """All jobs of this person, newest first."""
    visible = Job.objects.visible_to(request.user).select_related("owner")
    people = people_of(visible)
    form = JobFilter(request.GET, people)
    page = Paginator(form.narrow(visible), JOBS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page": page,
        "shown": [ShownJob(job) for job in page.object_list],
        "takes_new": page.number == 1 and not form.chosen,
        "section": "jobs",
        "choosable": True,
        "by_others": len(people) > 1,
        "may": Permitted(request.user),
    }
    return render(request, "dataio/jobs.html", context)


@require_safe
@login_required
def job(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """One job. With ?part=result only what replaces the bar's surroundings after the end."""
    found = job_or_404(request, job_id)
    if found.state == JobState.DRAFT:
        return redirect("dataio:map", job_id=job_id)
    if is_under_review(found):
        return redirect("dataio:review", job_id=job_id)
    part = request.GET.get("part") == "result"
    context = {
        "shown": ShownJob(found),
        "groups": groups_of(found),
        "may": PermittedJob(request.user, found),
        "section": "jobs",
    }
    template = "dataio/parts/result.html" if part else "dataio/job.html"
    return render(request, template, context)


@require_safe
@login_required
def job_row(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One line of a list of jobs."""
    found = ShownJob(job_or_404(request, job_id))
    context = {"shown": found, "choosable": "choosable" in request.GET}
    return render(request, "dataio/parts/job_row.html", context)


@require_safe
@never_cache
@login_required
def status(request: HttpRequest, job_id: uuid.UUID) -> JsonResponse:
    """The newest snapshot: the same message as the socket's."""
    return JsonResponse(wire(job_or_404(request, job_id)))


@require_POST
@login_required
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Ask a job to stop."""
    found = job_or_404(request, job_id)
    draft = found.state == JobState.DRAFT
    try:
        _cancel(found)
    except DataioError as error:
        messages.warning(request, error.message)
    if wants_json(request):
        found.refresh_from_db()
        return JsonResponse(wire(found))
    return redirect("dataio:home") if draft else redirect("dataio:job", job_id=job_id)


@require_POST
@login_required
def again(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """Start once more what failed or was stopped."""
    found = job_or_404(request, job_id)
    count_start(request.user)
    try:
        fresh = try_again(request.user, found)
    except DataioError as error:
        messages.warning(request, error.message)
        return redirect("dataio:job", job_id=job_id)
    return redirect("dataio:job", job_id=fresh.pk)


@require_POST
@login_required
def cancel_chosen(request: HttpRequest) -> HttpResponse:
    """Ask the chosen jobs of the list to stop; those that have ended meanwhile stay as they are."""
    chosen = [pk for pk in request.POST.getlist("job") if _is_id(pk)][:JOBS_PER_PAGE]
    visible = Job.objects.visible_to(request.user).filter(pk__in=chosen)
    stopped = 0
    for found in visible.exclude(state__in=ENDED):
        with suppress(DataioError):
            _cancel(found)
            stopped += 1
    words = ngettext(
        "%(count)s job was asked to stop.",
        "%(count)s jobs were asked to stop.",
        stopped,
    )
    messages.info(request, words % {"count": stopped})
    back = request.POST.get("back", "")
    query = f"?{back}" if back else ""
    return redirect(reverse("dataio:jobs") + query)


@transaction.atomic
def _cancel(job: Job) -> None:
    lifecycle.cancel(job)
    audit.note(AuditAction.CANCELLED, job=job)


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
