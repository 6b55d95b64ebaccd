"""All settings of dataio, read on access, under the prefix DATAIO_.

>>> from dataio.conf import settings
>>> settings.DATAIO_CHUNK_ROWS
25000
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings


class Defaults:
    """Name, type and default of every setting; the comment says what it decides."""

    # Folder that holds one subfolder per job: uploads, staged chunks, exports.
    DATAIO_ROOT: Path = Path("var/jobs")
    # Redis for snapshots; the channel layer and Celery have settings of their own.
    DATAIO_REDIS_URL: str = "redis://127.0.0.1:6379/0"
    # Rows per chunk: the unit of staging, of a transaction, of resuming. Bounds memory.
    DATAIO_CHUNK_ROWS: int = 25_000
    # Largest upload in bytes.
    DATAIO_MAX_UPLOAD_BYTES: int = 512 * 1024 * 1024
    # Largest size of everything inside a workbook once unpacked, in bytes.
    DATAIO_MAX_UNPACKED_BYTES: int = 4 * 1024 * 1024 * 1024
    # Largest size of shared strings or styles once unpacked, in bytes: they are held in memory.
    DATAIO_MAX_SHARED_BYTES: int = 256 * 1024 * 1024
    # Most columns read from a sheet; Excel's own limit is 16,384.
    DATAIO_MAX_COLUMNS: int = 1_000
    # Problems kept per job; the count is always exact.
    DATAIO_MAX_PROBLEMS: int = 10_000
    # Largest workbook that is given back with its bad cells marked, in bytes; a worker holds it
    # in memory, about a hundred times as much. Of a larger one only the rows with problems are
    # given back.
    DATAIO_MAX_MARKED_BYTES: int = 5 * 1024 * 1024
    # Snapshots sent per job and second at most.
    DATAIO_MESSAGES_PER_SECOND: int = 5
    # Seconds a snapshot is kept in Redis after the last one.
    DATAIO_SNAPSHOT_SECONDS: int = 86_400
    # Jobs of one person that may wait or run at one time; 0: any number.
    DATAIO_MAX_JOBS_PER_PERSON: int = 25
    # Days the files of a finished job are kept.
    DATAIO_KEEP_FILES_DAYS: int = 30
    # Days within which an import can be undone; 0: nothing is kept for it.
    DATAIO_UNDO_DAYS: int = 7
    # Largest upload whose import is short, in bytes, and the queue for short work, which waits
    # behind no long one; "": Celery's default queue takes all.
    DATAIO_SHORT_BYTES: int = 1024 * 1024
    DATAIO_SHORT_QUEUE: str = ""
    # Seconds without a sign of life after which a running job is given to another worker.
    DATAIO_STALLED_SECONDS: int = 20
    # Times a job is started again after its worker died, before it ends as failed.
    DATAIO_MAX_ATTEMPTS: int = 5
    # Bytes of memory that a job may take in one process; a job that needs more fails with a
    # sentence. `dataio.jobs.limits.limit_memory` sets it; 0: no limit.
    DATAIO_WORKER_BYTES: int = 2 * 1024 * 1024 * 1024
    # Seconds after which a task is stopped; Celery's soft time limit is to be the same.
    DATAIO_TASK_SECONDS: int = 7_200
    # Address of the site, for links in mails.
    DATAIO_SITE_URL: str = "http://localhost:8000"
    # A person is mailed about their import or export when it took so many seconds.
    DATAIO_MAIL_AFTER_SECONDS: int = 60
    # Largest file that is attached to a mail, in bytes; of a larger one only the link is sent.
    DATAIO_MAX_ATTACHMENT_BYTES: int = 5 * 1024 * 1024
    # Seconds before each further try of a mail that the mail server did not take.
    DATAIO_MAIL_RETRY_SECONDS: Sequence[int] = (10, 60, 300, 900, 3_600)
    # Rights that everybody who is signed in has, of import, export, undo and share; the
    # others are given as permissions, such as dataio.import_shop_product.
    DATAIO_EVERYBODY_MAY: Sequence[str] = ()
    # Uploads that one person may make in a minute; 0: any number.
    DATAIO_UPLOADS_PER_MINUTE: int = 60
    # Checks, imports, exports and undos that one person may start in a minute; 0: any number.
    DATAIO_STARTS_PER_MINUTE: int = 120


if TYPE_CHECKING:
    settings = Defaults()
else:

    class _Settings(Defaults):
        def __getattribute__(self, name: str) -> Any:
            default = super().__getattribute__(name)
            return (
                getattr(django_settings, name, default) if name.isupper() else default
            )

    settings = _Settings()
