"""Parquet, for programs: typed columns, nothing changed.

| value                       | in the file                                                  |
|-----------------------------|--------------------------------------------------------------|
| numbers, decimals, texts    | as they are, exact; NaN and infinity too                     |
| missing                     | null                                                         |
| datetimes with a zone       | the moment, shown in the writer's zone                       |
| durations                   | microseconds; pandas and Arrow show them as durations        |
| lists, ids and the like     | as Arrow holds them                                          |

Columns have the names of the fields, the same in every language; headers are in the metadata.
"""

from __future__ import annotations

from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from dataio.writers.single import OneTableWriter
from dataio.writers.texts import Arrow


class ParquetWriter(OneTableWriter):
    """Writes frames to a .parquet file; a frame is a row group."""

    def begin(self, file: IO[bytes]) -> None:
        """Begin to write to a file; its schema comes with the first frame."""
        self._file = file
        self._writer: pq.ParquetWriter | None = None
        self._schema = pa.schema([])

    def append(self, cells: list[Arrow]) -> None:
        """Write rows. Later frames follow the types of the first."""
        zoned = [self._zoned(column) for column in cells]
        writer = self._writer or self._open([column.type for column in zoned])
        arrays = [
            column.cast(field.type)
            for column, field in zip(zoned, self._schema, strict=True)
        ]
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def end(self) -> None:
        """Write what stands after the last row."""
        kinds = [column.arrow_type or pa.string() for column in self.options.columns]
        if self._writer is None:
            self._open(kinds)

    def _open(self, kinds: list[pa.DataType]) -> pq.ParquetWriter:
        fields = [
            pa.field(column.name, kind, metadata={"header": column.header})
            for column, kind in zip(self.options.columns, kinds, strict=True)
        ]
        self._schema = pa.schema(fields)
        self._writer = pq.ParquetWriter(self._file, self._schema)
        self.stack.callback(self._writer.close)
        return self._writer

    def _zoned(self, cells: Arrow) -> Arrow:
        kind = cells.type
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            return cells.cast(pa.timestamp(kind.unit, self.options.timezone.key))
        return cells
