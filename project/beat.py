"""The scheduler that `celery beat` runs: django-celery-beat's, which also shows that it lives."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # it has no types
    """Touches a file each time it has looked, for `make run` and the container's check."""

    def tick(self, *arguments: Any, **named: Any) -> Any:
        seconds = super().tick(*arguments, **named)
        settings.BEAT_ALIVE_FILE.touch()
        return seconds
