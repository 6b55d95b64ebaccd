"""A workbook whose every value is known, and what the database must hold after its import."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from project.shop import goods
from tests.chaos.site import Site

CATEGORIES = sorted(goods.NOUNS)
BEFORE = "before"
HEADER = ["SKU", "Name", "Category", "Price", "Quantity", "Notes"]
STORED = (
    "SELECT sku, p.name, c.name, price, quantity, notes FROM shop_product p"
    " JOIN shop_category c ON c.id = p.category_id WHERE sku LIKE 'C-%' ORDER BY sku"
)


@dataclass(frozen=True, kw_only=True)
class Book:
    path: Path
    rows: int

    def prepare(self, site: Site) -> None:
        """Put every second row into the database, with other values; remove the others."""
        with (
            closing(sqlite3.connect(site.var / "db.sqlite3", timeout=30)) as file,
            file,
        ):
            file.execute("DELETE FROM shop_product WHERE sku LIKE 'C-%'")
            (category,) = file.execute("SELECT min(id) FROM shop_category").fetchone()
            file.executemany(
                "INSERT INTO shop_product (sku, name, category_id, price, quantity,"
                " weight, active, created, supplier_email, notes, updated_at)"
                f" VALUES (?, '{BEFORE}', ?, 1, 0, 0, 1, '2020-01-01', '', '', '2020-01-01')",
                [(_sku(number), category) for number in range(0, self.rows, 2)],
            )

    def holds(self, site: Site) -> tuple[int, int]:
        """Return how many rows were created and updated; each has all its values."""
        found = {row[0]: row for row in site.rows(STORED)}
        values = {_sku(number): _values(number) for number in range(self.rows)}
        fresh = {sku for sku, row in found.items() if row[1] != BEFORE}
        assert all(found[sku] == values[sku] for sku in fresh)
        there = {_sku(number) for number in range(0, self.rows, 2)}
        assert there <= found.keys()
        return len(fresh - there), len(fresh & there)

    def is_in(self, site: Site) -> bool:
        """Tell whether every row is in the database once, with every value right."""
        return site.rows(STORED) == [_values(number) for number in range(self.rows)]


def make_book(path: Path, rows: int) -> Book:
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, HEADER)
    for number in range(rows):
        sheet.write_row(number + 1, 0, _values(number))
    book.close()
    return Book(path=path, rows=rows)


def _values(number: int) -> tuple[Any, ...]:
    name, category = f"Dụng cụ số {number}", CATEGORIES[number % len(CATEGORIES)]
    price, quantity = number % 5_000 + 0.25, number % 977
    return _sku(number), name, category, price, quantity, f"Nº {number}"


def _sku(number: int) -> str:
    return f"C-{number:06}"
