"""How many workbooks one process of the web server looks into at the same time.

Each is parsed in a process of its own with limited memory, see `dataio.readers.apart`. Yet a
stray cell in the last corner of an old workbook of 5 KB, which is honest, takes 1 GB there:
twenty of them at once would take the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from django.utils.translation import gettext as _

from dataio.errors import TooOften
from dataio.readers import detect_format
from dataio.readers.kinds import STREAMED_FORMATS, TEXT_FORMATS

LONGEST_WAIT = 60.0
"""Seconds; then the person is told to come again."""
# Two kinds of turns, so that .xlsx, which is parsed in little memory, never waits for the others.
STREAMED = BoundedSemaphore(4)
WHOLE = BoundedSemaphore(2)


@contextmanager
def parsing_turn(path: Path) -> Iterator[None]:
    """Wait until few enough workbooks are parsed; texts need not wait.

    Raises TooOften after LONGEST_WAIT, and UnknownFormat.
    """
    found = detect_format(path)
    if found in TEXT_FORMATS:
        yield
        return
    turns = STREAMED if found in STREAMED_FORMATS else WHOLE
    if not turns.acquire(timeout=LONGEST_WAIT):
        raise TooOften(
            _("Too many workbooks are being read at the moment. Try again in a minute.")
        )
    try:
        yield
    finally:
        turns.release()
