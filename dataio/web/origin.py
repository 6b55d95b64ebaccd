"""Whether a socket was opened by a page of this site: browsers send cookies along for others, too.

As Django decides it for forms (CSRF), so that both ask for the same settings behind a proxy.
A list of allowed hosts is not enough: pages of another port, or of another allowed host, are
pages of another site.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.http import is_same_domain

PORTS = {"http": 80, "https": 443}


def is_of_this_site(scope: Mapping[str, Any]) -> bool:
    """Return whether a handshake comes from a page of this host and port, or from no page.

    `scope`: of the ASGI connection. Only browsers have cookies of a person without knowing
    them, and they always say which page opens a socket.
    """
    said = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if b"origin" not in said:
        return True
    origin = _split(said[b"origin"])
    if origin is None:
        return False
    forwarded = said.get(b"x-forwarded-host") if settings.USE_X_FORWARDED_HOST else None
    host = _split(f"{origin.scheme}://{forwarded or said.get(b'host', '')}")
    return (host is not None and _place(origin) == _place(host)) or any(
        _is_trusted(origin, pattern) for pattern in settings.CSRF_TRUSTED_ORIGINS
    )


def _split(address: str) -> SplitResult | None:
    try:
        found = urlsplit(address)
        found.port  # noqa: B018  raises for what is no port
    except ValueError:
        return None
    return found if found.hostname and found.scheme in PORTS else None


def _place(address: SplitResult) -> tuple[str | None, int]:
    return address.hostname, address.port or PORTS[address.scheme]


def _is_trusted(origin: SplitResult, pattern: str) -> bool:
    """Return whether an origin is one of CSRF_TRUSTED_ORIGINS, such as https://*.example.com."""
    wanted = urlsplit(pattern.replace("*", ""))
    return origin.scheme == wanted.scheme and is_same_domain(
        origin.netloc.lower(), wanted.netloc.lower()
    )
