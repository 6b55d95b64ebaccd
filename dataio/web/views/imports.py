"""Imports: take a workbook, let the person say what its columns mean, start."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from dataio.conf import settings
from dataio.errors import DataioError
from dataio.jobs import intake, permitting, recipes, recognising
from dataio.models import Job, JobKind, JobState
from dataio.web.forms import UploadForm
from dataio.web.map_recipe import map_page
from dataio.web.mapping import MapPage
from dataio.web.requests import PersonRequest, job_or_404, wants_json
from dataio.web.shown import ShownJob
from dataio.web.throttle import count_start, count_upload
from dataio.web.trouble import status_of
from dataio.web.uploads import too_large_sentence
from dataio.web.views.recipes import saved_sentence


@require_POST
@login_required
def upload(request: PersonRequest) -> HttpResponse:
    """Keep a workbook and go on to its columns. Scripts get the address, or a sentence, as JSON."""
    count_upload(request.user)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, str(form.errors["file"][0]), status=400)
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    if (file.size or 0) > settings.DATAIO_MAX_UPLOAD_BYTES:
        return _refused(request, too_large_sentence(), status=413)
    try:
        job = intake.receive_upload(request.user, file, get_language() or "en")
        known = recognising.start_if_known(job)
    except DataioError as error:
        return _refused(request, error.message, status=status_of(error, 400))
    url = reverse("dataio:job" if known else "dataio:map", args=[job.pk])
    if not known and (wanted := request.POST.get("resource")):
        url += "?" + urlencode({"resource": wanted})
    return JsonResponse({"url": url}) if wants_json(request) else redirect(url)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def map_columns(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """Show what was understood of a workbook; start the import with what the person decided."""
    job = job_or_404(request, job_id)
    if job.state != JobState.DRAFT or job.kind != JobKind.IMPORT:
        return redirect("dataio:job", job_id=job_id)
    permitting.require_upload(request.user)
    page = map_page(request, job)
    errors: list[str] = []
    status = 422
    action = request.POST.get("action", "")
    if request.method == "POST" and action != "preview":
        errors = page.about_twice
        try:
            if not errors:
                return (
                    _save(request, page, job)
                    if action == "save"
                    else _start(request, page, job)
                )
        except DataioError as error:
            errors, status = [error.message], status_of(error, 422)
    context = {
        "shown": ShownJob(job),
        "page": page,
        "errors": errors,
        "section": "home",
    }
    return render(request, "dataio/map.html", context, status=status if errors else 200)


def _start(request: PersonRequest, page: MapPage, job: Job) -> HttpResponse:
    if asked := page.all_questions:
        raise DataioError(" ".join(asked))
    count_start(request.user)
    plan = page.plan.with_changes(check_first=True)
    recipes.start(job, plan, page.known.recipe if page.known else None)
    return redirect("dataio:review", job_id=job.pk)


def _save(request: PersonRequest, page: MapPage, job: Job) -> HttpResponse:
    """Save what is decided as a recipe, and go on with it."""
    known = page.known.recipe.fixes if page.known else []
    name = request.POST.get("recipe_name", "")
    one = recipes.save(request.user, name, page.plan, page.sheet.headers, fixes=known)
    messages.info(request, saved_sentence(one))
    place = {"recipe": one.pk, "sheet": page.sheet.name}
    return redirect(f"{reverse('dataio:map', args=[job.pk])}?{urlencode(place)}")


def _refused(request: PersonRequest, sentence: str, *, status: int) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": sentence}, status=status)
    messages.error(request, sentence)
    return redirect("dataio:home")
