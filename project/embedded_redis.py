"""The embedded Redis-protocol server: the one place that knows where its binary is."""

from __future__ import annotations

from pathlib import Path

# Not 6379: a Redis that is already there is never used by accident.
USUAL_PORT = 6399


def url_of(folder: Path) -> str:
    """Where the server that keeps its data in `folder` was last seen."""
    try:
        return (folder / "url").read_text().strip() or url_at(USUAL_PORT)
    except OSError:
        return url_at(USUAL_PORT)


def url_at(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"
