"""Types of columns: each parses a whole Series of raw cells at a time."""

from __future__ import annotations

from dataio.columns.base import CellFormat, Column, Lookups, ParseContext, Parsed
from dataio.columns.boolean import BooleanColumn
from dataio.columns.choice import ChoiceColumn
from dataio.columns.date import DateColumn, DateTimeColumn
from dataio.columns.exact import DecimalColumn
from dataio.columns.fields import from_field
from dataio.columns.many import ManyToManyColumn
from dataio.columns.number import FloatColumn, IntegerColumn
from dataio.columns.relation import ForeignKeyColumn
from dataio.columns.structured import JsonColumn, UuidColumn
from dataio.columns.text import (
    EmailColumn,
    IpAddressColumn,
    SlugColumn,
    TextColumn,
    UrlColumn,
)
from dataio.columns.time import DurationColumn, TimeColumn

__all__ = [
    "BooleanColumn",
    "CellFormat",
    "ChoiceColumn",
    "Column",
    "DateColumn",
    "DateTimeColumn",
    "DecimalColumn",
    "DurationColumn",
    "EmailColumn",
    "FloatColumn",
    "ForeignKeyColumn",
    "IntegerColumn",
    "IpAddressColumn",
    "JsonColumn",
    "Lookups",
    "ManyToManyColumn",
    "ParseContext",
    "Parsed",
    "SlugColumn",
    "TextColumn",
    "TimeColumn",
    "UrlColumn",
    "UuidColumn",
    "from_field",
]
