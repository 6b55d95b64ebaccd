"""What people decided about imports: fixes of one job, and recipes for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataio.models.jobs import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Fix(models.Model):
    """What a person decided about a problem, for one job; kept in the recipe when asked."""

    class Action(models.TextChoices):
        REPLACE = "replace", _("replace")  # by `replacement`
        BLANK = "blank", _("leave empty")
        CREATE = "create", _("create the missing record")
        SKIP = "skip", _("skip the rows")

    job = models.ForeignKey(Job, models.CASCADE, related_name="fixes")
    column = models.CharField(max_length=100)  # a field name
    value = models.TextField(blank=True)  # every cell with this value, as it is shown;
    row = models.BigIntegerField(null=True)  # or one cell, when a row is named
    action = models.CharField(max_length=10, choices=Action.choices)
    replacement = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "column", "value"],
                condition=models.Q(row=None),
                name="dataio_one_fix_per_value",
            ),
            models.UniqueConstraint(
                fields=["job", "column", "row"],
                condition=models.Q(row__isnull=False),
                name="dataio_one_fix_per_cell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.column} {self.value} {self.action}"


class RecipeQuerySet(models.QuerySet["Recipe"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> RecipeQuerySet:
        """Return the recipes this person owns, or that a group of theirs shares."""
        if not user.is_authenticated:
            return self.none()
        shared = models.Q(groups__user=user.pk)
        return self.filter(models.Q(owner=user.pk) | shared).distinct()


class Recipe(models.Model):
    """A saved, named, shareable way to import a kind of file."""

    name = models.CharField(_("name"), max_length=100)
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="dataio_recipes"
    )
    groups = models.ManyToManyField("auth.Group", blank=True)  # shared with
    resource = models.CharField(max_length=100)
    headers = models.JSONField(default=list)  # header texts, by which it is recognised
    plan = models.JSONField(default=dict)  # ImportPlan as plain data
    fixes = models.JSONField(default=list)  # decisions by value, as plain data
    version = models.PositiveIntegerField(default=1)
    history = models.JSONField(default=list)  # earlier versions as plain data
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RecipeQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipe")
        verbose_name_plural = _("recipes")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
