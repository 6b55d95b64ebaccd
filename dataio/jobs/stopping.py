"""A worker that is asked to stop, as by a deploy: its jobs go on elsewhere at once.

Celery's warm shutdown lets tasks run to their end, which for a long import may be an hour.
So the worker tells its processes, and whatever they do is left at the next moment that the
meter is told something: the chunk that is written is committed, and the job is given back.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

from billiard import active_children
from celery.signals import worker_init, worker_process_init, worker_shutting_down

_asked = threading.Event()
_SIGNAL = signal.SIGUSR2


def asked() -> bool:
    """Whether this worker was asked to stop."""
    return _asked.is_set()


def ask(*_signal: object) -> None:
    """Ask all that runs in this process to be given back."""
    _asked.set()


def let_go_on() -> None:
    """Take it back."""
    _asked.clear()


@worker_init.connect
def _spare_the_young(**_told: object) -> None:
    """Processes inherit it: one that is told before it listens must not die of it."""
    let_go_on()
    if threading.current_thread() is threading.main_thread():
        signal.signal(_SIGNAL, signal.SIG_IGN)


@worker_process_init.connect
def _listen(**_told: object) -> None:
    let_go_on()
    signal.signal(_SIGNAL, ask)


@worker_shutting_down.connect
def _tell_all(**_told: object) -> None:
    ask()
    for child in active_children():
        if child.pid:
            with suppress(ProcessLookupError):
                os.kill(child.pid, _SIGNAL)
