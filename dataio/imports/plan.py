"""ImportPlan: what a person decided on the mapping page, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from dataio.columns import CellFormat

CREATE, UPDATE, UPSERT = "create", "update", "upsert"
MODES = (CREATE, UPDATE, UPSERT)
KEEP, CLEAR = "keep", "clear"
ORDERED = ("mapping", "joins", "splits", "constants")
"""What has an order beside its names: that of the file's columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Join:
    """Several columns of a file that become one."""

    headers: tuple[str, ...]
    separator: str = " "


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """One column of a file that becomes two."""

    columns: tuple[str, ...]
    separator: str = " "


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPlan:
    """How one file becomes rows. Stored with the job as JSON."""

    resource: str
    """Label of the resource."""
    sheet: str = ""
    header_row: int = 1
    """The row above the data, which holds the headers."""
    header_rows: int = 1
    """2 when the row above `header_row` belongs to the headers, see `joined_header`."""
    mapping: dict[str, str] = field(default_factory=dict)
    """Header text (as `header_texts` gives it) -> column name; unmapped headers are left out."""
    formats: dict[str, CellFormat] = field(default_factory=dict)
    """Column name -> how the file writes its values."""
    mode: str = UPSERT
    key: tuple[str, ...] = ()
    """The columns by which existing records are found."""
    atomic: bool = False
    """All or nothing; otherwise good rows go in and bad rows are listed."""
    check_first: bool = False
    """Stop after the check, for the person to look, correct and decide."""
    constants: dict[str, str] = field(default_factory=dict)
    """Column name -> the text every row gets, for columns the file does not have."""
    joins: dict[str, Join] = field(default_factory=dict)
    """Column name -> the headers whose cells are joined into it."""
    splits: dict[str, Split] = field(default_factory=dict)
    """Header -> the columns its cells are split into."""
    blanks: dict[str, str] = field(default_factory=dict)
    """Column name -> "keep" or "clear": what a blank cell does to an existing record."""
    create_missing: tuple[str, ...] = ()
    """Foreign key columns whose missing related records are created."""
    add_related: tuple[str, ...] = ()
    """Many-to-many columns that add to the related records instead of replacing them."""
    remove_missing: bool = False
    """Remove the records that the file lacks."""
    remove_anyway: bool = False
    """Also when rows of the file have problems."""
    fingerprint: str = ""
    """Header of the column that says what each row was when it was exported."""
    conflicts: dict[str, str] = field(default_factory=dict)
    """Row number, or "" for all others -> "mine" or "theirs": whose values stay where somebody
    else changed a row in the meantime. Without a decision the row is a problem."""

    parts: tuple[ImportPlan, ...] = ()
    """Plans of the children that the file holds too, loaded after the parents. On the same
    sheet as this plan: they stand in the rows of their parents and in those below."""
    link: str = ""
    """Of a part: its foreign key column, which names the parent."""

    @property
    def prefix(self) -> str:
        """What stands before column names of a part wherever all columns of a job meet."""
        return f"{self.resource.rpartition('.')[2]}." if self.link else ""

    @property
    def all_parts(self) -> tuple[ImportPlan, ...]:
        """This plan, then its parts: chunks are numbered by their place here."""
        return (self, *self.parts)

    def part_of(self, column: str) -> int:
        """Return the number of the part that a column name with its prefix belongs to."""
        numbers = range(1, len(self.parts) + 1)
        found = (n for n in numbers if column.startswith(self.all_parts[n].prefix))
        return next(found, 0)

    @property
    def columns(self) -> list[str]:
        """Names of the mapped columns, in the order of the file."""
        split = [name for one in self.splits.values() for name in one.columns]
        return [*self.mapping.values(), *self.joins, *split, *self.constants]

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        # PostgreSQL sorts the keys of what it keeps as JSON.
        order = {name: list(getattr(self, name)) for name in ORDERED}
        parts = [part.as_data() for part in self.parts]
        return asdict(self) | {"parts": parts, "order": order}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the plan that `as_data` gave, also by an earlier version of dataio."""
        lists = ("key", "create_missing", "add_related")
        values = data | {name: tuple(data.get(name, ())) for name in lists}
        parts = {"formats": CellFormat, "joins": Join, "splits": Split}
        for name, kind in parts.items():
            found = data.get(name, {}).items()
            values[name] = {key: _rebuilt(kind, value) for key, value in found}
        values["parts"] = tuple(map(cls.from_data, data.get("parts", ())))
        for name, keys in values.pop("order", {}).items():
            found = values[name]
            values[name] = {key: found[key] for key in keys if key in found} | found
        return cls(**values)

    def with_changes(self, **changes: Any) -> ImportPlan:
        """Return a plan that differs in some fields."""
        return replace(self, **changes)


def _rebuilt(kind: type[Any], data: dict[str, Any]) -> Any:
    tuples = {
        key: tuple(value) for key, value in data.items() if isinstance(value, list)
    }
    return kind(**data | tuples)
