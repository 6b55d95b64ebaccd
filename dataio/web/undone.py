"""What pages say of the undo of an import: until when, by whom, what it would do."""

from __future__ import annotations

from functools import cached_property

from django.utils import timezone
from django.utils.formats import date_format

from dataio.jobs import undoing
from dataio.models import ACTIVE, Job, JobState


class ShownUndo:
    """The undo of an import as pages show it."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    def possible(self) -> bool:
        return not undoing.refusal(self.job)

    @property
    def until(self) -> str:
        """Day and time, such as "Friday 27 November, 14:05"."""
        if self.job.undo_until is None:
            return ""
        when = timezone.localtime(self.job.undo_until)
        return f"{date_format(when, 'l j F')}, {date_format(when, 'H:i')}"

    @cached_property
    def by(self) -> Job | None:
        """The undo that is done or on its way."""
        wanted = (JobState.DONE, *ACTIVE)
        undos = self.job.undos.filter(state__in=wanted).select_related("owner")
        return undos.order_by("-created_at").first()

    @property
    def done(self) -> bool:
        return self.by is not None and self.by.state == JobState.DONE
