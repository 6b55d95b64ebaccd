"""What one task may take of its machine: so much memory, so much time.

The guards of the readers refuse what is known to be hostile; these limits are for what
nobody foresaw. Memory that is refused becomes a MemoryError, and time that is up a
SoftTimeLimitExceeded: both end the one job with a sentence. A process that dies all the
same, or hangs in a library and is killed, is left to `rescue`.
"""

from __future__ import annotations

import resource
from pathlib import Path

import pyarrow as pa
from celery.exceptions import SoftTimeLimitExceeded
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.conf import settings

STATUS = Path("/proc/self/status")
LIMIT_ERRORS = (MemoryError, SoftTimeLimitExceeded)


def limit_memory() -> None:
    """Let this process take DATAIO_WORKER_BYTES of memory more than it has, and no more.

    Only Linux counts so; elsewhere nothing is limited.
    """
    if not settings.DATAIO_WORKER_BYTES or not STATUS.exists():
        return
    # Arrow reserves a gigabyte with its first array, and uses little of it: that counts
    # among what the process has.
    pa.array([0])
    limit = _reserved() + settings.DATAIO_WORKER_BYTES
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _reserved() -> int:
    """Return how many bytes of RLIMIT_DATA this process has taken."""
    lines = STATUS.read_text().splitlines()
    words = next((line.split() for line in lines if line.startswith("VmData:")), [])
    return int(words[1]) * 1024 if words else 0


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
