"""The Django app."""

from __future__ import annotations

import os

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
        _settle_memory()
        # Models can be imported from now on.
        from dataio.models.append_only import guard_audit
        from dataio.models.permissions import make_permissions

        post_migrate.connect(
            make_permissions, sender=self, dispatch_uid="dataio.permissions"
        )
        post_migrate.connect(guard_audit, sender=self, dispatch_uid="dataio.audit")


def _settle_memory() -> None:
    """Let Arrow give memory back: its own allocator holds 50 MB of it in each worker."""
    import pyarrow as pa  # the resources have imported it

    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        pa.set_memory_pool(pa.system_memory_pool())
