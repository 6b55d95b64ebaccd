"""OpenDocument spreadsheets in constant memory; odd values: `dataio.writers.ods_cells`.

No library writes them as a stream, so the XML is made here; it is a zip file of five parts.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from dataio.writers.behind import written_behind
from dataio.writers.book import BookWriter
from dataio.writers.letters import letters
from dataio.writers.ods_sheet import QUOTES, OdsSheet, text_cell
from dataio.writers.ods_styles import NAMESPACES, Styles, frozen
from dataio.writers.ods_summary import header_rows, summary_formats, summary_xml
from dataio.writers.sheet import Page
from dataio.writers.summaries import Summary

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
PACKING = 3
PARTS = ("content.xml", "styles.xml", "settings.xml")
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


class OdsWriter(BookWriter):
    """Writes frames to an .ods file: the sheets of `BookWriter`, charts left out."""

    def render(
        self, target: Path, pages: Sequence[Page], summaries: Mapping[str, Summary]
    ) -> None:
        """Write the file."""
        tops = {page.name: 1 for page in pages}
        tops |= {name: header_rows(one) for name, one in summaries.items()}
        settings = frozen({escape(name, QUOTES): top for name, top in tops.items()})
        with zipfile.ZipFile(
            target, "w", zipfile.ZIP_DEFLATED, compresslevel=PACKING
        ) as file:
            # First and not packed, so that the kind of file shows in its first bytes.
            file.writestr("mimetype", MIMETYPE, zipfile.ZIP_STORED)
            file.writestr("META-INF/manifest.xml", XML + _manifest())
            file.writestr("styles.xml", f"{XML}<office:document-styles {NAMESPACES}/>")
            file.writestr("settings.xml", XML + settings)
            with (
                file.open("content.xml", "w", force_zip64=True) as out,
                written_behind(out) as behind,
            ):
                for part in self._content(pages, summaries):
                    behind.write(part)
        if any(summary.chart for summary in summaries.values()):
            self.notes.append(
                _("The chart is left out: only Excel workbooks have charts here.")
            )

    def _content(
        self, pages: Sequence[Page], summaries: Mapping[str, Summary]
    ) -> Iterator[bytes | memoryview]:
        """Yield the part with all sheets."""
        formats = {shown for page in pages for shown in page.sheet.formats}
        widths = {width for page in pages for width in page.sheet.widths}
        for summary in summaries.values():
            more, wide = summary_formats(summary)
            formats, widths = formats | set(more), widths | set(wide)
        styles = Styles(formats, widths)
        start = (
            f"{XML}<office:document-content {NAMESPACES}><office:automatic-styles>"
            f"{styles.xml()}</office:automatic-styles><office:body><office:spreadsheet>"
        )
        yield start.encode()
        zone = self.options.timezone
        for name, summary in summaries.items():
            if summary.in_front:
                yield summary_xml(name, summary, styles, zone).encode()
        for page in pages:
            yield from OdsSheet(self, page, styles).parts()
        for name, summary in summaries.items():
            if not summary.in_front:
                yield summary_xml(name, summary, styles, zone).encode()
        yield self._hidden_sheet().encode()
        ranges = "".join(_filter(number, page) for number, page in enumerate(pages, 1))
        yield (
            f"<table:database-ranges>{ranges}</table:database-ranges>"
            "</office:spreadsheet></office:body></office:document-content>"
        ).encode()

    def _hidden_sheet(self) -> str:
        if self.options.hidden_sheet is None:
            return ""
        name, cells = self.options.hidden_sheet
        rows = "".join(
            f"<table:table-row>{text_cell(cell, 'plain')}</table:table-row>"
            for cell in cells
        )
        return (
            f'<table:table table:name="{escape(name, QUOTES)}"'
            f' table:style-name="hidden"><table:table-column/>{rows}</table:table>'
        )


def _filter(number: int, page: Page) -> str:
    """Return the filter buttons of a page."""
    name = escape("'" + page.name.replace("'", "''") + "'", QUOTES)
    last = f"{letters(len(page.sheet.headers) - 1)}{max(page.rows, 1) + 1}"
    return (
        f'<table:database-range table:name="Filter{number}"'
        f' table:target-range-address="{name}.A1:{name}.{last}"'
        ' table:display-filter-buttons="true"/>'
    )


def _manifest() -> str:
    kinds = {"/": MIMETYPE} | dict.fromkeys(PARTS, "text/xml")
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{part}" manifest:media-type="{kind}"/>'
        for part, kind in kinds.items()
    )
    return (
        f'<manifest:manifest xmlns:manifest="{MANIFEST}" manifest:version="1.3">'
        f"{entries}</manifest:manifest>"
    )
