"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from dataio.checks import check_everybody_may, check_site_url


class DataioConfig(AppConfig):
    name = "dataio"
    verbose_name = _("import and export")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find `resources.py` of each installed app; let `manage.py check` know our checks."""
        register(check_site_url)
        register(check_everybody_may)
        autodiscover_modules("resources")
        # Models can be imported from now on.
        from dataio.models.permissions import make_permissions

        post_migrate.connect(
            make_permissions, sender=self, dispatch_uid="dataio.permissions"
        )
