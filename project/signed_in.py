"""Who is behind a connection, as far as its cookie tells: asked before Django reads a body."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import InterfaceError, OperationalError
from django.http import parse_cookie


async def is_signed_in(scope: dict[str, Any]) -> bool:
    """Return whether the request belongs to a session of somebody who is signed in.

    Not who, and not whether they still may: that is asked by the page. A database that is
    away lets everybody through, to the page that says so.
    """
    lines = [value for name, value in scope["headers"] if name == b"cookie"]
    cookies = parse_cookie(b"; ".join(lines).decode("latin-1"))
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    return bool(key) and await database_sync_to_async(_is_known)(key)


def _is_known(key: str) -> bool:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    try:
        return SESSION_KEY in store(key)
    except (OperationalError, InterfaceError):
        return True
