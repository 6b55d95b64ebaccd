"""Schedules: reports that are mailed by themselves. Each is its owner's alone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dataio.jobs import schedules as kept
from dataio.jobs.notify import address_of
from dataio.models import SavedReport, Schedule
from dataio.web.reports import ShownReport
from dataio.web.requests import PersonRequest
from dataio.web.schedule_form import ScheduleForm
from dataio.web.schedules import ShownSchedule
from dataio.web.throttle import count_start


@require_safe
@login_required
def schedules(request: PersonRequest) -> HttpResponse:
    """List the schedules of this person."""
    mine = Schedule.objects.filter(owner=request.user.pk).select_related("report")
    shown = [ShownSchedule(one) for one in mine.order_by("report__name", "pk")]
    context = {"schedules": shown, "section": "schedules"}
    return render(request, "dataio/schedules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def schedule(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a schedule and its runs; pause, resume, run or delete it."""
    one = _schedule_or_404(request, pk)
    if request.method == "POST":
        return _changed(request, one)
    context = {"shown": ShownSchedule(one), "section": "schedules"}
    return render(request, "dataio/schedule.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_schedule(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a report be mailed by itself."""
    report = get_object_or_404(SavedReport.objects.visible_to(request.user), pk=pk)
    return _form(request, _proposed(request, report))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_schedule(request: PersonRequest, pk: int) -> HttpResponse:
    """Change when, to whom and how."""
    return _form(request, _schedule_or_404(request, pk))


def _schedule_or_404(request: PersonRequest, pk: int) -> Schedule:
    mine = Schedule.objects.filter(owner=request.user.pk)
    return get_object_or_404(mine.select_related("report", "owner"), pk=pk)


def _proposed(request: PersonRequest, report: SavedReport) -> Schedule:
    """Return a schedule as most people want it: as their last one, else weekdays at seven."""
    last = Schedule.objects.filter(owner=request.user.pk).order_by("-pk").first()
    zone = last.time_zone if last else timezone.get_default_timezone_name()
    address = address_of(request.user)
    return Schedule(
        report=report,
        owner_id=request.user.pk,
        at="07:00",
        time_zone=zone,
        recipients=[address] if address else [],
    )


def _form(request: PersonRequest, one: Schedule) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ScheduleForm(data, instance=one)
    asked = ShownReport(one.report, request.user, data or _answers(one))
    # Both are asked, so that all that is wrong is said at once.
    if data is not None and all([form.is_valid(), _is_answered(asked)]):
        changed = form.save(commit=False)
        changed.answers = asked.given
        kept.save(changed)
        messages.info(request, _("Saved. %(words)s.") % _words(changed))
        return redirect("dataio:schedule", changed.pk)
    is_wrong = data is not None
    for name in list(form.errors)[:1]:
        form.fields[name].widget.attrs["autofocus"] = True
    context = {"form": form, "asked": asked, "one": one, "section": "schedules"}
    status = 422 if is_wrong else 200
    return render(request, "dataio/schedule_form.html", context, status=status)


def _answers(one: Schedule) -> QueryDict | None:
    """Return what a schedule answers as the form would send it, None for a new one."""
    if not one.answers:
        return None
    data = QueryDict(mutable=True)
    for name, given in one.answers.items():
        data.setlist(name, given if isinstance(given, list) else [given])
    return data


def _is_answered(asked: ShownReport) -> bool:
    if asked.code:
        return asked.code.is_answered
    return not asked.errors


def _words(one: Schedule) -> dict[str, str]:
    return {"words": ShownSchedule(one).words}


def _changed(request: PersonRequest, one: Schedule) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "run":
        count_start(request.user)
        return redirect("dataio:job", kept.run_now(one).pk)
    if action == "delete":
        one.delete()
        said = {"name": one.report.name}
        messages.info(request, _('"%(name)s" is not mailed any more.') % said)
        return redirect("dataio:schedules")
    if action == "pause":
        kept.pause(one)
    elif action == "resume":
        kept.resume(one)
    return redirect("dataio:schedule", one.pk)
