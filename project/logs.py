"""What the site writes to its log, and how."""

from __future__ import annotations

from typing import Any


def logging_at(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: plain lines to the console, from this level on.

    Without addresses of people, values of files and passwords, see `dataio.logs`; each with
    the id of the request that asked for it.
    """
    plain = "%(levelname)s %(name)s [%(request_id)s]: %(message)s"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"masking": {"()": "dataio.logs.Masking"}},
        "formatters": {"plain": {"()": "dataio.logs.Places", "format": plain}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["masking"],
                "formatter": "plain",
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Each address that is asked for, with what was typed into filters.
            "uvicorn.access": {"level": "WARNING"},
            # Two lines for every task; what a job does is said by dataio itself.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
