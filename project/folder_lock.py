"""One running site per folder of data."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

# Processes of a site that was killed outright need a moment to go.
PATIENCE = 3.0  # seconds


class FolderInUse(Exception):
    """Another site runs on the same folder; the text says so."""


def lock_folder(folder: Path) -> int:
    """Lock `folder` and return the open file that holds the lock.

    Given to child processes, the file keeps the folder locked while any of them lives.
    Raises FolderInUse.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise FolderInUse(_sentence(folder, handle)) from None
            time.sleep(0.1)
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            return handle


def _sentence(folder: Path, handle: int) -> str:
    pid = os.pread(handle, 20, 0).decode() or "unknown"
    os.close(handle)
    return (
        f"The site already runs on {folder} (process {pid}). Stop it first, or give "
        "this one a folder of its own: DATAIO_VAR=/some/folder make run"
    )
