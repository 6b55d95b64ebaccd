"""ImportPlan: what a person decided on the mapping page, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from dataio.columns import CellFormat

CREATE, UPDATE, UPSERT = "create", "update", "upsert"
MODES = (CREATE, UPDATE, UPSERT)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPlan:
    """How one file becomes rows. Stored with the job as JSON."""

    resource: str
    """Label of the resource."""
    sheet: str = ""
    header_row: int = 1
    mapping: dict[str, str] = field(default_factory=dict)
    """Header text (as `header_texts` gives it) -> column name; unmapped headers are left out."""
    formats: dict[str, CellFormat] = field(default_factory=dict)
    """Column name -> how the file writes its values."""
    mode: str = UPSERT
    key: tuple[str, ...] = ()
    """The columns by which existing records are found."""
    atomic: bool = False
    """All or nothing; otherwise good rows go in and bad rows are listed."""

    @property
    def columns(self) -> list[str]:
        """Names of the mapped columns, in the order of the file."""
        return list(self.mapping.values())

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the plan that `as_data` gave."""
        formats = {name: CellFormat(**value) for name, value in data["formats"].items()}
        return cls(**data | {"formats": formats, "key": tuple(data["key"])})

    def with_changes(self, **changes: Any) -> ImportPlan:
        """Return a plan that differs in some fields."""
        return replace(self, **changes)
