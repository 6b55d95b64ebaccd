"""Reads .csv and .tsv as raw frames, in constant memory, guessing at no value."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.errors import EmptyFile, UnreadableFile
from dataio.readers.base import column_letters, header_texts, joined_header
from dataio.readers.blocks import Arrow, Cells, Mend, Types, chunks_of, pc
from dataio.readers.care import HERE, Care
from dataio.readers.charset import detect_delimiter, detect_encoding
from dataio.readers.frames import frame_of
from dataio.readers.headers import HEADER_SEARCH_ROWS, propose_header
from dataio.readers.lines import EndlessError, Lines, line_of_error

BATCH_ROWS = 1_000
SAMPLE_CHARACTERS = 64 * 1024
MOST_FIRST = 16 * 1024 * 1024
"""Characters of the first records, which web servers read, too."""
# The apostrophe that our own csv writer puts before what a spreadsheet would run.
STARTS = r"'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
GUARDED = re.compile("\0" + STARTS)
SEPARATOR_LINE = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)


class DelimitedReader:
    """Iterates over the records of a text file.

    Every cell is text as it stands, or None when it is empty: leading zeros, "NA" and
    "null" survive. Row numbers count records as Excel does, blank ones too. Python's csv
    is used since it alone says which record it is at; it is C, as fast as the others.
    Raises UnreadableFile or EmptyFile.
    """

    def __init__(
        self,
        path: Path,
        header_row: int | None = None,
        header_rows: int = 1,
        care: Care = HERE,
    ) -> None:
        self._path = path
        self._longest = care.longest
        self.encoding = detect_encoding(path)
        self._skip, self.delimiter = self._read_dialect()
        first = self.first_rows(max(header_row or 0, HEADER_SEARCH_ROWS))
        self.header_row = header_row or propose_header(first)
        lines = first[max(self.header_row - header_rows, 0) : self.header_row]
        header = joined_header(lines) if lines else []
        while header and not header[-1]:
            header.pop()
        if not header or self.header_row > len(first):
            raise EmptyFile
        if len(header) > settings.DATAIO_MAX_COLUMNS:
            raise UnreadableFile(_too_wide(len(header)))
        self.headers = header_texts(list(header))
        self.expected_rows = self._estimate(first)

    def frames(self, chunk_rows: int) -> Iterator[pd.DataFrame]:
        """Yield raw frames of at most `chunk_rows` rows, see `Reader.frames`."""
        size = self._path.stat().st_size
        read = 0
        with self._open() as text:
            batches = self._batches(text, self.header_row)
            for before, block in chunks_of(batches, chunk_rows, MEND):
                first = self.header_row + 1 + before
                frame = frame_of(block, first, self.headers)
                read = before + block.rows
                position: int = text.buffer.tell()  # type: ignore[attr-defined]
                self.expected_rows = round(read * size / max(position, 1))
                if len(frame):
                    yield frame
        self.expected_rows = read

    def first_rows(self, count: int) -> list[list[str]]:
        """Return the first records, at most `count`, "" for empty cells."""
        with self._open() as text:
            records = self._records(Lines(text, MOST_FIRST))
            try:
                return [self._cut(record) for record in islice(records, count)]
            except UnicodeDecodeError as exc:
                raise self._undecodable() from exc
            except (csv.Error, EndlessError) as exc:
                raise UnreadableFile(_too_long(0)) from exc

    def close(self) -> None:
        """Let go of the file; frames that are being read do so by themselves."""

    def _open(self) -> TextIOWrapper:
        return self._path.open(encoding=self.encoding, newline="")

    def _records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        lines = islice(lines, self._skip, None)
        if self.encoding == "cp1258":  # keeps letters and tones apart
            lines = map(partial(unicodedata.normalize, "NFC"), lines)
        return csv.reader(lines, delimiter=self.delimiter)

    def _batches(self, text: TextIOWrapper, done: int) -> Iterator[list[list[str]]]:
        lines = Lines(text)
        records = self._records(lines)
        try:
            for _row in islice(records, done):
                pass
            lines.begin()
            while batch := list(islice(records, BATCH_ROWS)):
                lines.begin()
                if max(map(len, batch)) > len(self.headers):
                    batch = self._narrowed(batch, done)
                done += len(batch)
                yield list(map(self._cut, batch)) if self._longest else batch
        except UnicodeDecodeError as exc:
            raise self._undecodable() from exc
        except (csv.Error, EndlessError) as exc:
            raise UnreadableFile(_too_long(done)) from exc

    def _cut(self, record: list[str]) -> list[str]:
        if self._longest is None:
            return record
        return [cell[: self._longest] for cell in record]

    def _narrowed(self, batch: list[list[str]], done: int) -> list[list[str]]:
        """Return records cut at the last header; raises when a value would be lost."""
        width = len(self.headers)
        for row, record in enumerate(batch, start=done + 1):
            if any(record[width:]):
                raise UnreadableFile(
                    _(
                        "Row %(row)d has %(count)d cells, but the header has %(width)d. "
                        "Put texts that contain %(delimiter)s between double quotes."
                    )
                    % {
                        "row": row,
                        "count": len(record),
                        "width": width,
                        "delimiter": _("a tab")
                        if self.delimiter == "\t"
                        else f'"{self.delimiter}"',
                    }
                )
        return [record[:width] for record in batch]

    def _read_dialect(self) -> tuple[int, str]:
        with self._path.open(
            encoding=self.encoding, newline="", errors="replace"
        ) as text:
            sample = text.read(SAMPLE_CHARACTERS)
        if said := SEPARATOR_LINE.match(sample):  # Excel's own first line
            return 1, said[1]
        return 0, detect_delimiter(sample)

    def _estimate(self, first: list[list[str]]) -> int | None:
        characters = sum(len(cell) + 1 for row in first for cell in map(str, row))
        width = 2 if self.encoding.startswith("utf-16") else 1
        guess = self._path.stat().st_size / max(characters * width / len(first), 1)
        return max(round(guess) - self.header_row, 0)

    def _undecodable(self) -> UnreadableFile:
        """Name the line; the file is read once more for it."""
        number = line_of_error(self._path, self.encoding)
        return UnreadableFile(
            _(
                "Line %(line)d has a character that is not %(encoding)s text. "
                "Save the file as CSV UTF-8 and upload it again."
            )
            % {"line": number, "encoding": self.encoding.upper()}
        )


def _mend(cells: Cells, _types: Types) -> Cells:
    """Take off the apostrophes of our own csv writer."""
    # One search in one long text is far cheaper than one in each cell.
    if not GUARDED.search("\0" + "\0".join(cells)):
        return cells
    guarded = pd.Series(cells, dtype=object).str.match(STARTS).to_numpy(np.bool_)
    mended = cells.copy()
    mended[guarded] = pd.Series(cells[guarded], dtype=object).str[1:].to_numpy(object)
    return mended


def _odd(texts: Arrow) -> bool:
    """Tell whether any text begins with an apostrophe."""
    return bool(pc.any(pc.starts_with(texts, "'")).as_py())


MEND = Mend(cells=_mend, odd=_odd)


def _too_long(row: int) -> str:
    return _(
        "After row %(row)d there is a text of more than %(limit)d characters. "
        "A closing double quote may be missing."
    ) % {"row": row, "limit": csv.field_size_limit()}


def _too_wide(count: int) -> str:
    return _(
        "This file has %(count)d columns; at most %(limit)d are read. "
        "Delete the columns after %(column)s."
    ) % {
        "count": count,
        "limit": settings.DATAIO_MAX_COLUMNS,
        "column": column_letters(settings.DATAIO_MAX_COLUMNS),
    }
