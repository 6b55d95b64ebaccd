"""What pages say of the undo of an import: until when, by whom, what it would do."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dataio.jobs import undoing
from dataio.jobs.undoing import UndoPreview
from dataio.models import ACTIVE, Job, JobState

MOST_LISTED = 100
"""Records that stay as they are, on the page that asks."""


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


class ShownPreview:
    """What an undo would do, in words."""

    def __init__(self, preview: UndoPreview) -> None:
        self._preview = preview

    @property
    def button(self) -> str:
        """What the button does, such as "Remove 5 and restore 3 records"."""
        counts = {
            "remove": f"{self._preview.remove:,}",
            "restore": f"{self._preview.restore:,}",
            "back": f"{self._preview.bring_back:,}",
        }
        if not self._preview.bring_back:
            text = _("Remove %(remove)s and restore %(restore)s records")
        elif not self._preview.remove + self._preview.restore:
            text = _("Bring %(back)s records back")
        else:
            text = _(
                "Remove %(remove)s, restore %(restore)s, bring %(back)s records back"
            )
        return text % counts

    @property
    def left(self) -> list[dict[Hashable, Any]]:
        """The first records that stay as they are, and why."""
        return self._preview.left[:MOST_LISTED].to_dict("records")

    @property
    def more(self) -> bool:
        """Whether there are more than are listed."""
        return len(self._preview.left) > MOST_LISTED
