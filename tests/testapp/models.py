"""Models for tests only: every type of field, and every kind of key. Not an installed app."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class Group(models.Model):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.name


class Everything(models.Model):
    code = models.CharField(max_length=20, unique=True)
    text = models.TextField(blank=True)
    email = models.EmailField(null=True, blank=True)
    slug = models.SlugField(blank=True)
    url = models.URLField(blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    small = models.SmallIntegerField(null=True, blank=True)
    whole = models.IntegerField(default=7)
    big = models.BigIntegerField(null=True, blank=True)
    positive = models.PositiveIntegerField(null=True, blank=True)
    real = models.FloatField(null=True, blank=True)
    exact = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    flag = models.BooleanField(default=True)
    maybe = models.BooleanField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    moment = models.DateTimeField(null=True, blank=True)
    time = models.TimeField(null=True, blank=True)
    span = models.DurationField(null=True, blank=True)
    token = models.UUIDField(default=uuid.uuid4)
    data = models.JSONField(null=True, blank=True)
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True)
    tags = models.ManyToManyField(Tag, blank=True)
    serial = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    level = models.IntegerField(default=3, editable=False)
    born = models.DateTimeField(auto_now_add=True)
    touched = models.DateTimeField(auto_now=True)
    seen = models.DateField(default=timezone.localdate, editable=False)

    class Meta:
        app_label = "testapp"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(slug="forbidden"),
                name="no_forbidden_slug",
                violation_error_message='The slug "forbidden" is not allowed.',
            ),
            models.UniqueConstraint(fields=["email"], name="one_email"),
        ]

    def __str__(self) -> str:
        return self.code


class Slot(models.Model):
    """A key of two columns, one of them a foreign key; no text key."""

    group = models.ForeignKey(Group, models.CASCADE)
    number = models.IntegerField()
    label = models.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "testapp"
        unique_together = [("group", "number")]

    def __str__(self) -> str:
        return f"{self.group_id}/{self.number}"


class Account(models.Model):
    """Names its group by a field that is not the primary key."""

    code = models.CharField(max_length=20, unique=True)
    group = models.ForeignKey(
        Group, models.CASCADE, to_field="name", null=True, blank=True
    )

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.code


class Upper(models.CharField):
    """A field that changes what it stores: only the ORM knows how."""

    def get_prep_value(self, value):
        text = super().get_prep_value(value)
        return text and text.upper()


class Base(models.Model):
    code = models.CharField(max_length=20, unique=True)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.code


class Child(Base):
    """A model in two tables, with a field of its own making."""

    shout = Upper(max_length=20, blank=True)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.code


class Ticket(models.Model):
    """A primary key of its own making, and a name no index guards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=20)
    price = models.IntegerField(default=1)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """Loses its group when that is removed; a place inside goes with it."""

    code = models.CharField(max_length=20, unique=True)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True)
    inside = models.ForeignKey("self", models.CASCADE, null=True, blank=True)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.code


class Visit(models.Model):
    """Names its slot, which no single field tells apart."""

    code = models.CharField(max_length=20, unique=True)
    slot = models.ForeignKey(Slot, models.SET_NULL, null=True, blank=True)

    class Meta:
        app_label = "testapp"

    def __str__(self) -> str:
        return self.code


MODELS = (Group, Tag, Everything, Slot, Account, Base, Child, Ticket, Place, Visit)
