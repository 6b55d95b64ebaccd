"""Child processes: started in sessions of their own, their lines shown with a prefix."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

COLOURS = {"setup": 37, "redis": 35, "web": 36, "worker": 32, "short": 34, "beat": 33}
_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec nothing may be loaded.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Console:
    """Writes lines of several processes, whole and in the order they came."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str) -> None:
        with self._lock:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def line(self, name: str, text: str) -> None:
        prefix = f"{time.strftime('%H:%M:%S')} {name:<6} |"
        if self._coloured:
            prefix = f"\033[{COLOURS.get(name, 37)}m{prefix}\033[0m"
        self.say(f"{prefix} {text}")


def follow_parent() -> Callable[[], None] | None:
    """What a child runs before its program: it is told to stop if we are killed.

    Linux only; elsewhere a supervisor that is killed outright leaves its children.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask_for_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal


class Child:
    """One process.

    `grace` is the seconds it is given to stop; a line with one of the `hidden` texts
    is not shown.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        grace: float,
        hidden: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.command = command
        self.grace = grace
        self.hidden = hidden
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(
        self, console: Console, environment: Mapping[str, str], *, hold: tuple[int, ...]
    ) -> None:
        """Start it; `hold` are open files it keeps open as long as it lives.

        Called from the main thread only: Linux counts the death of the thread that
        started a child as the death of its parent.
        """
        self._process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches us alone, so that we decide who stops when.
            start_new_session=True,
            pass_fds=hold,
            preexec_fn=follow_parent(),
        )
        self._reader = threading.Thread(target=self._show, args=(console,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def code(self) -> int | None:
        """The exit code once it has ended; minus the signal that ended it."""
        return self._process.poll() if self._process else None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        """Ask the leader alone: Celery takes care of its own children."""
        if self._process is not None and self.runs:
            self._process.terminate()

    def force(self) -> None:
        """Kill whatever is left of it, its own children too."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self._process.wait()

    def drain(self) -> None:
        """Wait until its last lines were shown."""
        if self._reader is not None:
            self._reader.join(timeout=2)

    def _show(self, console: Console) -> None:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101
        for text in self._process.stdout:
            if text.strip() and not any(words in text for words in self.hidden):
                console.line(self.name, text.rstrip())
