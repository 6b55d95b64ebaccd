"""What pages say of the file of a job: how long it is kept, who took it, who was mailed."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from dataio.jobs.files import result_path
from dataio.models import Download, Job, JobKind, JobState, Mail

DOWNLOADS_SHOWN = 20


class ShownFile:
    """The file that a job made, as pages show it."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    def was_made(self) -> bool:
        """Whether the job made a file, kept or not."""
        makes = self.job.kind not in (JobKind.IMPORT, JobKind.UNDO)
        return makes and self.job.state == JobState.DONE

    @cached_property
    def is_there(self) -> bool:
        return self.was_made and result_path(self.job) is not None

    @property
    def until(self) -> datetime | None:
        """When it is removed, or was."""
        return self.job.kept_until

    @property
    def name(self) -> str:
        """What the file is: the report, else the file's own name."""
        return self.job.report.name if self.job.report else self.job.file_name

    @cached_property
    def taken(self) -> int:
        """How many times it was downloaded."""
        return self.job.downloads.count()

    @cached_property
    def downloads(self) -> list[Download]:
        """The newest downloads: who, and when."""
        return list(self.job.downloads.select_related("person")[:DOWNLOADS_SHOWN])

    @property
    def earlier(self) -> int:
        """How many downloads are not among the newest."""
        return self.taken - len(self.downloads)

    @cached_property
    def mails(self) -> list[Mail]:
        return list(self.job.mails.all())
