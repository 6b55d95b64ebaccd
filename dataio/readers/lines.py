"""Lines of a text file whose lines and records may be hostile."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

MOST_CHARACTERS = 64 * 1024 * 1024
"""Of a batch of a thousand records, each of which may well have a text as long as a book."""
BLOCK_BYTES = 1024 * 1024


class EndlessError(Exception):
    """A line or a record never ends."""


class Lines(Iterator[str]):
    """Iterates over lines; raises EndlessError above `most` characters since `begin`."""

    def __init__(self, text: TextIOWrapper, most: int = MOST_CHARACTERS) -> None:
        self._readline = text.readline
        self._most = self._left = most

    def begin(self) -> None:
        """Count from here on: whole records have been read."""
        self._left = self._most

    def __next__(self) -> str:
        line = self._readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise EndlessError
        return line


def line_of_error(path: Path, encoding: str) -> int:
    """Return the number from 1 of the line that is not of this encoding, or 0."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            try:
                lines += decoder.decode(block).count("\n")
            except UnicodeDecodeError as exc:
                # What is named is the bytes kept from the last block, and this one.
                good = exc.object[: exc.start].decode(encoding, "ignore")
                return lines + good.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return lines
    return 0
