r"""JSON lines, for programs: one object a row.

| value                     | in the file                                                    |
|---------------------------|----------------------------------------------------------------|
| texts                     | as they are; control characters escaped (\u0008)               |
| whole numbers, decimals   | numbers with all their digits and places                       |
| missing, NaN, infinity    | null                                                           |
| dates, datetimes, times   | ISO 8601; datetimes with the offset of the writer's zone       |
| durations                 | hours:minutes:seconds                                          |
| lists and the like        | JSON                                                           |

Keys are the names of the fields, the same in every language.
"""

from __future__ import annotations

import json
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.markup import CONTROLS, changed, content, joined
from dataio.writers.single import OneTableWriter
from dataio.writers.texts import (
    Arrow,
    as_text,
    datetime_text,
    duration_text,
    time_text,
)

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# The last three end a line for some programs.
ODD = f"[{CONTROLS}\x7f\x85\u2028\u2029]"


class JsonLinesWriter(OneTableWriter):
    """Writes frames to a .jsonl file in UTF-8."""

    def begin(self, file: IO[bytes]) -> None:
        """Begin to write to a file."""
        self._file = file

    def append(self, cells: list[Arrow]) -> None:
        """Write rows."""
        parts: list[Arrow | str] = []
        for column, values in zip(self.options.columns, cells, strict=True):
            key = json.dumps(column.name, ensure_ascii=False)
            found = _json(values, self.options.timezone.key)
            parts += [", " if parts else "{", f"{key}: ", pc.fill_null(found, "null")]
        self._file.write(content(joined(*parts, "}\n")))


def _json(cells: Arrow, zone: str) -> Arrow:
    """Return values as JSON texts, null where there is none."""
    kind, types = cells.type, pa.types
    if types.is_integer(kind) or types.is_decimal(kind):
        return cells.cast(pa.string())
    if types.is_floating(kind):
        finite = pc.if_else(pc.is_finite(cells), cells, pa.scalar(None, kind))
        return finite.cast(pa.string())
    if types.is_boolean(kind):
        return pc.if_else(cells, "true", "false")
    if types.is_nested(kind):
        found = cells.to_pylist()
        texts = [
            None if cell is None else json.dumps(cell, default=str) for cell in found
        ]
        return pa.array(texts, pa.string())
    return joined('"', _escaped(_text(cells, zone)), '"')


def _text(cells: Arrow, zone: str) -> Arrow:
    kind, types = cells.type, pa.types
    if types.is_timestamp(kind):
        zoned = cells.cast(pa.timestamp(kind.unit, zone)) if kind.tz else cells
        return datetime_text(zoned)
    if types.is_duration(kind):
        return duration_text(cells)
    return time_text(cells) if types.is_time(kind) else as_text(cells)


def _escaped(texts: Arrow) -> Arrow:
    for mark, escape in ESCAPES.items():
        texts = pc.replace_substring(texts, mark, escape)
    return changed(texts, ODD, _codes)


def _codes(text: str) -> str:
    return "".join(
        f"\\u{ord(c):04x}" if c < " " or c in "\x7f\x85\u2028\u2029" else c
        for c in text
    )
