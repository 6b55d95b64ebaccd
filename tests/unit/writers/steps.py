"""Frames to be written, and files to be read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from python_calamine_plus import CalamineWorkbook

from dataio.writers import OutputColumn, WriteOptions, Writer, open_writer


def series(kind: pa.DataType, values: list[Any]) -> pd.Series:
    return pd.Series(pa.array(values, kind), dtype=pd.ArrowDtype(kind))


def frame_of(**columns: tuple[pa.DataType, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: series(*given) for name, given in columns.items()})


def output(*names: str, **kinds: str) -> list[OutputColumn]:
    """Return columns named "a" with the header "A"; `kinds` by name."""
    return [
        OutputColumn(name=name, header=name.title(), kind=kinds.get(name, ""))
        for name in (*names, *kinds)
    ]


def write(path: Path, *frames: pd.DataFrame, **options: Any) -> Writer:
    """Write frames to a file of the kind its suffix says."""
    options.setdefault("columns", output(*frames[0].columns) if frames else ())
    with open_writer(path, path.suffix[1:], WriteOptions(**options)) as writer:
        for frame in frames:
            writer.write(frame)
    return writer


def ods_rows(path: Path, sheet: int | str = 0) -> list[list[Any]]:
    """Return the cells under the header, as calamine reads them."""
    book = CalamineWorkbook.from_path(str(path))
    name = sheet if isinstance(sheet, str) else book.sheet_names[sheet]
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python()
    return rows[1:]
