"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class DataioConfig(AppConfig):
    name = "dataio"
    verbose_name = _("import and export")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find `resources.py` of each installed app."""
        autodiscover_modules("resources")
