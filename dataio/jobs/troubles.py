"""What stands behind the work fails: the database, or the folder for files."""

from __future__ import annotations

import errno
import logging
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.errors import StorageTrouble
from dataio.jobs import lifecycle
from dataio.models import Job, JobState

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
"""The database is away, busy, or chose us in a deadlock: what was rolled back is done again."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
AWAY = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOTDIR),
    *(errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH),
}
"""How a folder fails that is read-only, or on a disk or server that is not there any more."""


def let_go(job: Job) -> None:
    """Give a job back whose database failed it, so that the next try can claim it.

    Celery tries again, later and later; the last try that DATAIO_MAX_ATTEMPTS allows ends the
    job. While the database does not even take this, the job falls silent, and `rescue` gives
    it to another worker once it is back.
    """
    with _noted(job.pk):
        if job.tries < settings.DATAIO_MAX_ATTEMPTS:
            lifecycle.give_back(job.pk, job.attempt, retried=True)
        else:
            give_up(job.pk)


def give_up_after(error: Exception, job_id: uuid.UUID) -> None:
    """End the job of a chunk whose last try ended so, if it was the database that failed it."""
    if isinstance(error, DATABASE_AWAY):
        with _noted(job_id):
            give_up(job_id)


def give_up(job_id: uuid.UUID) -> None:
    """End a job that the database failed each time."""
    lifecycle.end(
        job_id,
        (JobState.WAITING, JobState.RUNNING),
        JobState.FAILED,
        message=_(
            "The database was busy or away each time this was tried. What was committed "
            "stays; nothing is half done."
        ),
    )


@contextmanager
def _noted(job_id: uuid.UUID) -> Iterator[None]:
    try:
        connection.close_if_unusable_or_obsolete()
        yield
    except DATABASE_AWAY:
        logger.warning(
            "The database is away; the job waits for it",
            extra={"action": "database_away", "job": str(job_id)},
        )


def storage_trouble(error: BaseException) -> StorageTrouble | None:
    """Return what to tell of an error that means: files cannot be kept; None for others."""
    for one in _chain(error):
        if isinstance(one, OSError):
            if one.errno in NO_ROOM:
                return _no_room()
            if one.errno in AWAY or not Path(settings.DATAIO_ROOT).is_dir():
                return _away()
        elif isinstance(one, sqlite3.OperationalError):
            code = getattr(one, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_FULL:
                return _no_room()
            if code in (
                sqlite3.SQLITE_IOERR,
                sqlite3.SQLITE_CANTOPEN,
                sqlite3.SQLITE_READONLY,
            ):
                return _away()
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _no_room() -> StorageTrouble:
    return StorageTrouble(
        _(
            "There is no room left for files on the server, so this was stopped and its files "
            "were removed. Tell whoever looks after this site, and try again."
        )
    )


def _away() -> StorageTrouble:
    return StorageTrouble(
        _(
            "The folder for files on the server cannot be used, so this was stopped. "
            "Tell whoever looks after this site, and try again."
        )
    )
