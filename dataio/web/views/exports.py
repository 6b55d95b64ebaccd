"""Exports: choose what goes into the file, start."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from dataio.errors import DataioError, UnknownResource
from dataio.jobs import intake
from dataio.resources import Resource, registry
from dataio.web.exporting import ExportPage
from dataio.web.requests import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def export(request: PersonRequest, resource: str) -> HttpResponse:
    """Show what the file will hold; write it with what the person decided."""
    page = ExportPage(_resource_or_404(resource), request.POST or request.GET)
    errors: list[str] = []
    if request.method == "POST":
        errors = page.errors
        try:
            if not errors:
                language = get_language() or "en"
                job = intake.create_export(
                    request.user, page.plan, page.file_name, language
                )
                return redirect("dataio:job", job_id=job.pk)
        except DataioError as error:
            errors = [error.message]
    context = {"page": page, "errors": errors, "section": "home"}
    return render(request, "dataio/export.html", context, status=422 if errors else 200)


def _resource_or_404(label: str) -> Resource:
    try:
        return registry.get(label)
    except UnknownResource:
        raise Http404 from None
