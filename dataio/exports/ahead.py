"""Work done by a thread while the next piece is fetched."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Made = TypeVar("Made")


def one_ahead(
    work: Iterable[tuple[Piece, Callable[[], Made]]],
) -> Iterator[tuple[Piece, Made]]:
    """Yield each piece with what its function returns, in order.

    The function runs in a thread, with this one's language and time zone, while the next
    piece comes. It may not use the database: connections belong to threads.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="presenting") as pool:
        before = None
        for piece, make in work:
            made = pool.submit(contextvars.copy_context().run, make)
            if before is not None:
                yield before[0], before[1].result()
            before = piece, made
        if before is not None:
            yield before[0], before[1].result()
