"""Names and kinds of the forty columns that a wide product has beyond a product's ten."""

from __future__ import annotations

KINDS = ("text", "integer", "decimal", "float", "date")
EACH = 8
EXTRA = {f"{kind}_{number}": kind for kind in KINDS for number in range(1, EACH + 1)}
"""Kind by name of the column."""
