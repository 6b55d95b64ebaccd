"""What may be read in a log: no addresses of people, no values of files, no passwords.

For Django's LOGGING, of this site and of any project:

>>> LOGGING = {
...     "version": 1,
...     "filters": {"masking": {"()": "dataio.logs.Masking"}},
...     "formatters": {"plain": {"()": "dataio.logs.Places", "format": "%(message)s"}},
...     "handlers": {
...         "console": {
...             "class": "logging.StreamHandler", "filters": ["masking"], "formatter": "plain"
...         }
...     },
... }

A job's own row keeps the whole traceback, for administrators.
"""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from dataio import behalf

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
MASKS = (
    # The name before the @ is somebody's; the domain helps whoever looks after the mail.
    (re.compile(r"[\w.+'-]+@(?=[\w-]+(?:\.[\w-]+)*)"), "…@"),
    # redis://:password@host, and the same with a name.
    (re.compile(r"(?<=://)[^\s/@]*:[^\s/@]*@"), "…@"),
    # PostgreSQL's Key (email)=(anna@example.com) already exists.
    (re.compile(r"\)=\((?:[^()]|\([^()]*\))*\)"), ")=(…)"),
    # What was typed into filters is in the address of a page.
    (re.compile(r"(?<=/)\?[^\s\"']+"), "?…"),
)
INNERMOST = 6
"""Frames that are named of each error."""


class Masking(logging.Filter):
    """Masks each line, and gives it the `request_id` that the format may name."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of an answer after all middleware, but with the request.
        told = getattr(getattr(record, "request", None), "request_id", "")
        record.request_id = (behalf.current().request_id or told)[:12] or "-"
        _without_traceback(record)
        record.msg, record.args = masked(record.getMessage()), ()
        return True


class Places(logging.Formatter):
    """Says of an error what it is and where it happened; not its text, which holds values."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = record.stack_info = None  # another handler's words
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        found: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None and len(found) < INNERMOST:
            found.append(f"  {type(error).__qualname__} at {_places(error)}")
            error = error.__cause__ or error.__context__
        return "\n".join(found)


def masked(text: str) -> str:
    """Return a text without addresses of people, passwords and values."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-INNERMOST:]
    named = [
        f"{'/'.join(Path(one.filename).parts[-2:])}:{one.lineno}" for one in frames
    ]
    return " < ".join(reversed(named)) or "?"


def _without_traceback(record: logging.LogRecord) -> None:
    """Celery puts an error's text and traceback among the arguments of its sentence."""
    if isinstance(record.args, dict) and "traceback" in record.args:
        record.args = {**record.args, "exc": "an error", "traceback": ""}
