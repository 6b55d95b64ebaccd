"""Workbooks to time with: made a column at a time, kept in var/bench for the next run.

Each has two versions, with the same keys: in the second, every row has another price and
quantity, so that it updates all that the first created. Beside each lies the same data as
Parquet, for those who start behind the parse.

    python -m benchmarks.workbooks 1000x10 update Q

makes one and prints its path as JSON.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.shapes import CREATE, UPDATE, Shape, header
from dataio.writers import OutputColumn, WriteOptions, open_writer
from project.shop.goods import DAYS, FIRST_DAY, MAKERS, NOTES, NOUNS, STYLES

FORMAT = 1
"""Counted up when the values change: old files are then made anew."""
ROWS_AT_ONCE = 25_000
Arrow = Any


def workbook(
    folder: Path, shape: Shape, operation: str = CREATE, prefix: str = "P"
) -> Path:
    """Return the path of the workbook, made if it is not there; its data end in .parquet.

    `prefix`: what its keys begin with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{prefix}-{shape}-{operation}-{FORMAT}.xlsx"
    if not path.exists():
        draft = path.with_name(f".{path.name}")
        _write(draft, shape, operation, prefix)
        draft.with_suffix(".parquet").replace(path.with_suffix(".parquet"))
        draft.replace(path)
    return path


def table(
    shape: Shape, operation: str, start: int, count: int, prefix: str = "P"
) -> pa.Table:
    """Return `count` rows from row `start` on; the same rows whatever is asked before."""
    chance = np.random.default_rng((7, start))
    later = int(operation == UPDATE)
    columns = _product(chance, count, later)
    for name, kind in shape.fields.items():
        if name not in columns and name != "sku":
            columns[name] = _values(chance, kind, count, later)
    numbers = np.arange(start + 1, start + count + 1)
    columns["sku"] = _numbered(f"{prefix}-", numbers, 7)
    return pa.table({name: columns[name] for name in shape.fields})


def _write(path: Path, shape: Shape, operation: str, prefix: str) -> None:
    columns = [
        OutputColumn(name=name, header=header(name), kind=kind)
        for name, kind in shape.fields.items()
    ]
    options = WriteOptions(columns=columns, sheet_name="Products")
    schema = table(shape, operation, 0, 1).schema
    with (
        pq.ParquetWriter(path.with_suffix(".parquet"), schema) as data,
        open_writer(path, "xlsx", options) as writer,
    ):
        for start in range(0, shape.rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, shape.rows - start)
            some = table(shape, operation, start, count, prefix)
            data.write_table(some)
            writer.write(some.to_pandas(types_mapper=pd.ArrowDtype))


def _product(chance: Any, count: int, later: int) -> dict[str, Arrow]:
    kinds = list(NOUNS)
    groups = chance.integers(0, len(kinds), count)
    names = [f"{maker} {style}" for maker in MAKERS for style in STYLES]
    nouns = sorted({noun for some in NOUNS.values() for noun in some})
    quantities = chance.integers(0, 1_000, count) + later
    return {
        "name": pc.binary_join_element_wise(
            _chosen(chance, names, count), _chosen(chance, nouns, count), " "
        ),
        "category": pa.array(kinds).take(pa.array(groups)),
        "price": _money(chance.integers(99, 5_000_000, count) + later),
        "quantity": pa.array(quantities),
        "weight": pa.array(chance.integers(20, 25_000, count) / 1_000),
        "active": pa.array(chance.random(count) < 0.9),
        "created": _days(chance, count),
        "supplier_email": pc.binary_join_element_wise(
            _numbered("sales", chance.integers(1, 400, count), 1), "example.com", "@"
        ),
        "notes": _chosen(chance, NOTES, count),
    }


def _values(chance: Any, kind: str, count: int, later: int) -> Arrow:
    if kind == "text":
        return _numbered("Shelf ", chance.integers(0, 5_000, count), 4)
    if kind == "decimal":
        return _money(chance.integers(0, 9_999_999, count) + later)
    if kind == "float":
        return pa.array(chance.integers(0, 10_000_000, count) / 1_000)
    if kind == "date":
        return _days(chance, count)
    return pa.array(chance.integers(0, 1_000_000, count) + later)


def _numbered(prefix: str, numbers: Any, width: int) -> Arrow:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _chosen(chance: Any, words: list[str], count: int) -> Arrow:
    return pa.array(words).take(pa.array(chance.integers(0, len(words), count)))


def _money(cents: Any) -> Arrow:
    whole = pa.array(cents).cast(pa.decimal128(19, 0)).cast(pa.decimal128(12, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"))).cast(pa.decimal128(12, 2))


def _days(chance: Any, count: int) -> Arrow:
    first = np.datetime64(FIRST_DAY, "D")
    return pa.array(first + chance.integers(0, DAYS, count).astype("timedelta64[D]"))


def main(shape: str, operation: str, prefix: str) -> None:
    import django

    from tests.stack import ROOT

    django.setup()  # the writer speaks the languages of the apps
    path = workbook(ROOT / "var" / "bench", Shape.parse(shape), operation, prefix)
    print(json.dumps({"path": str(path)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
