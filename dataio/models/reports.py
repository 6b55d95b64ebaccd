"""What people keep of exports: reports, their schedules, the mails and downloads of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dataio.models.jobs import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class SavedReportQuerySet(models.QuerySet["SavedReport"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> SavedReportQuerySet:
        """Return the reports this person owns, or that a group of theirs shares."""
        if not user.is_authenticated:
            return self.none()
        shared = models.Q(groups__user=user.pk)
        return self.filter(models.Q(owner=user.pk) | shared).distinct()


class SavedReport(models.Model):
    """A saved, named, shareable way to export."""

    name = models.CharField(_("name"), max_length=100)
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="dataio_reports"
    )
    groups = models.ManyToManyField("auth.Group", blank=True)  # shared with
    resource = models.CharField(max_length=100, blank=True)  # a label; "" with `code`
    code = models.CharField(max_length=100, blank=True)  # label of a dataio.Report
    plan = models.JSONField(default=dict)  # ExportPlan as plain data
    questions = models.JSONField(default=list)  # filter names asked for at each run
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """When a report is run by itself, and who gets it."""

    class Every(models.TextChoices):
        DAY = "day", _("every day")
        WEEKDAY = "weekday", _("every weekday")
        WEEK = "week", _("every week")
        MONTH = "month", _("every month")

    report = models.ForeignKey(
        SavedReport, models.CASCADE, related_name="schedules", verbose_name=_("report")
    )
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="dataio_schedules"
    )
    every = models.CharField(
        _("how often"), max_length=10, choices=Every.choices, default=Every.WEEKDAY
    )
    weekday = models.PositiveSmallIntegerField(_("day of the week"), default=0)
    """0 is Monday; for every week."""
    day = models.PositiveSmallIntegerField(_("day of the month"), default=1)
    """1 to 31, the month's last day where it is shorter; for every month."""
    at = models.TimeField(_("time"))
    time_zone = models.CharField(_("time zone"), max_length=63)
    answers = models.JSONField(default=dict)  # to the report's questions
    recipients = models.JSONField(default=list)  # addresses
    attach = models.BooleanField(_("attach the file"), default=True)
    only_if_changed = models.BooleanField(_("only if something changed"), default=False)
    paused = models.BooleanField(_("paused"), default=False)
    digest = models.CharField(max_length=64, blank=True)  # of what was sent last
    next_at = models.DateTimeField(null=True)  # the occurrence nobody has run yet
    periodic_task = models.OneToOneField(
        "django_celery_beat.PeriodicTask",
        models.SET_NULL,
        related_name="+",
        null=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.report} {self.every} {self.at}"


@receiver(post_delete, sender=Schedule)
def stop_clock(instance: Schedule, **others: Any) -> None:
    """Remove the clock of a schedule that is gone, also when its report or owner went."""
    if instance.periodic_task is not None:
        instance.periodic_task.delete()


class Mail(models.Model):
    """One message to one person about one job; the row is what keeps it from going twice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("sending")  # handed over, or died while doing so
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    class Kind(models.TextChoices):
        IMPORT_FINISHED = "import_finished", _("import finished")
        EXPORT_READY = "export_ready", _("export ready")
        REPORT = "report", _("report")  # to the recipients of a schedule
        SCHEDULE_FAILED = "schedule_failed", _("schedule failed")

    job = models.ForeignKey(Job, models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    recipient = models.EmailField()
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(default=timezone.now)  # not to be tried before
    touched_at = models.DateTimeField(null=True)  # last given to the broker, or tried
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "due_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "kind", "recipient"], name="dataio_one_mail_per_job"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"


class Download(models.Model):
    """Who took the file of a job, and when."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="downloads")
    person = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.person} {self.at}"
