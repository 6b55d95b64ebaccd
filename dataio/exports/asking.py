"""What a filter is: a control that reads a value, and the rows that are meant by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters as df  # type: ignore[import-untyped]
from django.db.models import Q

from dataio.columns import Column
from dataio.exports.paths import lookup


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A column that a filter is about."""

    column: Column
    """Named by its path."""
    zone: dt.tzinfo
    """In which days begin."""

    @property
    def path(self) -> str:
        """As Django calls it."""
        return lookup(self.column.name)


Make = Callable[[Column], df.Filter]
Meaning = Callable[[Asked, Any], Q]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One filter of one kind of column."""

    make: Make
    """Makes the filter that reads the value."""
    means: Meaning
    """The rows it keeps."""
