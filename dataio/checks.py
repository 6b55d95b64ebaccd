"""System checks: settings that would only show as broken when somebody needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from dataio.conf import settings
from dataio.rights import Right


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


def check_everybody_may(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    """Refuse words that are no rights: they would give nobody anything, silently."""
    unknown = [one for one in settings.DATAIO_EVERYBODY_MAY if one not in Right.values]
    if not unknown:
        return []
    return [
        Error(
            f"DATAIO_EVERYBODY_MAY names {', '.join(unknown)}, which is no right.",
            hint=f"The rights are {', '.join(Right.values)}.",
            id="dataio.E002",
        )
    ]
