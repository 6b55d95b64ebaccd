"""Gives each request an id: for the log, the audit trail, and whoever reports a fault."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from dataio.behalf import on_behalf

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

HEADER = "X-Request-ID"
LEGAL = re.compile(r"[0-9A-Za-z._-]{8,64}", re.ASCII)
Handler = (
    Callable[[HttpRequest], HttpResponseBase]
    | Callable[[HttpRequest], Awaitable[HttpResponseBase]]
)


@sync_and_async_middleware
def request_id(get_response: Any) -> Handler:
    """Set X-Request-ID on each answer, and let what happens meanwhile be known by it.

    Put it first, so that what the others log and answer has the id, too.
    """
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            known = _id_of(request)
            with on_behalf(request_id=known, person=_sender(request)):
                response: HttpResponseBase = await get_response(request)
            response[HEADER] = known
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        known = _id_of(request)
        with on_behalf(request_id=known, person=_sender(request)):
            response: HttpResponseBase = get_response(request)
        response[HEADER] = known
        return response

    return answer


def _id_of(request: HttpRequest) -> str:
    """Return the proxy's id for this request, else a new one.

    Only of a proxy that the settings name: others could send the id of somebody else.
    """
    sent = request.headers.get(HEADER, "")
    trusted = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) is not None
    found = sent if trusted and LEGAL.fullmatch(sent) else uuid.uuid4().hex
    request.request_id = found  # type: ignore[attr-defined]  # for `dataio.logs`
    return found


def _sender(request: HttpRequest) -> Callable[[], AbstractBaseUser | None]:
    def person() -> AbstractBaseUser | None:
        found = getattr(request, "user", None)
        return found if found is not None and found.is_authenticated else None

    return person
