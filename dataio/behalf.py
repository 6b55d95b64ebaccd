"""On whose behalf this process works at the moment: which request asked, and who sent it.

Set by the middleware for a request and by the runner for a job; read by the audit trail and by
each line of the log.

>>> with on_behalf(request_id="5f1c"):
...     current().request_id
'5f1c'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def _nobody() -> AbstractBaseUser | None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Behalf:
    """A request, and a way to ask who sent it: who that is, is known only after the sign-in."""

    request_id: str = ""
    person: Callable[[], AbstractBaseUser | None] = _nobody


_NOBODY = Behalf()
_current: ContextVar[Behalf] = ContextVar("dataio_behalf", default=_NOBODY)


def current() -> Behalf:
    """Return on whose behalf this thread or task works."""
    return _current.get()


@contextmanager
def on_behalf(
    *, request_id: str = "", person: Callable[[], AbstractBaseUser | None] = _nobody
) -> Iterator[None]:
    """Work on somebody's behalf inside the block."""
    token = _current.set(Behalf(request_id=request_id, person=person))
    try:
        yield
    finally:
        _current.reset(token)
