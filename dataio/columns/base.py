"""What every column type has in common: a name, and a parser for a whole Series at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from dataio.columns.arrow import arrow_series
from dataio.columns.related_key import KeyFields

Validator = Callable[[Any], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFormat:
    """How one column of a file writes its values, as the person confirmed it.

    An empty string means "not said": values that are certain by themselves are read,
    ambiguous ones become problems. Nothing is guessed.
    """

    date_order: str = ""
    """DMY, MDY or YMD, for dates written as text."""
    decimal: str = ""
    """The decimal sign, "." or ",", for numbers written as text; other signs apart thousands."""
    currency: str = ""
    """The one currency whose signs may stand beside a number, see `columns.currencies`."""
    percent: str = ""
    """What "12 %" is: "fraction" (0.12) or "number" (12)."""
    negative: str = ""
    """"minus": numbers in parentheses, or with the minus behind, are less than zero."""


class Lookups(Protocol):
    """Finds related records; one query per chunk for values not seen before."""

    def find(
        self, model: type[Any], field_name: KeyFields, values: Sequence[Hashable]
    ) -> dict[Hashable, list[Any]]:
        """Return for each value the primary keys of the records that have it (0, 1 or more).

        A text without a record of just that text is found without regard to case.
        """

    def suggest(
        self, model: type[Any], field_name: KeyFields, value: Hashable
    ) -> str | None:
        """Return the existing value most like one that was not found, None if there is none.

        Columns do without where lookups have no such method.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseContext:
    """What a column may need beside the cells."""

    lookups: Lookups | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Zone of datetimes that carry none."""
    cell_format: CellFormat = field(default_factory=CellFormat)
    creating: Mapping[str, Collection[str] | None] = field(default_factory=dict)
    """Column name -> names of related records that may be created; None is any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """What became of one Series of raw cells."""

    values: pd.Series
    """Same index, dtype `pd.ArrowDtype(column.arrow_type)`; missing and bad cells are pd.NA."""
    problems: pd.DataFrame
    """See `dataio.columns.problems`."""
    pending: pd.Series | None = None
    """Same index, Arrow text: names of related records that are to be created; else pd.NA."""


class Column:
    """One field of a resource.

    `parse` turns raw cells (object Series, index = row numbers as Excel shows them, cells as the
    reader gave them: None, str, bool, int, float, date, datetime, time, timedelta) into clean
    values and problems. `present` is the way back: database values to what a writer writes.
    A bad cell is never an exception.
    """

    kind: ClassVar[str] = ""
    """A stable word for the type ("text", "integer", ...); writers choose number formats by it."""
    arrow_type: pa.DataType
    """Type of clean values."""
    many: ClassVar[bool] = False
    """True when a cell holds several related records."""
    glue: str = " "
    """What is proposed to stand between columns of a file that are joined into this one."""

    def __init__(
        self,
        name: str,
        *,
        label: str = "",
        aliases: Sequence[str] = (),
        required: bool = False,
        blank_value: object = None,
        help_text: str = "",
        validators: Sequence[Validator] = (),
        read_only: bool = False,
    ) -> None:
        """Describe the column.

        `name`: the model field's name, and the name in clean frames.
        `label`: what people see; shown in headers of exports and templates.
        `aliases`: other headers that mean this column.
        `required`: a blank cell is a problem.
        `blank_value`: what a blank cell means for the database ("" for a text that is not null,
        a default); None is NULL. A callable is called when rows are loaded.
        `validators`: Django validators, each called once per distinct value.
        `read_only`: exported, never imported.
        """
        self.name = name
        self.label = label or name.replace("_", " ").capitalize()
        self.aliases = tuple(aliases)
        self.required = required
        self.blank_value = blank_value
        self.help_text = help_text
        self.validators = tuple(validators)
        self.read_only = read_only

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        """Return clean values and problems of a whole Series of raw cells."""
        raise NotImplementedError

    def present(self, values: pd.Series) -> pd.Series:
        """Return database values as a Series a writer writes (same index, an Arrow dtype)."""
        try:
            return arrow_series(values, self.arrow_type)
        except (
            pa.ArrowInvalid,
            pa.ArrowTypeError,
        ):  # which pandas may know how to turn
            return values.astype(pd.ArrowDtype(self.arrow_type))

    def allowed(self) -> str:
        """Return one sentence that says what a cell may hold, for templates and problems."""
        raise NotImplementedError

    def example(self) -> object:
        """Return a value that parses, for templates."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
