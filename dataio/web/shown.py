"""What pages say of a job: its title, how it stands, how it ended, in words and numbers."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from dataio.errors import UnknownReport, UnknownResource
from dataio.jobs import broadcast
from dataio.jobs.again import UNFINISHED, refusal
from dataio.models import Job, JobKind, JobState
from dataio.reports import reports
from dataio.resources import registry
from dataio.web.delivered import ShownFile
from dataio.web.figures import Figure, import_figures, undo_figures
from dataio.web.undone import ShownUndo
from dataio.web.words import duration_words, waiting_words


class ShownJob:
    """A job as pages show it."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    def pk(self) -> str:
        return str(self.job.pk)

    @property
    def is_import(self) -> bool:
        return self.job.kind == JobKind.IMPORT

    @property
    def is_undo(self) -> bool:
        return self.job.kind == JobKind.UNDO

    @property
    def is_mark(self) -> bool:
        return self.job.kind == JobKind.MARK

    @property
    def marks_pk(self) -> str:
        """The import whose problems are marked."""
        return str(self.job.plan.get("import", ""))

    @cached_property
    def undo(self) -> ShownUndo:
        """The undo of this import."""
        return ShownUndo(self.job)

    @cached_property
    def file(self) -> ShownFile:
        """The file that this job made."""
        return ShownFile(self.job)

    @property
    def things(self) -> str:
        """What is moved: "products"; for a draft not known yet, "rows"."""
        try:
            names = [registry.get(label).verbose_name_plural for label in self._labels]
        except UnknownResource:
            names = [self.job.resource] if self.job.resource else []
        return _(" and ").join(names) or _("rows")

    @property
    def _labels(self) -> list[str]:
        """The resources whose records are moved: those of a file's other parts too."""
        parts = self.job.plan.get("parts", []) if self.is_import else []
        return [self.job.resource, *(one["resource"] for one in parts)]

    @property
    def title(self) -> str:
        if label := self.job.plan.get("report"):
            return _report_name(label)
        if not self.job.resource:
            return _("Import")
        if self.is_mark:
            return _("Mark the problems of %(things)s") % {"things": self.things}
        if self.is_undo:
            return _("Undo the import of %(things)s") % {"things": self.things}
        text = _("Import %(things)s") if self.is_import else _("Export %(things)s")
        return text % {"things": self.things}

    @property
    def again_url(self) -> str:
        """Where the same can be exported again: the report, else the export page."""
        if self.job.report_id:
            return reverse("dataio:report", args=[self.job.report_id])
        if label := self.job.plan.get("report"):
            return reverse("dataio:code_report", args=[label])
        return reverse("dataio:export", args=[self.job.resource])

    @property
    def url(self) -> str:
        names = {JobState.DRAFT: "dataio:map", JobState.REVIEW: "dataio:review"}
        name = names.get(JobState(self.job.state), "dataio:job")
        return reverse(name, args=[self.job.pk])

    @property
    def state(self) -> str:
        """The state for its mark: "partial" is a finished import that left rows out."""
        partial = self.job.state == JobState.DONE and self.job.failed
        return "partial" if partial else self.job.state

    @property
    def state_words(self) -> str:
        if self.job.state == JobState.RUNNING and self.job.cancel_asked:
            return _("Stopping")
        words = {
            "draft": _("Not started"),
            "waiting": _("Waiting"),
            "running": _("Running"),
            "review": _("Checked"),
            "done": _("Finished"),
            "partial": _("Finished, some left as they are")
            if self.is_undo
            else _("Finished, rows left out"),
            "failed": _("Failed"),
            "cancelled": _("Cancelled"),
        }
        return words[self.state]

    @property
    def when(self) -> Any:
        """The time worth showing in a list."""
        return self.job.finished_at or self.job.started_at or self.job.created_at

    @property
    def when_words(self) -> str:
        """The time of today, the day of this year, else the date."""
        when, today = timezone.localtime(self.when), timezone.localdate()
        if when.date() == today:
            return date_format(when, "TIME_FORMAT")
        return date_format(
            when, "MONTH_DAY_FORMAT" if when.year == today.year else "SHORT_DATE_FORMAT"
        )

    @property
    def seconds(self) -> float | None:
        """How long the work took."""
        if not self.job.started_at or not self.job.finished_at:
            return None
        return (self.job.finished_at - self.job.started_at).total_seconds()

    @property
    def took(self) -> str:
        return "" if self.seconds is None else duration_words(self.seconds)

    @property
    def can_try_again(self) -> bool:
        """Whether what failed or was stopped can be started once more."""
        return self.job.state in UNFINISHED and not refusal(self.job)

    @property
    def cancellable(self) -> bool:
        return not self.job.ended and not self.job.cancel_asked

    @property
    def has_file(self) -> bool:
        """Whether there is an exported file to download."""
        return self.file.is_there

    @property
    def snapshot(self) -> dict[str, Any]:
        """The message that the socket sends, and why the job waits."""
        return wire(self.job)

    @property
    def snapshot_json(self) -> str:
        return json.dumps(self.snapshot)

    @property
    def outcome(self) -> str:
        """How it ended, in one line for lists."""
        if self.job.state == JobState.DRAFT:
            return _("Columns are not chosen yet")
        if self.job.state == JobState.REVIEW:
            return _("Look at what will change")
        if self.job.state != JobState.DONE:
            return self.job.message or self.state_words
        parts = [figure for figure in self.figures[1:] if figure.value] or self.figures[
            :1
        ]
        return " · ".join(
            f"{number_format(one.value, use_l10n=True, force_grouping=True)} {one.label.lower()}"
            for one in parts
        )

    @property
    def outcome_message(self) -> str:
        """How it ended, where that says more than the state does."""
        message = self.job.message
        return "" if message.rstrip(".") == self.state_words else message

    @property
    def figures(self) -> list[Figure]:
        """The numbers of the result, the whole first."""
        if self.is_undo:
            return undo_figures(self.job)
        if self.is_mark:
            count = self.job.rows
            return [Figure(name="rows", label=_("Rows with problems"), value=count)]
        if not self.is_import:
            return [Figure(name="rows", label=_("Rows"), value=self.job.rows)]
        return import_figures(self.job)


def wire(job: Job) -> dict[str, Any]:
    """Return the newest snapshot as it goes over the wire, with the reason for waiting."""
    snapshot = broadcast.newest(job).as_wire()
    waiting = job.state == JobState.WAITING
    return snapshot | {"waiting": waiting_words(job)} if waiting else snapshot


def _report_name(label: str) -> str:
    try:
        return str(reports.get(label).name)
    except UnknownReport:  # its code is gone, its jobs are not
        return label
