"""What a page says when it cannot do its work: a sentence and a status, never a traceback.

503: the database is away or locked; 507: no room for files; 429: too many jobs of a person, or
too many within a minute; 403: what a person may not do, which the audit trail keeps; 422: an
upload that turns out damaged below its first rows.
`Trouble` is the middleware for what views raise, `server_error` the site's handler500, for
what is raised in front of them, such as by the session.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.views import defaults

from dataio.errors import (
    DataioError,
    NotPermitted,
    StorageTrouble,
    TooManyJobs,
    TooOften,
    UnknownFormat,
    UnreadableFile,
    UnsafeFile,
)
from dataio.jobs import audit
from dataio.jobs.troubles import DATABASE_AWAY, storage_trouble
from dataio.models import AuditAction
from dataio.web.requests import wants_json
from dataio.web.throttle import seconds_left

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 5
"""What machines are told to wait before they ask again."""
ICONS = {
    403: "key-round",
    422: "file-x",
    429: "hourglass",
    503: "database",
    507: "hard-drive",
}
UNREADABLE = (UnreadableFile, UnsafeFile, UnknownFormat)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a person is told."""

    status: int
    title: str
    sentence: str
    again_after: int = AGAIN_SECONDS
    """Seconds; 0: another try ends the same way."""
    about_jobs: bool = False
    """Whether the person's jobs are what to look at."""


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
    _note_denied(error)
    return told.status if told else otherwise


def trouble_page(error: DataioError) -> str:
    """Return the page that tells of one of these errors, for those in front of Django."""
    told = _told(error)
    assert told is not None  # noqa: S101  callers know which errors these are
    return _page(told)


def answer_to(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Answer with the sentence: as a page, for scripts as JSON; None for other errors.

    Asks neither the database nor the session, which may be what is away.
    """
    told = _unreadable(error) or _told(error)
    if told is None:
        return None
    _note_denied(error)
    logger.warning(
        "Answered %s: %s",
        told.status,
        type(error).__name__,
        exc_info=error if told.status == 503 else None,
        extra={"action": "trouble", "status": told.status},
    )
    if told.status == 507:
        _drop_upload(request)
    response = _answer(request, told)
    if told.again_after:
        response["Retry-After"] = str(told.again_after)
    response["Cache-Control"] = "no-store"
    return response


def _drop_upload(request: HttpRequest) -> None:
    """Remove what has come of an upload, which Django leaves when writing it fails."""
    for handler in request.upload_handlers:
        with suppress(OSError):  # what it still holds finds no room either
            handler.upload_interrupted()


def _answer(request: HttpRequest, told: Told) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": told.sentence}, status=told.status)
    safe = request.method in ("GET", "HEAD")
    page = _page(told, again=request.get_full_path() if safe else "")
    return HttpResponse(page, status=told.status)


def _page(told: Told, again: str = "") -> str:
    # Without the request: the dress of the page would look for the person in the database.
    # Where another try ends the same way, none is offered.
    context = {"told": told, "sent": not again, "icon": ICONS[told.status]}
    if told.again_after:
        context["again"] = again
    return render_to_string("dataio/trouble.html", context)


def _told(error: BaseException | None) -> Told | None:
    if error is None:
        return None
    if isinstance(error, DATABASE_AWAY):
        return Told(
            status=503,
            title=_("The database does not answer"),
            sentence=_(
                "The database does not answer at the moment. Jobs go on by themselves when it "
                "is back. Try again in a moment."
            ),
        )
    if isinstance(error, TooManyJobs):
        return Told(
            status=429,
            title=_("As many jobs as are allowed"),
            sentence=error.message,
            about_jobs=True,
        )
    if isinstance(error, TooOften):
        title, wait = _("A little slower"), seconds_left()
        return Told(status=429, title=title, sentence=error.message, again_after=wait)
    if isinstance(error, NotPermitted):
        title = _("You are not permitted to do this")
        return Told(status=403, title=title, sentence=error.message, again_after=0)
    trouble = error if isinstance(error, StorageTrouble) else storage_trouble(error)
    if trouble is not None:
        return Told(
            status=507,
            title=_("The file cannot be kept"),
            sentence=trouble.message,
        )
    return None


def _unreadable(error: BaseException | None) -> Told | None:
    """Return what to say where a page looks into a file that was taken before."""
    if not isinstance(error, UNREADABLE):
        return None
    title = _("This file cannot be read")
    return Told(status=422, title=title, sentence=error.message, again_after=0)


def _note_denied(error: BaseException | None) -> None:
    if isinstance(error, NotPermitted):
        audit.note(AuditAction.DENIED, about=error.message)
