"""What becomes of each value in an OpenDocument spreadsheet, a whole Arrow array at a time.

| value                                     | in the spreadsheet                           |
|-------------------------------------------|----------------------------------------------|
| text that looks like a formula            | that text; nothing is ever a formula         |
| control characters                        | "\ufffd", counted in the notes               |
| line breaks (\r\n, \r, \n)                | line breaks                                  |
| text over 32,767 UTF-16 units             | cut, ends in "…", counted in the notes       |
| "", missing, NaN, infinity                | an empty cell                                |
| whole numbers over 15 digits              | the exact digits as text                     |
| decimals over 15 significant digits       | the exact digits as text                     |
| dates, datetimes, times, durations        | native ones, of any year, with fractions     |
| datetimes with a zone                     | the local time of the writer's zone          |
| anything else (lists, bytes, ids)         | text                                         |
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.cells import ExcelCells, excel_cells
from dataio.writers.markup import NO_XML, escaped, joined
from dataio.writers.texts import Arrow, datetime_text, duration_text, time_text

ODD_SPACES = r"(?m)^ | $|  "
"""Spaces that a reader of the file would drop unless they are written as elements."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OdsCells:
    """One column of a batch: the insides of its cells."""

    attributes: Arrow
    """Type and value, such as ` office:value-type="float" office:value="5"`; null: empty."""
    content: Arrow | None = None
    """Paragraphs, where the value is a text."""
    numbers: Arrow | None = None
    """Of columns that can be added up: what a sum sees."""
    cut: int = 0
    """Texts that were too long."""
    replaced: int = 0
    """Texts with characters that had to be replaced."""
    as_text: int = 0
    """Numbers that are texts."""


def ods_cells(cells: Arrow, zone: ZoneInfo, links: Arrow | None = None) -> OdsCells:
    """Return an Arrow array as the spreadsheet holds it; `links`: which texts are links."""
    kind, types = cells.type, pa.types
    if types.is_date(kind):
        return _dated("date", cells.cast(pa.date32()).cast(pa.string()))
    if types.is_timestamp(kind):
        if kind.tz is not None:
            zoned = cells.cast(pa.timestamp(kind.unit, zone.key))
            cells = pc.local_timestamp(zoned)
        return _dated("date", datetime_text(cells))
    if types.is_time(kind):
        return _dated("time", _period(time_text(cells)))
    if types.is_duration(kind):
        return _dated("time", _period(duration_text(cells)))
    ready = excel_cells(cells, zone)
    if types.is_boolean(ready.values.type):
        return _valued("boolean", "boolean-value", ready.values.cast(pa.string()))
    if types.is_string(ready.values.type):
        return _texts(ready.values, links, cut=ready.cut)
    return _numbers(ready)


def _numbers(ready: ExcelCells) -> OdsCells:
    values = _valued("float", "value", ready.values.cast(pa.string()))
    if ready.texts is None:
        return OdsCells(attributes=values.attributes, numbers=ready.values)
    texts = _texts(ready.texts, None, cut=0)
    return OdsCells(
        attributes=pc.coalesce(texts.attributes, values.attributes),
        content=texts.content,
        numbers=ready.values,
        as_text=len(ready.texts) - ready.texts.null_count,
    )


def _texts(texts: Arrow, links: Arrow | None, *, cut: int) -> OdsCells:
    texts = pc.if_else(
        pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts
    )
    odd: Arrow = pc.match_substring_regex(texts, NO_XML)
    replaced = pc.sum(odd).as_py() or 0
    if replaced:
        texts = pc.replace_substring_regex(texts, NO_XML, "\ufffd")
    content = _paragraphs(texts)
    if links is not None:
        start = joined('<text:a xlink:type="simple" xlink:href="', escaped(texts), '">')
        linked = joined("<text:p>", start, escaped(texts), "</text:a></text:p>")
        content = pc.if_else(links, linked, content)
    attributes = _text_attributes(texts)
    return OdsCells(attributes=attributes, content=content, cut=cut, replaced=replaced)


def _text_attributes(texts: Arrow) -> Arrow:
    kind = pa.scalar(' office:value-type="string"')
    plain = pc.if_else(texts.is_valid(), kind, pa.scalar(None, pa.string()))
    tabs: Arrow = pc.match_substring(texts, "\t")
    if not pc.any(tabs).as_py():
        return plain
    # LibreOffice drops the tabs of paragraphs, but not those of the value.
    value = escaped(pc.replace_substring_regex(texts, "\r\n?", "\n"))
    value = pc.replace_substring(value, "\n", "&#10;")
    value = pc.replace_substring(value, "\t", "&#9;")
    return pc.if_else(tabs, joined(kind, ' office:string-value="', value, '"'), plain)


def _paragraphs(texts: Arrow) -> Arrow:
    lines = pc.replace_substring_regex(texts, "\r\n?", "\n")
    found: Arrow = escaped(lines)
    odd: Arrow = pc.match_substring_regex(lines, ODD_SPACES)
    if pc.any(odd).as_py():
        found = pc.if_else(odd, pc.replace_substring(found, " ", "<text:s/>"), found)
    found = pc.replace_substring(found, "\t", "<text:tab/>")
    found = pc.replace_substring(found, "\n", "</text:p><text:p>")
    return joined("<text:p>", found, "</text:p>")


def _dated(kind: str, values: Arrow) -> OdsCells:
    return _valued(kind, f"{kind}-value", values)


def _valued(kind: str, name: str, values: Arrow) -> OdsCells:
    start = f' office:value-type="{kind}" office:{name}="'
    return OdsCells(attributes=joined(start, values, '"'))


def _period(clock: Arrow) -> Arrow:
    """Return times such as -26:05:00.5 as -PT26H05M00.5S."""
    return pc.replace_substring_regex(
        clock, r"^(-?)(\d+):(\d+):([\d.]+)$", r"\1PT\2H\3M\4S"
    )
