"""Sample workbooks of orders with their lines: in the same rows, and on linked sheets."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from project.shop.models import Order

ORDERS = 300
MOST_LINES = 6
# The demo data has as many.
CUSTOMERS = 56
PRODUCTS = 200
ORDER_HEADERS = ["Order number", "Customer", "Status", "Placed at", "Remarks"]
LINE_HEADERS = ["Position", "Product", "Quantity", "Unit price"]
FIRST_DAY = datetime.datetime(2026, 3, 2, 8, 15)  # noqa: DTZ001 - a workbook knows no zone
REMARKS = [None, None, None, "Gift wrap", "Gọi trước khi giao", "=leave at the door"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleOrder:
    """One order of a workbook, as cells in the order of the headers."""

    cells: list[Any]
    lines: list[list[Any]]


def orders(prefix: str, count: int = ORDERS) -> Iterator[SampleOrder]:
    """Yield orders of the demo data's customers and products; always the same."""
    chance = random.Random(prefix)  # noqa: S311 - goods, not secrets
    for number in range(1, count + 1):
        lines = chance.randrange(1, MOST_LINES)
        skus = chance.sample(range(1, PRODUCTS + 1), lines)
        yield SampleOrder(
            cells=[
                f"{prefix}-{number:05d}",
                f"customer{chance.randrange(1, CUSTOMERS + 1)}@example.com",
                str(chance.choice(Order.Status.labels)),
                FIRST_DAY + datetime.timedelta(hours=5 * number),
                chance.choice(REMARKS),
            ],
            lines=[
                [place, f"DEMO-{sku:06d}", chance.randrange(1, 20), _price(chance)]
                for place, sku in enumerate(skus, start=1)
            ],
        )


def write_in_rows(path: Path) -> None:
    """Orders and lines in one sheet: an order stands in the row of its first line only."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    sheet.append([*ORDER_HEADERS, *LINE_HEADERS])
    for order in orders("R"):
        for place, line in enumerate(order.lines):
            cells = [None] * len(ORDER_HEADERS) if place else order.cells
            sheet.append(_plain(sheet, [*cells, *line]))
    book.save(path)


def write_linked(path: Path) -> None:
    """Orders on one sheet, their lines with the number of the order on another."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    lines = book.create_sheet("Lines")
    sheet.append(ORDER_HEADERS)
    lines.append(["Order number", *LINE_HEADERS])
    for order in orders("L"):
        sheet.append(_plain(sheet, order.cells))
        for line in order.lines:
            lines.append(_plain(lines, [order.cells[0], *line]))
    book.save(path)


def _price(chance: random.Random) -> float:
    return chance.randrange(99, 50_000) / 100


def _plain(sheet: Any, cells: list[Any]) -> list[Any]:
    """Return cells whose texts are texts, whatever they start with."""
    made = [WriteOnlyCell(sheet, value=value) for value in cells]
    for cell in made:
        if isinstance(cell.value, str):
            cell.data_type = "s"
    return made
