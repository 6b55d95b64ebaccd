"""A table of fifty columns, for the benchmarks alone."""

from __future__ import annotations

from django.apps import AppConfig


class WideConfig(AppConfig):
    name = "benchmarks.wide"
    label = "wide"
    default_auto_field = "django.db.models.BigAutoField"
