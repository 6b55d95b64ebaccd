"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from dataio.checks import check_site_url


class DataioConfig(AppConfig):
    name = "dataio"
    verbose_name = _("import and export")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find `resources.py` of each installed app; let `manage.py check` know our checks."""
        register(check_site_url)
        autodiscover_modules("resources")
