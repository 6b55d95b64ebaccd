"""What becomes of each value in an Excel workbook, a whole Arrow array at a time.

A cell of a workbook holds a number of about 15 digits, a text, or true/false; dates and
durations are numbers with a format. Every odd value has one outcome:

| value                                     | in the workbook                              |
|-------------------------------------------|----------------------------------------------|
| text that looks like a formula            | that text; nothing is ever a formula         |
| control characters                        | escaped as Excel does (_x0008_), read back   |
| a text such as _x0041_                    | escaped, so that it reads back as it is      |
| text over 32,767 UTF-16 units             | cut, ends in "…", counted in the notes       |
| "", missing, NaN, infinity                | an empty cell                                |
| whole numbers over 15 digits              | the exact digits as text                     |
| decimals over 15 significant digits       | the exact digits as text                     |
| dates and datetimes before 1900           | ISO text                                     |
| datetimes with a zone                     | the local time of the writer's zone          |
| fractions of a second                     | kept; Excel shows up to milliseconds         |
| durations below zero                      | text such as -1:30:00                        |
| anything else (lists, bytes, ids)         | text                                         |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.texts import Arrow, as_text, cut, datetime_text, duration_text

LONGEST_TEXT = 32_767  # UTF-16 units in a cell
EXACT_DIGITS = 15
DAY = 86_400 * 1_000_000  # microseconds
UNIX_EPOCH = 25_569  # 1970-01-01 as Excel counts days
# Excel believes in 1900-02-29, day 60: the days before it are one less.
MARCH_1900 = 61


@dataclass(frozen=True, kw_only=True, slots=True)
class ExcelCells:
    """One column of a batch, ready for the workbook."""

    values: Arrow
    """string, double or bool."""
    texts: Arrow | None = None
    """string: where it is not null, it stands instead of the number. None: nowhere."""
    cut: int = 0
    """Texts that were too long."""


def excel_cells(cells: Arrow, zone: ZoneInfo) -> ExcelCells:
    """Return an Arrow array (see `arrow_cells`) as the workbook holds it."""
    kind = cells.type
    types = pa.types
    if types.is_boolean(kind):
        return ExcelCells(values=cells)
    if types.is_integer(kind):
        return _integers(cells)
    if types.is_decimal(kind):
        return _decimals(cells)
    if types.is_floating(kind):
        cells = cells.cast(pa.float64())
        return ExcelCells(values=_only(pc.is_finite(cells), cells))
    if types.is_date(kind):
        return _dates(cells.cast(pa.date32()))
    if types.is_timestamp(kind):
        return _datetimes(cells, zone)
    if types.is_duration(kind):
        return _durations(cells)
    if types.is_time(kind):
        micros = cells.cast(pa.time64("us")).cast(pa.int64())
        return ExcelCells(values=_days(micros))
    return _texts(as_text(cells))


def number_format(kind: pa.DataType) -> str:
    """Return the Excel number format of a column of this Arrow type."""
    if pa.types.is_decimal(kind):
        return "0." + "0" * kind.scale if kind.scale > 0 else "0"
    formats: list[tuple[Callable[[pa.DataType], bool], str]] = [
        (pa.types.is_integer, "0"),
        (pa.types.is_date, "yyyy-mm-dd"),
        (pa.types.is_timestamp, "yyyy-mm-dd hh:mm:ss"),
        (pa.types.is_time, "hh:mm:ss"),
        (pa.types.is_duration, "[h]:mm:ss"),
        (pa.types.is_floating, "General"),
        (pa.types.is_boolean, "General"),
    ]
    # "@" keeps 0012 a text when someone edits the cell.
    return next((text for is_kind, text in formats if is_kind(kind)), "@")


def _texts(cells: Arrow) -> ExcelCells:
    # A text never has more UTF-16 units than UTF-8 bytes, which are known already.
    sizes: Arrow = pc.binary_length(cells)
    long: Arrow = pc.greater(sizes, pa.scalar(LONGEST_TEXT))
    if not pc.any(long).as_py():
        return ExcelCells(values=cells)
    whole = cells.filter(long).to_pylist()
    short = [cut(text, LONGEST_TEXT) for text in whole]
    changed = sum(old is not new for old, new in zip(whole, short, strict=True))
    mask = pc.and_kleene(long, cells.is_valid())
    values = pc.replace_with_mask(cells, mask, pa.array(short, pa.string()))
    return ExcelCells(values=values, cut=changed)


def _integers(cells: Arrow) -> ExcelCells:
    if cells.type == pa.uint64():
        return _decimals(cells.cast(pa.decimal128(20)))
    bound = 10**EXACT_DIGITS
    wide = cells.cast(pa.int64())
    odd = pc.or_(pc.greater_equal(wide, bound), pc.less_equal(wide, -bound))
    if not pc.any(odd).as_py():
        return ExcelCells(values=wide.cast(pa.float64()))
    return ExcelCells(
        values=_only(pc.invert(odd), wide).cast(pa.float64()),
        texts=_only(odd, wide.cast(pa.string())),
    )


def _decimals(cells: Arrow) -> ExcelCells:
    # By way of text: Arrow's own cast to double is off by one bit in every eighth value.
    # Of long numbers most are short values in a wide type: only real ones become text.
    numbers = cells.cast(pa.string()).cast(pa.float64())
    if cells.type.precision <= EXACT_DIGITS:
        return ExcelCells(values=numbers)
    long = pc.greater_equal(pc.abs(numbers), 10.0 ** (EXACT_DIGITS - cells.type.scale))
    if not pc.any(long).as_py():
        return ExcelCells(values=numbers)
    exact = [_exact_text(value) for value in _only(long, cells).to_pylist()]
    texts = pa.array(exact, pa.string())
    return ExcelCells(values=_only(pc.is_null(texts), numbers), texts=texts)


def _exact_text(value: Decimal | None) -> str | None:
    """Return the text of a number that Excel would round, else None."""
    if value is None:
        return None
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return f"{value:f}" if len(digits) > EXACT_DIGITS else None


def _dates(cells: Arrow) -> ExcelCells:
    days = pc.add(cells.cast(pa.int32()).cast(pa.float64()), UNIX_EPOCH)
    return _since_1900(days, lambda: cells.cast(pa.string()))


def _datetimes(cells: Arrow, zone: ZoneInfo) -> ExcelCells:
    if cells.type.tz is not None:
        cells = pc.local_timestamp(cells.cast(pa.timestamp(cells.type.unit, zone.key)))
    cells = cells.cast(pa.timestamp("us"), safe=False)
    days = pc.add(_days(cells.cast(pa.int64())), UNIX_EPOCH)
    return _since_1900(days, lambda: datetime_text(cells))


def _since_1900(days: Arrow, texts: Callable[[], Arrow]) -> ExcelCells:
    """Take days since 1899-12-30 to Excel's count; what is before 1900 stays text."""
    before: Arrow = pc.less(days, pa.scalar(float(MARCH_1900)))
    days = pc.if_else(before, pc.subtract(days, pa.scalar(1.0)), days)
    early: Arrow = pc.less(days, pa.scalar(1.0))
    if not pc.any(early).as_py():
        return ExcelCells(values=days)
    return ExcelCells(values=_only(pc.invert(early), days), texts=_only(early, texts()))


def _durations(cells: Arrow) -> ExcelCells:
    micros = cells.cast(pa.duration("us"), safe=False).cast(pa.int64())
    negative: Arrow = pc.less(micros, pa.scalar(0))
    values = _only(pc.invert(negative), _days(micros))
    texts = _only(negative, duration_text(cells)) if pc.any(negative).as_py() else None
    return ExcelCells(values=values, texts=texts)


def _days(micros: Arrow) -> Arrow:
    return pc.divide(micros.cast(pa.float64(), safe=False), float(DAY))


def _only(mask: Arrow, cells: Arrow) -> Arrow:
    """Return the cells where the mask is true, null elsewhere."""
    return pc.if_else(mask, cells, pa.scalar(None, cells.type))
