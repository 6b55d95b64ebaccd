"""What one task may take of its machine: so much memory, so much time.

The guards of the readers refuse what is known to be hostile; these limits are for what
nobody foresaw. Memory that is refused becomes a MemoryError, and time that is up a
SoftTimeLimitExceeded: both end the one job with a sentence. A process that dies all the
same, or hangs in a library and is killed, is left to `rescue`.
"""

from __future__ import annotations

import resource

from celery.exceptions import SoftTimeLimitExceeded
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.conf import settings

LIMIT_ERRORS = (MemoryError, SoftTimeLimitExceeded)


def limit_memory() -> None:
    """Let this process have DATAIO_WORKER_BYTES of memory of its own, and no more."""
    if not settings.DATAIO_WORKER_BYTES:
        return
    # Not RLIMIT_AS: Arrow reserves addresses by the gigabyte and uses few of them.
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (settings.DATAIO_WORKER_BYTES, hard))


def sentence_for(error: BaseException) -> str:
    """Return what to tell of one of LIMIT_ERRORS."""
    if isinstance(error, MemoryError):
        return _(
            "This needs more than the %(size)d MB of memory that one job may take, so it was "
            "stopped. Nothing more was changed. Split the file into smaller ones."
        ) % {"size": settings.DATAIO_WORKER_BYTES // 1024**2}
    minutes = settings.DATAIO_TASK_SECONDS // 60
    return ngettext(
        "This took longer than the %(count)d minute that one job may take, so it was "
        "stopped. Nothing more was changed. Split the file into smaller ones.",
        "This took longer than the %(count)d minutes that one job may take, so it was "
        "stopped. Nothing more was changed. Split the file into smaller ones.",
        minutes,
    ) % {"count": minutes}
