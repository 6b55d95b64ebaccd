"""The site around dataio."""

from __future__ import annotations

# Imported here so that `task.delay()` in any process finds the configured broker.
from project.celery import app as celery_app

__all__ = ["celery_app"]
