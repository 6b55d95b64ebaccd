"""A workbook as its sheets and their rows, read in this process or in one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.errors import PasswordProtected, UnreadableFile, UnsafeFile
from dataio.readers import apart
from dataio.readers.base import OWN_SHEET, column_letters
from dataio.readers.blocks import Batches, Row
from dataio.readers.care import HERE, Care
from dataio.readers.kinds import STREAMED_FORMATS, detect_format
from dataio.readers.rows import Listing, Trouble, listing, streamed_rows

LAST_ROW = 1_048_576
"""The most rows that a sheet of Excel's has."""
ALL_ROWS = LAST_ROW + 1
"""One more is asked for, so that no row is left out in silence."""
MAX_PEEK_BYTES = 16 * 1024 * 1024
SAMPLE_SECONDS = 30


class Workbook:
    """Reads an .xlsx or .xlsm (streamed), .xls, .xlsb or .ods (whole, and always apart)."""

    def __init__(self, path: Path, care: Care = HERE) -> None:
        self.path = path
        self.streamed = detect_format(path) in STREAMED_FORMATS
        self._care = care
        self._apart = care.apart or not self.streamed

    @cached_property
    def listing(self) -> Listing:
        """Sheets and epoch; raises UnreadableFile."""
        with _told():
            if not self._apart:
                return listing(self.path, streamed=True)
            with closing(self._messages("")) as messages:
                return _listing(next(messages))

    def batches(self, sheet: str, last_row: int = ALL_ROWS) -> Batches:
        """Yield all rows of a sheet from row 1 in lists; raises UnreadableFile."""
        done = 0
        with _told(), closing(self._all_batches(sheet, last_row)) as batches:
            for batch in batches:
                done += len(batch)
                if done > LAST_ROW:
                    raise Trouble("long", sheet=sheet, limit=LAST_ROW)
                yield batch

    def _all_batches(self, sheet: str, last_row: int) -> Batches:
        if not self._apart:
            limit = settings.DATAIO_MAX_COLUMNS
            yield from streamed_rows(self.path, sheet, last_row, limit)
            return
        with closing(self._messages(sheet, last_row)) as messages:
            next(messages)
            next(messages)
            yield from cast("Iterator[list[Row]]", messages)

    def first_rows(self, count: int) -> dict[str, list[Row]]:
        """Return the first rows of each sheet, read by one process; raises UnreadableFile."""
        if not self._apart:
            return {
                name: self._first_rows(name, count)
                for name, _visible in self.listing.sheets
            }
        rows: dict[str, list[Row]] = {}
        with (
            _told(),
            closing(self._messages(None, count, most_bytes=MAX_PEEK_BYTES)) as said,
        ):
            self.listing = _listing(next(said))
            for message in said:
                if isinstance(message, str):
                    sheet = rows[message] = []
                else:
                    sheet += cast("list[Row]", message)
        return rows

    def _first_rows(self, sheet: str, count: int) -> list[Row]:
        with closing(self.batches(sheet, count)) as batches:
            return [row for batch in batches for row in batch]

    def _messages(
        self, sheet: str | None, most_rows: int = ALL_ROWS, most_bytes: int = 0
    ) -> apart.Messages:
        longest = self._care.longest
        request = apart.Request(
            path=str(self.path.resolve()),
            streamed=self.streamed,
            sheet=sheet,
            most_rows=most_rows,
            most_columns=settings.DATAIO_MAX_COLUMNS,
            longest=longest,
            # Of samples only, which are bounded as a whole.
            uncut=OWN_SHEET if most_bytes else "",
            most_bytes=most_bytes,
            memory=settings.DATAIO_WORKER_BYTES,
            seconds=SAMPLE_SECONDS if longest else settings.DATAIO_TASK_SECONDS,
        )
        return apart.messages(request)


def _listing(message: object) -> Listing:
    return Listing(**cast("dict[str, Any]", message))


@contextmanager
def _told() -> Iterator[None]:
    """Turn the parsers' trouble into a sentence."""
    try:
        yield
    except Trouble as trouble:
        if trouble.word == "password":
            raise PasswordProtected from trouble
        kind = UnsafeFile if trouble.word in ("sheets", "much") else UnreadableFile
        raise kind(_sentence(trouble)) from trouble


def _sentence(trouble: Trouble) -> str:
    said = dict(trouble.details)
    if "sheet" in said:
        said["sheet"] = f'"{said["sheet"]}"'
    if trouble.word == "wide":
        said["column"] = column_letters(settings.DATAIO_MAX_COLUMNS)
    return _sentences()[trouble.word] % said


def _sentences() -> dict[str, str]:
    return {
        "damaged": _(
            "This workbook is damaged or incomplete. Save it again and upload it."
        ),
        "kind": _(
            "This workbook is damaged, or of a kind that is not known. "
            "Save it as .xlsx and upload it again."
        ),
        "row": _(
            "This workbook is damaged: sheet %(sheet)s cannot be read after row %(row)d. "
            "Open it in Excel, save it and upload it again."
        ),
        "order": _(
            "The rows of sheet %(sheet)s are not in order, so some would be lost. "
            "Open the workbook in Excel, save it and upload it again."
        ),
        "wide": _(
            "This sheet has cells to the right of column %(column)s; at most "
            "%(limit)d columns are read. Delete the columns that are not needed."
        ),
        "long": _(
            "Sheet %(sheet)s goes on below row %(limit)d, where Excel's own sheets end. "
            "Split it into several sheets."
        ),
        "sheets": _(
            "This workbook has %(count)d sheets; at most %(limit)d are read. "
            "Split it into several workbooks."
        ),
        "much": _(
            "The first rows of the sheets in this workbook are too long to be shown. "
            "Split it into several workbooks."
        ),
        "name": _(
            "The name of sheet %(sheet)s… has more than %(limit)d characters. "
            "Rename it in Excel and upload the workbook again."
        ),
        "twice": _(
            "Two sheets are called %(sheet)s. Rename one in Excel and upload the workbook again."
        ),
    }
