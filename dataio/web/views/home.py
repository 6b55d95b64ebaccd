"""Home: what can I do, what is running, what came of it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dataio.conf import settings
from dataio.errors import UnknownResource
from dataio.models import Job, JobState, SavedReport
from dataio.resources import Resource, registry
from dataio.rights import Right
from dataio.web.permitted import Permitted
from dataio.web.reports import ShownReport
from dataio.web.requests import PersonRequest
from dataio.web.shown import ShownJob
from dataio.web.uploads import size_words

RECENT, RUNNING, REPORTS = 10, 20, 5


@require_safe
@login_required
def home(request: PersonRequest) -> HttpResponse:
    """Drop zone, tiles, jobs that run, the last ten that ended."""
    mine = Job.objects.visible_to(request.user).filter(owner=request.user.pk)
    ended = mine.exclude(state__in=[JobState.WAITING, JobState.RUNNING])
    may, wanted = Permitted(request.user), wanted_resource(request)
    refused = wanted is not None and not wanted.may(request.user, Right.IMPORT)
    context = {
        "may": may,
        "tiles": may.tiles(),
        "wanted": None if refused else wanted,
        "refused": wanted if refused else None,
        "reports": _reports(request),
        "running": [ShownJob(job) for job in mine.active()[:RUNNING]],
        "recent": [ShownJob(job) for job in ended[:RECENT]],
        "largest": size_words(settings.DATAIO_MAX_UPLOAD_BYTES),
        "section": "home",
    }
    return render(request, "dataio/home.html", context)


def _reports(request: PersonRequest) -> list[ShownReport]:
    """Return the reports this person may run that were changed last."""
    found = SavedReport.objects.visible_to(request.user).select_related("owner")
    newest = found.prefetch_related("groups").order_by("-updated_at")[:REPORTS]
    return [ShownReport(one, request.user) for one in newest]


def wanted_resource(request: HttpRequest) -> Resource | None:
    """Return the resource that a tile chose for the next upload."""
    try:
        return registry.get(request.GET.get("resource", ""))
    except UnknownResource:
        return None
