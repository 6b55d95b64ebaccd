"""The Celery application: `celery -A project.celery worker`."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("dataio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _settle(**_signal: object) -> None:
    """Let the garbage collector forget the libraries: a tenth of the CPU time of an export."""
    gc.freeze()


@worker_process_init.connect
def _limit_memory(**_signal: object) -> None:
    # Imported here: Django is not set up before.
    from dataio.jobs.limits import limit_memory

    limit_memory()
