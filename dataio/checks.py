"""System checks: settings that would only show as broken when somebody needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from dataio.conf import settings


def check_site_url(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    """Refuse an address that links in mails could not begin with."""
    parts = urlsplit(settings.DATAIO_SITE_URL)
    whole = parts.scheme in ("http", "https") and parts.hostname
    if whole and not parts.query and not parts.fragment:
        return []
    return [
        Error(
            f'DATAIO_SITE_URL is "{settings.DATAIO_SITE_URL}", '
            "with which no link in a mail can begin.",
            hint="Write the address of the site, such as https://data.example.com.",
            id="dataio.E001",
        )
    ]
