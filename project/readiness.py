"""Whether the parts of the site are up: asked of the parts, not read from their logs.

    python -m project.readiness http://127.0.0.1:8000/healthz

exits with 0 if the web server answers there, and with 1 if not.
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path


def web_answers(url: str) -> bool:
    """Whether the web server answers 200 at `url`."""
    request = urllib.request.Request(url, headers={"Host": _host()})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=4) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False


def _host() -> str:
    """A host name that the site accepts, so that it is not the name that fails."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip(" .")
    return first if first and first != "*" else "localhost"


def worker_answers(node: str) -> bool:
    """Whether the worker of that name answers a ping sent through the broker."""
    # Imported late: the settings are read then, when REDIS_URL is known.
    from project.celery import app

    return bool(app.control.ping(destination=[node], timeout=0.5))


def beat_lives(alive: Path, since: float) -> bool:
    """Whether beat has looked at its schedule after `since`, in seconds of the epoch."""
    return alive.exists() and alive.stat().st_mtime >= since


if __name__ == "__main__":
    sys.exit(0 if web_answers(sys.argv[1]) else 1)
