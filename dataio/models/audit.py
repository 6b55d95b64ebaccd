"""The audit trail: who did what, when, to which data. Entries are added and never touched again.

What is held where:
- here: an entry that was saved is neither saved again nor deleted, alone or by a queryset;
  the admin shows entries and changes none;
- in the database: PostgreSQL and SQLite refuse UPDATE and DELETE themselves (`append_only.py`). For
  whoever wants more: take the right to UPDATE, DELETE and TRUNCATE the table `dataio_auditentry`
  from the role that the site signs in as; it only needs SELECT and INSERT.

An entry points at nothing, so it stays as it was when an account, a job or a resource is gone.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataio.errors import AppendOnly


class AuditAction(models.TextChoices):
    """What somebody did. The labels go on from a name: "anna imported"."""

    UPLOADED = "uploaded", _("uploaded")
    CHECKED = "checked", _("asked to check")
    IMPORT_STARTED = "import_started", _("asked to import")
    IMPORTED = "imported", _("imported")
    UNDO_STARTED = "undo_started", _("asked to undo")
    UNDID = "undid", _("undid")
    EXPORT_STARTED = "export_started", _("asked to export")
    EXPORTED = "exported", _("exported")
    CANCELLED = "cancelled", _("asked to stop")
    STOPPED = "stopped", _("did not finish")
    DOWNLOADED = "downloaded", _("downloaded")
    SHARED = "shared", _("shared")
    DENIED = "denied", _("was refused")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Reads and adds; everything else raises AppendOnly."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[AuditEntry]:
        if kwargs.get("update_conflicts"):
            raise AppendOnly
        return super().bulk_create(objs, *args, **kwargs)

    def _raw_delete(self, using: str | None) -> NoReturn:
        # The way on which Django deletes the rows that belong to another row.
        raise AppendOnly


class AuditEntry(models.Model):
    """One thing that one person did."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    action = models.CharField(max_length=20, choices=AuditAction.choices)
    person_key = models.CharField(max_length=64, blank=True)  # primary key, as text
    person_name = models.CharField(max_length=150, blank=True)  # blank: the terminal
    resource = models.CharField(max_length=100, blank=True)  # a label; blank: none
    job = models.UUIDField(null=True, db_index=True)
    about = models.CharField(max_length=255, blank=True)  # file, report or recipe
    details = models.JSONField(default=dict)  # counts, groups, addresses
    request_id = models.CharField(max_length=64, blank=True)  # see X-Request-ID

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        base_manager_name = "objects"
        default_permissions = ()
        permissions = [("view_audit", "May see who did what")]
        indexes = [models.Index(fields=["person_key", "-id"])]

    def __str__(self) -> str:
        return f"{self.person_name} {self.action} {self.about}"

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Add the entry. Raises AppendOnly for one that is there."""
        if not self._state.adding:
            raise AppendOnly
        # Without it, a primary key that is there already would be overwritten.
        super().save_base(*args, **kwargs | {"force_insert": (type(self),)})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
