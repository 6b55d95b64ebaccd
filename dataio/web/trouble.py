"""What a page says when it cannot do its work: a sentence and a status, never a traceback.

503: the database is away or locked; 507: no room for files; 429: too many jobs of a person.
`Trouble` is the middleware for what views raise, `server_error` the site's handler500, for
what is raised in front of them, such as by the session.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.views import defaults

from dataio.errors import StorageTrouble, TooManyJobs
from dataio.web.requests import wants_json

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 5
"""What machines are told to wait before they ask again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a person is told."""

    status: int
    title: str
    sentence: str


class Trouble(MiddlewareMixin):
    """Answers what a view could not."""

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        return answer_to(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that no view raised; Django calls it while it handles one."""
    return answer_to(request, sys.exc_info()[1]) or defaults.server_error(request)


def status_of(error: BaseException, otherwise: int) -> int:
    """Return the status of an answer that shows the error's sentence itself."""
    told = _told(error)
    return told.status if told else otherwise


def answer_to(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Answer with the sentence: as a page, for scripts as JSON; None for other errors.

    Asks neither the database nor the session, which may be what is away.
    """
    told = _told(error)
    if told is None:
        return None
    logger.warning(
        "Answered %s: %s",
        told.status,
        error,
        exc_info=error if told.status == 503 else None,
        extra={"action": "trouble", "status": told.status},
    )
    response = _answer(request, told)
    response["Retry-After"] = str(AGAIN_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, told: Told) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": told.sentence}, status=told.status)
    safe = request.method in ("GET", "HEAD")
    context: dict[str, Any] = {
        "told": told,
        "again": request.get_full_path() if safe else "",
    }
    # Without the request: the dress of the page would look for the person in the database.
    page = render_to_string("dataio/trouble.html", context)
    return HttpResponse(page, status=told.status)


def _told(error: BaseException | None) -> Told | None:
    if isinstance(error, (OperationalError, InterfaceError)):
        return Told(
            status=503,
            title=_("The database does not answer"),
            sentence=_(
                "The database does not answer at the moment. Jobs go on by themselves when it "
                "is back. Try again in a moment."
            ),
        )
    if isinstance(error, StorageTrouble):
        return Told(
            status=507,
            title=_("The file cannot be kept"),
            sentence=error.message,
        )
    if isinstance(error, TooManyJobs):
        return Told(
            status=429,
            title=_("As many jobs as are allowed"),
            sentence=error.message,
        )
    return None
