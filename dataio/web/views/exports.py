"""Exports: choose what goes into the file, start, or save it as a report."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dataio.errors import DataioError, TooManyJobs
from dataio.exports.select import ExportPlan
from dataio.jobs import intake, reports
from dataio.models import SavedReport
from dataio.resources import Resource
from dataio.rights import Right
from dataio.web.export_query import plan_query
from dataio.web.exporting import ExportPage
from dataio.web.requests import PersonRequest, resource_or_404
from dataio.web.throttle import count_start
from dataio.web.trouble import status_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def export(request: PersonRequest, resource: str) -> HttpResponse:
    """Show what the file will hold; write it with what the person decided.

    With ?part=live only what follows each change: count, first rows, summary.
    """
    page = _page(request, resource)
    if request.method == "POST":
        return _started(request, page)
    part = request.GET.get("part") == "live"
    return render(
        request,
        "dataio/parts/export_live.html" if part else "dataio/export.html",
        {"page": page, "section": page.section},
    )


@require_POST
@login_required
def save_report(request: PersonRequest, resource: str) -> HttpResponse:
    """Save what was chosen on the export page as a report, new or changed."""
    page = _page(request, resource)
    if page.start_errors:
        return _refused(request, page, page.start_errors)
    name, questions = request.POST.get("report-name", ""), page.sentences.questions
    try:
        if request.POST.get("report-save") == "change" and page.may_change:
            report = page.report
            assert report is not None  # noqa: S101 - `may_change` says so
            reports.rename(report, name)
            reports.change(report, page.plan, questions)
        else:
            report = reports.save(request.user, name, page.plan, questions)
    except DataioError as error:
        return _refused(request, page, [error.message])
    messages.info(request, _('"%(name)s" is saved.') % {"name": report.name})
    return redirect("dataio:report", report.pk)


def _page(request: PersonRequest, label: str) -> ExportPage:
    resource = resource_or_404(request, label, Right.EXPORT)
    data: QueryDict = request.POST or request.GET
    pk = data.get("export-report", "")
    report = None
    if pk:
        if not pk.isdecimal():
            raise Http404
        mine = SavedReport.objects.visible_to(request.user)
        report = get_object_or_404(mine, pk=pk, resource=resource.label)
    if report is not None and "export-sent" not in data:
        data = _saved_query(report, resource)
    return ExportPage(resource, data, request.user, report)


def _saved_query(report: SavedReport, resource: Resource) -> QueryDict:
    plan = ExportPlan.from_data(report.plan)
    return plan_query(plan, resource, report.questions)


def _started(request: PersonRequest, page: ExportPage) -> HttpResponse:
    if page.start_errors:
        return _refused(request, page, page.start_errors)
    language = get_language() or "en"
    count_start(request.user)
    try:
        job = intake.create_export(request.user, page.plan, page.file_name, language)
    except TooManyJobs as error:
        return _refused(request, page, [error.message], status_of(error, 422))
    return redirect("dataio:job", job_id=job.pk)


def _refused(
    request: PersonRequest, page: ExportPage, errors: list[str], status: int = 422
) -> HttpResponse:
    context = {"page": page, "errors": errors, "section": page.section}
    return render(request, "dataio/export.html", context, status=status)
