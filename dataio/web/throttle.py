"""How often a person may do something within a minute: counted in Redis, by all processes together.

A count begins anew with each minute of the clock. Redis that is away lets everybody through:
it costs messages, never work; DATAIO_MAX_JOBS_PER_PERSON holds without it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import redis
from django.utils.translation import ngettext

from dataio.conf import settings
from dataio.errors import TooOften
from dataio.progress.store import connection

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MINUTE = 60


def count_upload(user: AbstractBaseUser) -> None:
    """Count an upload, refused ones too. Raises TooOften with a sentence."""
    most = settings.DATAIO_UPLOADS_PER_MINUTE
    if _is_beyond(user, "uploads", most):
        text = ngettext(
            "You can upload %(most)s file in a minute.",
            "You can upload %(most)s files in a minute.",
            most,
        )
        raise TooOften(text % {"most": most} + " " + _wait())


def count_start(user: AbstractBaseUser) -> None:
    """Count a check, import, export or undo. Raises TooOften with a sentence."""
    most = settings.DATAIO_STARTS_PER_MINUTE
    if _is_beyond(user, "starts", most):
        text = ngettext(
            "You can start %(most)s job in a minute.",
            "You can start %(most)s jobs in a minute.",
            most,
        )
        raise TooOften(text % {"most": most} + " " + _wait())


def seconds_left() -> int:
    """Return the seconds until the count begins anew."""
    return MINUTE - int(time.time()) % MINUTE


def _wait() -> str:
    seconds = seconds_left()
    text = ngettext(
        "Try it again in %(count)s second.",
        "Try it again in %(count)s seconds.",
        seconds,
    )
    return text % {"count": seconds}


def _is_beyond(user: AbstractBaseUser, what: str, most: int) -> bool:
    """Count one more; return whether that is more than there may be (0: any number)."""
    if not most:
        return False
    key = f"dataio:pace:{what}:{user.pk}:{int(time.time()) // MINUTE}"
    pipeline = connection(settings.DATAIO_REDIS_URL).pipeline()
    pipeline.incr(key)
    pipeline.expire(key, 2 * MINUTE)
    try:
        return int(pipeline.execute()[0]) > most
    except redis.RedisError:
        return False
