"""Excel workbooks in constant memory; what becomes of odd values: `dataio.writers.cells`.

1. XlsxWriter makes the workbook around the rows (`dataio.writers.skeleton`).
2. It is copied part by part; on the way the sheets get their rows, the tables their range.

The rows are made by Arrow, a batch at a time: two thirds of the time that a library in Rust
took, and a sixth of that of XlsxWriter's own rows.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import xlsxwriter
from django.utils.translation import gettext as _

from dataio.writers.atomic import beside
from dataio.writers.behind import written_behind
from dataio.writers.book import BookWriter
from dataio.writers.filled import Filling, Samples
from dataio.writers.letters import letters
from dataio.writers.links import MOST_LINKS, hyperlinks, relations
from dataio.writers.sheet import Page
from dataio.writers.skeleton import Dress, add_page
from dataio.writers.summaries import Summary
from dataio.writers.summary_sheet import add_summary

PACKING = 2
"""Level of compression: 3 takes half as long again for 5 % less, the usual 6 three times
as long for 15 % less."""
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
LINKS = re.compile(r"(<hyperlinks>.*?</hyperlinks>)")
RELATION = re.compile(r'<Relationship [^>]*relationships/hyperlink"[^>]*/>')
Change = Callable[[zipfile.ZipFile, zipfile.ZipInfo, IO[bytes]], None]


class ExcelWriter(BookWriter):
    """Writes frames to an .xlsx file."""

    def render(
        self, target: Path, pages: Sequence[Page], summaries: Mapping[str, Summary]
    ) -> None:
        """Write the file."""
        options = self.options
        dress = Dress(
            table=options.table, totals=options.totals, total_label=_("Total")
        )
        skeleton = beside(target, "skeleton")
        try:
            first = _write_skeleton(skeleton, self, pages, summaries, dress)
            _copy(skeleton, target, _changes(self, pages, dress, first))
        finally:
            skeleton.unlink(missing_ok=True)


def _changes(
    writer: BookWriter, pages: Sequence[Page], dress: Dress, first: int
) -> dict[str, Change]:
    """Return by the name of a part of the file how it is changed."""
    changes: dict[str, Change] = {}
    for number, page in enumerate(pages):
        sheet = f"sheet{first + number}.xml"
        changes[f"xl/worksheets/{sheet}"] = partial(_fill, writer, page, dress)
        changes[f"xl/worksheets/_rels/{sheet}.rels"] = partial(_relate, page)
        if dress.table:
            table = f"xl/tables/table{number + 1}.xml"
            changes[table] = partial(_set_range, page, dress)
    return changes


def _write_skeleton(
    path: Path,
    writer: BookWriter,
    pages: Sequence[Page],
    summaries: Mapping[str, Summary],
    dress: Dress,
) -> int:
    """Write the workbook without rows; return the number of the first page's sheet."""
    zone = writer.options.timezone
    front = {name: one for name, one in summaries.items() if one.in_front}
    with xlsxwriter.Workbook(str(path), OPTIONS | {"tmpdir": str(path.parent)}) as book:
        for name, summary in front.items():
            add_summary(book, name, summary, zone)
        for number, page in enumerate(pages, 1):
            add_page(book, page, dress, number)
        for name, summary in summaries.items():
            if not summary.in_front:
                add_summary(book, name, summary, zone)
        if writer.options.hidden_sheet is not None:
            name, cells = writer.options.hidden_sheet
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, cells)
            sheet.hide()
    return len(front) + 1


def _copy(source: Path, target: Path, changes: Mapping[str, Change]) -> None:
    """Copy a zip file; the parts named in `changes` are written by them."""
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(
            target, "w", zipfile.ZIP_DEFLATED, compresslevel=PACKING
        ) as new,
    ):
        for part in old.infolist():
            with new.open(part.filename, "w", force_zip64=True) as out:
                if part.filename in changes:
                    changes[part.filename](old, part, out)
                else:
                    with old.open(part) as whole:
                        shutil.copyfileobj(whole, out)


def _fill(
    writer: BookWriter,
    page: Page,
    dress: Dress,
    old: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    out: IO[bytes],
) -> None:
    """Write the sheet of a page with its rows."""
    before, rest = old.read(part).decode().split("<sheetData>", 1)
    samples, after = rest.split("</sheetData>", 1)
    between, link, after = (
        LINKS.split(after) if LINKS.search(after) else (after, "", "")
    )
    filling = Filling(writer, page, dress, Samples.found_in(samples))
    corner = f"{letters(len(page.sheet.headers) - 1)}{filling.last_row}"
    before = re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="A1:{corner}"', before)
    out.write(f"{before}<sheetData>".encode())
    with written_behind(out) as behind:
        for rows in filling.parts():
            behind.write(rows)
    out.write(f"</sheetData>{between}".encode())
    for links in hyperlinks(page) if link else ():
        out.write(links)
    out.write(after.encode())
    _take_note(writer, page, filling)


def _relate(
    page: Page, old: zipfile.ZipFile, part: zipfile.ZipInfo, out: IO[bytes]
) -> None:
    """Write what the sheet of a page is related to: its table, and where its links go."""
    before, *after = RELATION.split(old.read(part).decode())
    out.write(before.encode())
    for links in relations(page) if after else ():
        out.write(links)
    out.write("".join(after).encode())


def _set_range(
    page: Page,
    dress: Dress,
    old: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    out: IO[bytes],
) -> None:
    """Write a table with the range that its page has."""
    last = letters(len(page.sheet.headers) - 1)
    end = max(page.rows, 1) + 1
    xml = old.read(part).decode()
    whole = f' ref="A1:{last}{end + int(dress.totals)}"'
    xml = re.sub(r' ref="[^"]*"', whole, xml, count=1)
    shown = f'<autoFilter ref="A1:{last}{end}"'
    out.write(re.sub(r'<autoFilter ref="[^"]*"', shown, xml).encode())


def _take_note(writer: BookWriter, page: Page, filling: Filling) -> None:
    if filling.links.refused:
        sentence = _(
            'Excel holds %(most)s links on a sheet. Further addresses in "%(sheet)s" '
            "are plain text."
        )
        writer.notes.append(sentence % {"most": f"{MOST_LINKS:,}", "sheet": page.name})
