"""What the site writes to its log, and how."""

from __future__ import annotations

from typing import Any


def logging_at(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: plain lines to the console, from this level on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "plain"}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Two lines for every task; what a job does is said by dataio itself.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
