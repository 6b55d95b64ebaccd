"""Sample workbooks of products: clean, dirty and large; and of orders. Always the same values."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from dataio.writers import OutputColumn, WriteOptions, open_writer
from project.shop import goods, order_samples

HEADERS = {
    "sku": "SKU",
    "name": "Name",
    "category": "Category",
    "price": "Price",
    "quantity": "Quantity",
    "weight": "Weight (kg)",
    "active": "Active",
    "created": "Created",
    "supplier_email": "Supplier e-mail",
    "notes": "Notes",
}
TYPES: dict[str, pa.DataType] = {
    "price": pa.decimal128(12, 2),
    "quantity": pa.int64(),
    "weight": pa.float64(),
    "active": pa.bool_(),
    "created": pa.date32(),
}
"""Of the cells of a clean workbook; the others are texts."""
KINDS = {
    "price": "decimal",
    "quantity": "integer",
    "weight": "float",
    "active": "boolean",
    "created": "date",
}
ROWS_AT_ONCE = 25_000
CLEAN_ROWS = 1_000
DIRTY_ROWS = 500
MANY_ROWS = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """One thing that is wrong in the dirty workbook."""

    field: str
    value: object
    """What stands in the cell; None is an empty cell."""
    times: int


FLAWS = [
    Flaw(field="category", value="Tolls", times=7),
    Flaw(field="category", value="Toyz", times=4),
    Flaw(field="category", value="Gardening stuff", times=3),
    Flaw(field="price", value="12,5o", times=4),
    Flaw(field="price", value="on request", times=2),
    Flaw(field="price", value=-5, times=3),
    Flaw(field="price", value=12.345, times=2),
    Flaw(field="name", value=None, times=5),
    Flaw(field="sku", value=None, times=2),
    Flaw(field="supplier_email", value="anna@", times=3),
    Flaw(field="supplier_email", value="sales.example.com", times=3),
    Flaw(field="active", value="maybe", times=4),
    Flaw(field="created", value="03/04/2025", times=4),
    Flaw(field="created", value="soon", times=2),
    Flaw(field="created", value="31.02.2025", times=2),
    Flaw(field="quantity", value="ten", times=3),
    Flaw(field="quantity", value=3.5, times=2),
    Flaw(field="weight", value="heavy", times=2),
    Flaw(field="weight", value="#REF!", times=2),
]
# Rows that carry the SKU of the row before them.
REPEATED_SKUS = 3


def make_samples(folder: Path) -> list[Path]:
    """Make the workbooks that `folder` lacks; return the paths of all."""
    folder.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[Path], None]] = {
        "products-1000.xlsx": lambda path: write_clean(path, CLEAN_ROWS),
        "products-dirty-500.xlsx": write_dirty,
        "products-100000.xlsx": lambda path: write_clean(path, MANY_ROWS),
        "orders-with-lines.xlsx": order_samples.write_in_rows,
        "orders-linked.xlsx": order_samples.write_linked,
    }
    for name, maker in makers.items():
        path = folder / name
        if not path.exists():
            draft = path.with_name(f".{name}")
            maker(draft)
            draft.replace(path)
    return [folder / name for name in makers]


def write_clean(path: Path, rows: int) -> None:
    """A workbook of `rows` products without a fault, in constant memory."""
    columns = [
        OutputColumn(name=field, header=header, kind=KINDS.get(field, "text"))
        for field, header in HEADERS.items()
    ]
    schema = pa.schema([(field, TYPES.get(field, pa.string())) for field in HEADERS])
    options = WriteOptions(columns=columns, sheet_name="Products")
    made = goods.products("P", rows, seed=5)
    with open_writer(path, "xlsx", options) as writer:
        while some := list(islice(made, ROWS_AT_ONCE)):
            table = pa.Table.from_pylist(some, schema)
            writer.write(table.to_pandas(types_mapper=pd.ArrowDtype))


def write_dirty(path: Path) -> None:
    """A workbook of 500 products with every flaw of FLAWS, one to a row."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Products")
    sheet.append(list(HEADERS.values()))
    for row in dirty_rows():
        cells = [WriteOnlyCell(sheet, value=value) for value in row.values()]
        for cell in cells:
            if isinstance(cell.value, str):
                # openpyxl takes "=..." for a formula and "#REF!" for an error; of
                # these two only the error is meant.
                cell.data_type = "e" if cell.value == "#REF!" else "s"
        sheet.append(cells)
    book.save(path)


def dirty_rows() -> Iterator[dict[str, Any]]:
    """Yield the dirty workbook's rows, by header."""
    chance = random.Random(6)  # noqa: S311
    wrong = [flaw for flaw in FLAWS for _ in range(flaw.times)]
    # From the second row on, and never two in a row, so that no repeated SKU repeats
    # one that is itself missing.
    places = chance.sample(range(1, DIRTY_ROWS, 2), len(wrong) + REPEATED_SKUS)
    flaws = dict(zip(places, wrong, strict=False))
    repeats = set(places[len(wrong) :])
    before = ""
    for place, row in enumerate(goods.products("D", DIRTY_ROWS, seed=7)):
        if flaw := flaws.get(place):
            row[flaw.field] = flaw.value
        if place in repeats:
            row["sku"] = before
        before = row["sku"]
        yield _cells(row)


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """One row by header, with what a cell can hold."""
    cells = {header: row[field] for field, header in HEADERS.items()}
    price = cells["Price"]
    return {**cells, "Price": price if isinstance(price, str) else float(price)}
