"""A file whose writing is done by a thread, so that rows are made and packed at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

Block = bytes | memoryview
MOST = 4
"""Blocks that wait: enough that neither side does, few enough for memory."""


class Behind:
    """Takes blocks of bytes; an error of the file is raised by a later call."""

    def __init__(self, file: IO[bytes], pool: ThreadPoolExecutor) -> None:
        self._file = file
        self._pool = pool
        self._waiting: deque[Future[int]] = deque()

    def write(self, block: Block) -> None:
        """Let a block be written after the ones before."""
        if len(self._waiting) == MOST:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._file.write, block))

    def finish(self) -> None:
        """Wait until everything is written."""
        while self._waiting:
            self._waiting.popleft().result()


@contextmanager
def written_behind(file: IO[bytes]) -> Iterator[Behind]:
    """Give a file whose writes return at once; at the end all of them are done."""
    with ThreadPoolExecutor(1, thread_name_prefix="packing") as pool:
        behind = Behind(file, pool)
        yield behind
        behind.finish()
