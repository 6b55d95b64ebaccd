"""Saved reports: an export that a person named, to be run again, shared and delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.errors import DataioError, NotPermitted
from dataio.exports.reporting import report_of
from dataio.exports.select import ExportPlan
from dataio.jobs import intake
from dataio.models import Job, SavedReport, Schedule
from dataio.writers import FORMATS

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

Answers = Mapping[str, Any]
"""Question -> what was typed: a filter's value or values, or a field of a report's form."""


def run_report(
    report: SavedReport,
    owner: AbstractBaseUser,
    answers: Answers,
    *,
    schedule: Schedule | None = None,
    language: str = "",
) -> Job:
    """Start the export of a report, which belongs to `owner` from then on; return its job.

    `answers`: to the report's questions; those that are not answered keep the saved value.
    Days such as "last month" begin and end in the schedule's time zone, else in the plan's.
    Raises NotPermitted when the owner may not see the report.
    """
    if not SavedReport.objects.visible_to(owner).filter(pk=report.pk).exists():
        raise NotPermitted(_("This report is not shared with you any more."))
    plan = report_plan(report, answers)
    if schedule is not None:
        plan = replace(plan, time_zone=schedule.time_zone)
    return intake.create_export(
        owner,
        plan,
        file_name(report.name, plan),
        language,
        origin=intake.Origin(report=report, schedule=schedule),
    )


def run_code(
    label: str, owner: AbstractBaseUser, answers: Answers, language: str = ""
) -> Job:
    """Start a report that code makes, without saving it; return its job.

    Raises UnknownReport, NotPermitted when the owner may not run it.
    """
    plan = ExportPlan(resource="", report=label, answers=dict(answers))
    name = str(report_of(plan, owner).name)
    return intake.create_export(owner, plan, file_name(name, plan), language)


def report_plan(report: SavedReport, answers: Answers) -> ExportPlan:
    """Return what a report exports when its questions are answered so."""
    plan = ExportPlan.from_data(report.plan)
    if report.code:
        return replace(plan, report=report.code, answers={**plan.answers, **answers})
    asked = {name: answers[name] for name in report.questions if name in answers}
    filters = {name: value for name, value in (plan.filters | asked).items() if value}
    return replace(plan, filters=filters)


def file_name(name: str, plan: ExportPlan) -> str:
    """Return the name of a report's file: what it is, and of which day."""
    zone = ZoneInfo(plan.time_zone) if plan.time_zone else None
    day = timezone.localdate(timezone=zone).isoformat()
    bare = intake.legal_name(name) or _("Report")
    return f"{bare} {day}{FORMATS[plan.format].suffix}"


@transaction.atomic
def save(
    owner: AbstractBaseUser,
    name: str,
    plan: ExportPlan,
    questions: Sequence[str] = (),
) -> SavedReport:
    """Save a new report. Raises DataioError without a name, or when this person has one so called."""
    name = _named(name)
    _refuse_taken(SavedReport(owner_id=owner.pk), name)
    return SavedReport.objects.create(
        owner_id=owner.pk,
        name=name,
        resource=plan.resource,
        code=plan.report,
        plan=_plain(plan),
        questions=list(questions),
    )


def change(
    report: SavedReport, plan: ExportPlan, questions: Sequence[str] = ()
) -> None:
    """Let a report export something else."""
    report.plan, report.questions = _plain(plan), list(questions)
    report.resource, report.code = plan.resource, plan.report
    report.save()


def rename(report: SavedReport, name: str) -> None:
    """Give a report another name. Raises DataioError without one, or when it is taken."""
    name = _named(name)
    _refuse_taken(report, name)
    report.name = name
    report.save(update_fields=["name", "updated_at"])


@transaction.atomic
def duplicate(report: SavedReport, owner: AbstractBaseUser) -> SavedReport:
    """Return a copy that belongs to this person and is shared with nobody."""
    mine = SavedReport.objects.filter(owner=owner.pk).values_list("name", flat=True)
    return SavedReport.objects.create(
        owner_id=owner.pk,
        name=_free_name(report.name, set(mine)),
        resource=report.resource,
        code=report.code,
        plan=report.plan,
        questions=report.questions,
    )


def _free_name(name: str, taken: set[str]) -> str:
    number = 1
    while True:
        number += 1
        tail = f" ({number})"
        proposed = name[: _longest() - len(tail)] + tail
        if proposed not in taken:
            return proposed


def _refuse_taken(report: SavedReport, name: str) -> None:
    others = SavedReport.objects.filter(owner=report.owner_id, name=name)
    if others.exclude(pk=report.pk).exists():
        raise DataioError(
            _('There is a report "%(name)s" already. Choose another name.')
            % {"name": name}
        )


def _plain(plan: ExportPlan) -> dict[str, Any]:
    """Return the plan as the database gives it back."""
    plain: dict[str, Any] = json.loads(json.dumps(plan.as_data(), default=str))
    return plain


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise DataioError(_("Give the report a name."))
    if len(name) > _longest():
        raise DataioError(
            _("This name is too long. At most %(most)s characters are allowed.")
            % {"most": _longest()}
        )
    return name


def _longest() -> int:
    return int(SavedReport._meta.get_field("name").max_length or 0)
