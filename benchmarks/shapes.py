"""How large a workbook is, and what its columns are. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.wide.columns import EXTRA

CREATE, UPDATE, CHECK, EXPORT = "create", "update", "check", "export"
"""What is done with it; the check is one of the second version."""
PRODUCT = {
    "sku": ("SKU", "text"),
    "name": ("Name", "text"),
    "category": ("Category", "text"),
    "price": ("Price", "decimal"),
    "quantity": ("Quantity", "integer"),
    "weight": ("Weight (kg)", "float"),
    "active": ("Active", "boolean"),
    "created": ("Created", "date"),
    "supplier_email": ("Supplier e-mail", "text"),
    "notes": ("Notes", "text"),
}
"""Header and kind of a product's columns, by field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    rows: int
    columns: int = 10

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Return the shape written as 10000x10."""
        rows, _by, columns = text.partition("x")
        shape = cls(rows=int(rows), columns=int(columns or 10))
        assert shape.columns in (10, 50), "there are tables of 10 and of 50 columns"
        return shape

    def __str__(self) -> str:
        return f"{self.rows}x{self.columns}"

    @property
    def resource(self) -> str:
        return "shop.product" if self.columns == 10 else "wide.wideproduct"

    @property
    def fields(self) -> dict[str, str]:
        """Kind by name of the field, in the order of the columns."""
        own = {name: kind for name, (_header, kind) in PRODUCT.items()}
        return own | (EXTRA if self.columns == 50 else {})


def header(name: str) -> str:
    """Return the header of a field's column."""
    if name in PRODUCT:
        return PRODUCT[name][0]
    return name.replace("_", " ").capitalize()
