"""Rows of .xls, .xlsb and .ods sheets, read in a process of their own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from dataio.errors import PasswordProtected, UnreadableFile
from dataio.readers.blocks import Batches

LAST_ROW = 1_048_576
CHILD = Path(__file__).with_name("legacy_child.py")
CHILD_BYTES = 3 * 1024**3


def legacy_sheets(path: Path) -> list[tuple[str, bool]]:
    """Return name and visibility of each sheet, in order; raises UnreadableFile."""
    messages = _messages(path, "", 0)
    sheets: list[tuple[str, bool]] = next(messages)["sheets"]  # type: ignore[index]
    return sheets


def legacy_batches(path: Path, sheet: str, last_row: int = LAST_ROW) -> Batches:
    """Yield all rows from row 1 in lists; raises UnreadableFile."""
    messages = _messages(path, sheet, last_row)
    next(messages)
    yield from messages  # type: ignore[misc]


def _messages(path: Path, sheet: str, last_row: int) -> Iterator[object]:
    command = [sys.executable, "-I", str(CHILD), str(path.resolve()), sheet]
    with subprocess.Popen(  # noqa: S603 - our own program, and no shell
        [*command, str(last_row), str(CHILD_BYTES)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            yield from _received(child.stdout)
        finally:
            child.kill()  # hurts nobody when it is done


def _received(pipe: IO[bytes]) -> Iterator[object]:
    while True:
        try:
            message = pickle.load(pipe)  # noqa: S301 - written by our own child
        except (EOFError, pickle.UnpicklingError) as exc:
            # It did not say that it was done: it ran out of memory, at any row.
            raise _too_complex() from exc
        if isinstance(message, dict) and "error" in message:
            raise _error(message["error"])
        if message is None:
            return
        yield message


def _error(word: str) -> UnreadableFile:
    if word == "password":
        return PasswordProtected()
    return UnreadableFile(
        _(
            "This workbook is damaged, or of a kind that is not known. "
            "Save it as .xlsx and upload it again."
        )
    )


def _too_complex() -> UnreadableFile:
    return UnreadableFile(
        _(
            "This workbook takes too much memory to read. Save it as .xlsx and try again."
        )
    )
