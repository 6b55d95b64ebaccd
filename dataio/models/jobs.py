"""Job: one import or one export, a durable row with an owner, a state and files."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataio.conf import settings

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class JobState(models.TextChoices):
    """Where a job is. Allowed moves, made only by `dataio.jobs.lifecycle`:

    draft -> waiting -> running -> done | failed | cancelled;
    running -> review (checked) -> waiting (to be loaded, or checked again);
    review -> draft (the columns are chosen again);
    draft | waiting | review -> cancelled; running -> waiting (given back).
    """

    DRAFT = "draft", _("draft")  # the file is here, the person maps it
    WAITING = "waiting", _("waiting")  # accepted, waits for a worker
    RUNNING = "running", _("running")
    REVIEW = "review", _("checked")  # checked; the person looks, corrects, decides
    DONE = "done", _("finished")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
ACTIVE = (JobState.WAITING, JobState.RUNNING)


class JobKind(models.TextChoices):
    IMPORT = "import", _("import")
    EXPORT = "export", _("export")
    UNDO = "undo", _("undo")
    MARK = "mark", _("marked workbook")


class JobStep(models.TextChoices):
    """What a worker does with a waiting import."""

    CHECK = "check", _("check")  # stage and compare, then stop for review
    RECHECK = "recheck", _("check again")  # only the rows with problems, then review
    LOAD = "load", _("load")  # stage if that is not done, then load


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> JobQuerySet:
        """Return the jobs this person may see: the one rule for pages, files and sockets."""
        if not user.is_authenticated:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        return self.filter(owner=user.pk)

    def downloadable_by(self, user: AbstractBaseUser | AnonymousUser) -> JobQuerySet:
        """Return the jobs whose exported file this person may take: the one rule for it.

        Besides those they may see: run by the owner of a report that a group of theirs
        shares, or by a schedule that mailed it to the address of their account. Not runs
        of others: they hold what those others may see, and nobody has shared them.
        """
        if not user.is_authenticated or getattr(user, "is_superuser", False):
            return self.visible_to(user)
        shared = models.Q(report__groups__user=user.pk, owner=models.F("report__owner"))
        allowed = models.Q(owner=user.pk) | shared
        address = getattr(user, user.get_email_field_name(), "")
        if address:
            allowed |= models.Q(mails__kind="report", mails__recipient__iexact=address)
        found = self.model._default_manager.filter(allowed)
        return self.filter(pk__in=found.order_by().values("pk"))

    def active(self) -> JobQuerySet:
        return self.filter(state__in=ACTIVE)


class Job(models.Model):
    """One import or one export. `state` moves only in `dataio.jobs.lifecycle`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="dataio_jobs",
        null=True,
    )  # null: started in the terminal, seen by administrators only
    kind = models.CharField(max_length=10, choices=JobKind.choices)
    resource = models.CharField(max_length=100)  # a label such as shop.product
    state = models.CharField(
        max_length=10, choices=JobState.choices, default=JobState.DRAFT
    )
    step = models.CharField(
        max_length=10, choices=JobStep.choices, default=JobStep.LOAD
    )
    plan = models.JSONField(default=dict)  # ImportPlan or ExportPlan as plain data
    findings = models.JSONField(
        default=dict
    )  # of a check: see imports.compare.Findings
    recipe = models.ForeignKey(
        "Recipe", models.SET_NULL, related_name="jobs", null=True
    )
    report = models.ForeignKey(
        "SavedReport", models.SET_NULL, related_name="jobs", null=True
    )
    schedule = models.ForeignKey(
        "Schedule", models.SET_NULL, related_name="jobs", null=True
    )  # it was started by; null: by a person
    undoes = models.ForeignKey("self", models.CASCADE, related_name="undos", null=True)
    undo_until = models.DateTimeField(null=True)  # an import can be undone until then
    language = models.CharField(max_length=20, default="en")
    request_id = models.CharField(max_length=64, blank=True)  # which started it last

    file_name = models.CharField(max_length=255, blank=True)  # as the person named it
    file_size = models.BigIntegerField(default=0)
    file_hash = models.CharField(max_length=64, blank=True)  # sha256 of an upload
    notes = models.JSONField(default=list)  # sentences worth telling

    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)  # when it began to wait
    sent_at = models.DateTimeField(null=True)  # when the broker took it
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(
        null=True
    )  # last sign of life of whoever works on it
    attempt = models.PositiveIntegerField(default=0)  # which start: never a smaller one
    tries = models.PositiveIntegerField(default=0)  # starts since it was last accepted
    cancel_asked = models.BooleanField(default=False)
    staged = models.BooleanField(default=False)  # the last chunk is staged

    rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)  # rows left out because of problems
    problem_count = models.BigIntegerField(default=0)  # exact; the list may be cut
    message = models.TextField(blank=True)  # how it ended, for people
    error = models.TextField(blank=True)  # how it ended, for developers

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["state", "beat_at"]),
            models.Index(fields=["owner", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.resource} {self.file_name}"

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def kept_until(self) -> datetime | None:
        """When the files of the job are removed; None before it has ended."""
        if self.finished_at is None:
            return None
        return self.finished_at + timedelta(days=settings.DATAIO_KEEP_FILES_DAYS)

    @property
    def totals(self) -> dict[str, int]:
        """The counts people see."""
        names = ("rows", "created", "updated", "unchanged", "failed")
        return {name: getattr(self, name) for name in names}


class ChunkState(models.TextChoices):
    STAGED = "staged", _("staged")
    LOADED = "loaded", _("loaded")


class Chunk(models.Model):
    """The ledger: one chunk of an import. LOADED is committed together with its rows."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    # Whose rows: 0 the plan's own, 1 its first part's, ... Loaded in that order.
    part = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(
        max_length=10, choices=ChunkState.choices, default=ChunkState.STAGED
    )
    first_row = models.BigIntegerField(default=0)
    last_row = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(
        default=0
    )  # rows of the file in this chunk, bad ones too
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    problem_count = models.BigIntegerField(default=0)
    findings = models.JSONField(default=dict)  # see imports.compare.Findings
    # How often a worker began to load or compare it; with too many deaths the job is given up.
    starts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "number"], name="dataio_one_chunk_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.job_id} chunk {self.number}"


class Problem(models.Model):
    """One thing wrong in an import: capped per job by DATAIO_MAX_PROBLEMS."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="problems")
    row = models.BigIntegerField()  # as Excel shows it
    column = models.CharField(
        max_length=100, blank=True
    )  # a field name; blank: the whole row
    code = models.CharField(max_length=50)
    value = models.TextField(blank=True)
    message = models.TextField()

    class Meta:
        ordering = ["row", "id"]
        indexes = [models.Index(fields=["job", "row"])]

    def __str__(self) -> str:
        return self.message

    def as_data(self) -> dict[str, Any]:
        names = ("row", "column", "code", "value", "message")
        return {name: getattr(self, name) for name in names}
