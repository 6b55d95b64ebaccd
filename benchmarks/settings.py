"""The site's settings and a table of fifty columns; with BENCH_PEERS also the peers."""

from __future__ import annotations

import os

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS, VAR_DIR

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.wide"]
# Whoever measures does more than a person may.
DATAIO_UPLOADS_PER_MINUTE = DATAIO_STARTS_PER_MINUTE = DATAIO_MAX_JOBS_PER_PERSON = 0
if os.environ.get("BENCH_PEERS"):
    # Kept from the site, whose workers would carry them in their memory.
    INSTALLED_APPS += ["import_export", "import_export_extensions"]
    CELERY_TASK_DEFAULT_QUEUE = "peers"
    IMPORT_EXPORT_MAX_DATASET_ROWS = 2_000_000
    MEDIA_ROOT = VAR_DIR / "peers"
