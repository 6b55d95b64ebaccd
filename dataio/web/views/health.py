"""What machines ask: is this process alive, can it serve."""

from __future__ import annotations

import time
from functools import lru_cache

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataio.jobs import doctor

KEPT_SECONDS = 2
"""Anybody may ask, as often as they like; the parts are asked this seldom."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this process can work: 200, or 503 with the names of what cannot."""
    return _answer(doctor.ALIVE)


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether all that a request needs answers: 200, or 503."""
    return _answer(doctor.READY)


def _answer(parts: tuple[str, ...]) -> JsonResponse:
    found = _found(parts, int(time.monotonic() / KEPT_SECONDS))
    # Names only: what is wrong is said to who may run the command.
    return JsonResponse(found, status=200 if all(found.values()) else 503)


@lru_cache(maxsize=4)
def _found(parts: tuple[str, ...], moment: int) -> dict[str, bool]:
    return {finding.part: finding.good for finding in doctor.examine(parts)}
