"""Reads a few cells with a column, as a chunk of a workbook would be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dataio.columns import CellFormat, Column, Lookups, ParseContext, Parsed

Read = Callable[..., Parsed]


@pytest.fixture
def read() -> Read:
    """Parse cells that start in row 2; check what holds of every answer."""

    def parse(
        column: Column,
        cells: Sequence[Any],
        *,
        zone: str = "UTC",
        lookups: Lookups | None = None,
        **cell_format: str,
    ) -> Parsed:
        series = pd.Series(list(cells), index=range(2, 2 + len(cells)), dtype=object)
        context = ParseContext(
            timezone=ZoneInfo(zone),
            lookups=lookups,
            cell_format=CellFormat(**cell_format),
        )
        parsed = column.parse(series, context)
        assert parsed.values.dtype == pd.ArrowDtype(column.arrow_type)
        assert parsed.values.index.tolist() == series.index.tolist()
        assert parsed.values[parsed.problems["row"]].isna().all()
        assert set(parsed.problems["column"]) <= {column.name}
        return parsed

    return parse


@pytest.fixture
def value(read: Read) -> Callable[..., Any]:
    """Parse one cell that must be clean."""

    def one(column: Column, cell: object, **options: Any) -> Any:
        # Beside a cell of another kind, so that mixed columns are what is tested.
        parsed = read(column, [cell, None], **options)
        assert parsed.problems["message"].tolist() == []
        found = parsed.values.iloc[0]
        return None if found is pd.NA else found

    return one


@pytest.fixture
def problem(read: Read) -> Callable[..., tuple[str, str]]:
    """Parse one cell that must be a problem; return its code and sentence."""

    def one(column: Column, cell: object, **options: Any) -> tuple[str, str]:
        parsed = read(column, [None, cell], **options)
        assert parsed.problems["row"].tolist() == [3]
        return parsed.problems.at[0, "code"], parsed.problems.at[0, "message"]

    return one
