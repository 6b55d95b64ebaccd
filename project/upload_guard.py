"""Refuses a request whose body is larger than any upload may be, or than the disk has room for.

Django reads the whole body before a view or a login check runs, so the size has to be
looked at in front of it, where an answer costs nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings as site_settings
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.translation import gettext

from dataio.errors import StorageTrouble
from dataio.jobs.troubles import storage_trouble
from dataio.web.trouble import trouble_page

logger = logging.getLogger(__name__)

# As Django types its own application.
Scope = dict[str, Any]
Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
IsKnown = Callable[[Scope], Awaitable[bool]]

# A multipart form says more than the file: its other fields and the lines between.
FORM_BYTES = 1024 * 1024


class UploadGuard:
    """Answers 413 early, and 401 to strangers who send more than a form.

    A body with a Content-Length is refused before a byte of it is read; one sent in
    pieces is cut off at the limit. Of a stranger's nothing is kept, not even for a moment.
    """

    def __init__(
        self, application: Application, limit: int, is_known: IsKnown | None = None
    ) -> None:
        """`is_known`: whether somebody is signed in; None: it does not matter."""
        self.application = application
        self.limit = limit + FORM_BYTES
        self.is_known = is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif _announced(scope) > self.limit:
            await self._refuse(scope, send)
        elif _is_large(scope) and self.is_known and not await self.is_known(scope):
            await self._let_come(receive)
            await _say_stranger(scope, send)
        else:
            await self._watch(scope, receive, send)

    async def _watch(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen, cut, begun = 0, False, False

        async def noted(event: Event) -> None:
            nonlocal begun
            begun = True
            await send(event)

        async def counted() -> Event:
            nonlocal seen, cut
            event = await receive()
            if event["type"] == "http.request":
                seen += len(event.get("body", b""))
                if seen > self.limit:
                    cut = True
                    # To Django, the browser went away: it closes what it has kept of
                    # the body, and answers nothing.
                    return {"type": "http.disconnect"}
            return event

        try:
            await self.application(scope, counted, noted)
        except OSError as error:
            # The body is spooled on a disk before Django answers anything.
            trouble = storage_trouble(error)
            if trouble is None or begun:
                raise
            logger.warning("A body could not be kept: %s", error)
            await self._let_come(receive)
            await _say_trouble(scope, send, trouble)
        if cut:
            await self._refuse(scope, send)

    async def _let_come(self, receive: Receive) -> None:
        """Take the rest of the body, or the browser would not look at the answer."""
        seen = 0
        while seen <= self.limit:
            event = await receive()
            seen += len(event.get("body", b""))
            if not event.get("more_body"):
                return

    async def _refuse(self, scope: Scope, send: Send) -> None:
        """Answer with a page for a browser, with the sentence alone for a script."""
        sentence = _sentence(self.limit - FORM_BYTES)
        if b"text/html" in _header(scope, b"accept"):
            page = await sync_to_async(render_to_string)(
                "413.html", {"sentence": sentence}
            )
            await _respond(send, 413, page, "text/html")
        else:
            await _respond(send, 413, sentence, "text/plain")


async def _say_trouble(scope: Scope, send: Send, trouble: StorageTrouble) -> None:
    """Answer 507: a page for a browser, JSON for the page's own script."""
    if b"text/html" in _header(scope, b"accept"):
        page = await sync_to_async(trouble_page)(trouble)
        await _respond(send, 507, page, "text/html")
    else:
        text = json.dumps({"error": trouble.message})
        await _respond(send, 507, text, "application/json")


async def _say_stranger(scope: Scope, send: Send) -> None:
    """Lead a browser to the login; tell a script."""
    if b"text/html" in _header(scope, b"accept"):
        login = resolve_url(site_settings.LOGIN_URL)
        await _respond(send, 302, "", "text/html", location=login)
    else:
        sentence = gettext("You are signed out. Sign in, then upload the file again.")
        text = json.dumps({"error": sentence})
        await _respond(send, 401, text, "application/json")


def _is_large(scope: Scope) -> bool:
    """Whether the body is, or may be, more than a form without a file."""
    in_pieces = bool(_header(scope, b"transfer-encoding"))
    return in_pieces or _announced(scope) > FORM_BYTES


def _announced(scope: Scope) -> int:
    """The body's size in bytes as its header says it; 0 when it does not."""
    length = _header(scope, b"content-length")
    return int(length) if length.isdigit() else 0


def _header(scope: Scope, wanted: bytes) -> bytes:
    found: list[bytes] = [value for name, value in scope["headers"] if name == wanted]
    return found[0] if found else b""


def _sentence(limit: int) -> str:
    return gettext(
        "The file is larger than %(limit)d MB, the most that is allowed."
    ) % {"limit": limit // (1024 * 1024)}


async def _respond(
    send: Send, status: int, text: str, kind: str, *, location: str = ""
) -> None:
    body = text.encode()
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        # What is left of the body is not read: the connection cannot be used again.
        (b"connection", b"close"),
        *([(b"location", location.encode())] if location else []),
    ]
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": headers,
    }
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
