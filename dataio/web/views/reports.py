"""Reports: what was saved, run with one click, shared, copied, changed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dataio.errors import DataioError, NotPermitted
from dataio.exports.select import ExportPlan
from dataio.jobs import reports as saved
from dataio.jobs.sharing import share
from dataio.models import SavedReport
from dataio.reports import reports as code_reports
from dataio.web.code_reports import CodeReport
from dataio.web.permitted import Permitted
from dataio.web.reports import ShownReport
from dataio.web.requests import PersonRequest
from dataio.web.throttle import count_start


@require_safe
@login_required
def reports(request: PersonRequest) -> HttpResponse:
    """List the reports this person may run."""
    found = SavedReport.objects.visible_to(request.user).select_related("owner")
    shown = [ShownReport(one, request.user) for one in found.prefetch_related("groups")]
    made = [CodeReport(one) for one in code_reports.of_user(request.user)]
    context = {
        "reports": shown,
        "made": made,
        "may": Permitted(request.user),
        "section": "reports",
    }
    return render(request, "dataio/reports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def code_report(request: PersonRequest, label: str) -> HttpResponse:
    """Show a report that code makes; run it with the answers, or save it with them."""
    found = [one for one in code_reports.of_user(request.user) if one.label == label]
    if not found:
        raise Http404
    typed = request.POST if request.method == "POST" else None
    one = CodeReport(found[0], typed=typed)
    errors: list[str] = []
    if one.is_answered:
        try:
            return _run_or_save(request, one)
        except DataioError as error:
            errors = [error.message]
    context = {
        "one": one,
        "errors": [*errors, *one.errors],
        "jobs": one.jobs(request.user),
        "section": "reports",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "dataio/code_report.html", context, status=status)


def _run_or_save(request: PersonRequest, one: CodeReport) -> HttpResponse:
    label = one.report.label
    if "report-save" in request.POST:
        plan = ExportPlan(resource="", report=label, answers=one.given)
        report = saved.save(request.user, request.POST.get("report-name", ""), plan)
        messages.info(request, _('"%(name)s" is saved.') % {"name": report.name})
        return redirect("dataio:report", report.pk)
    count_start(request.user)
    language = get_language() or "en"
    job = saved.run_code(label, request.user, one.given, language)
    return redirect("dataio:job", job_id=job.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def report(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a report; its owner may rename, share and delete it, everybody copy it."""
    one = _report_or_404(request, pk)
    if request.method == "POST":
        return _changed(request, one)
    return _shown(request, ShownReport(one, request.user))


@require_POST
@login_required
def run(request: PersonRequest, pk: int) -> HttpResponse:
    """Start a report with the answers to its questions."""
    one = _report_or_404(request, pk)
    asks = "report-answers" in request.POST
    shown = ShownReport(one, request.user, request.POST if asks else None)
    if shown.asks and not asks:
        return redirect("dataio:report", pk)
    if shown.errors or (shown.code and asks and not shown.code.is_answered):
        return _shown(request, shown, status=422)
    count_start(request.user)
    language = get_language() or "en"
    job = saved.run_report(one, request.user, shown.given, language=language)
    return redirect("dataio:job", job_id=job.pk)


def _report_or_404(request: PersonRequest, pk: int) -> SavedReport:
    return get_object_or_404(SavedReport.objects.visible_to(request.user), pk=pk)


def _shown(
    request: PersonRequest, shown: ShownReport, status: int = 200
) -> HttpResponse:
    context = {"shown": shown, "section": "reports"}
    return render(request, "dataio/report.html", context, status=status)


def _changed(request: PersonRequest, one: SavedReport) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if action == "duplicate":
            copy = saved.duplicate(one, request.user)
            messages.info(request, _('"%(name)s" is yours.') % {"name": copy.name})
            return redirect("dataio:report", copy.pk)
        if one.owner_id != request.user.pk:
            raise NotPermitted(_("Only its owner can change a report."))
        if action == "delete":
            one.delete()
            messages.info(request, _('"%(name)s" is deleted.') % {"name": one.name})
            return redirect("dataio:reports")
        _change(request, one, action)
    except DataioError as error:
        messages.error(request, error.message)
    return redirect("dataio:report", one.pk)


def _change(request: PersonRequest, one: SavedReport, action: str) -> None:
    if action == "rename":
        saved.rename(one, request.POST.get("name", ""))
    elif action == "share":
        wanted = [pk for pk in request.POST.getlist("groups") if pk.isdigit()]
        share(one, request.user, Group.objects.filter(pk__in=wanted))
