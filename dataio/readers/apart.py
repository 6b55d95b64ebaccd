"""Rows of a workbook, read in a process of their own, so that what breaks there is only that."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from dataio.errors import UnreadableFile
from dataio.readers.rows import Trouble

Messages = Generator[object, None, None]
CHILD = Path(__file__).with_name("rows_child.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the process is to read; see `rows_child.main`."""

    path: str
    streamed: bool
    sheet: str | None
    most_rows: int
    most_columns: int
    longest: int | None
    uncut: str
    most_bytes: int
    memory: int
    seconds: int


def messages(request: Request) -> Messages:
    """Yield what the process says, see `rows_child`; raises Trouble or UnreadableFile."""
    command = [sys.executable, "-I", str(CHILD), json.dumps(asdict(request))]
    with subprocess.Popen(  # noqa: S603 - our own program, and no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            while (message := _received(child, child.stdout)) is not None:
                yield message
        finally:
            child.kill()  # hurts nobody when it is done


def _received(child: subprocess.Popen[bytes], pipe: IO[bytes]) -> object:
    try:
        message = pickle.load(pipe)  # noqa: S301 - written by our own child
    except (EOFError, pickle.UnpicklingError) as exc:
        # It did not say that it was done: it was stopped, at any row.
        slow = child.wait() == -signal.SIGXCPU
        raise UnreadableFile(_too_slow() if slow else _too_complex()) from exc
    if isinstance(message, dict) and "error" in message:
        word = message.pop("error")
        if word == "memory":
            raise UnreadableFile(_too_complex())
        raise Trouble(word, **message)
    return message


def _too_complex() -> str:
    return _(
        "This workbook takes too much memory to read. Split it into several workbooks, "
        "or save it as .csv."
    )


def _too_slow() -> str:
    return _(
        "This workbook takes too long to read. Split it into several workbooks, "
        "or save it as .csv."
    )
