"""Types of columns: each parses a whole Series of raw cells at a time."""

from __future__ import annotations

from dataio.columns.base import CellFormat, Column, Lookups, ParseContext, Parsed
from dataio.columns.structured import JsonColumn, UuidColumn
from dataio.columns.text import (
    EmailColumn,
    IpAddressColumn,
    SlugColumn,
    TextColumn,
    UrlColumn,
)
