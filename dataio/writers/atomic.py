"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_target(path: Path) -> Iterator[Path]:
    """Give a temporary name in the folder of `path`; it becomes `path` on a clean exit.

    On an error the temporary file is removed and an older `path` stays as it was.
    """
    temporary = beside(path, "part")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def beside(path: Path, suffix: str) -> Path:
    """Return a hidden, unused name in the folder of `path`."""
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.{suffix}")


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open folders
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
