"""What became of the rows of one chunk, and how problems of whole rows are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from dataio.columns.problems import join_problems, no_problems, problems_of
from dataio.imports.loaders.unfolded import join_unfolded


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadResult:
    """Exact counts of one chunk. created + updated + unchanged + rows with problems = rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: pd.DataFrame
    """Rows that were left out; see `dataio.columns.problems`."""
    image: pa.Table | None = None
    """What the records were before and after, when asked; see `dataio.imports.loaders.images`."""


class Loader(Protocol):
    """Writes clean rows into one model's table, inside the caller's transaction."""

    using: str
    """Alias of the database."""

    def load(self, frame: pd.DataFrame) -> LoadResult:
        """Write all rows, or raise IntegrityError or DataError when the database refuses one.

        Raises Overtaken when another writer came in between; the same call works again.
        """

    def close(self) -> None:
        """Remove what the loader keeps in the database for itself."""


class Overtaken(Exception):
    """Another writer added or removed a record of these rows at the same moment."""


def join_results(parts: Iterable[LoadResult]) -> LoadResult:
    """Return the sums of all parts."""
    results = list(parts)
    return LoadResult(
        created=sum(part.created for part in results),
        updated=sum(part.updated for part in results),
        unchanged=sum(part.unchanged for part in results),
        problems=join_problems(part.problems for part in results),
        image=join_unfolded(part.image for part in results),
    )


def same_problem(cells: pd.Series, column: str, code: str, text: str) -> pd.DataFrame:
    """Return one problem with the same sentence for each of `cells`."""
    return problems_of(cells, column, code, lambda _value: text)


def row_problems(
    rows: pd.DataFrame, key: Sequence[str], code: str, sentence: Callable[[str], str]
) -> pd.DataFrame:
    """Return one problem for each of `rows` (part of a clean frame).

    `sentence` is called with the key as text, such as "A-1" or "A-1 / 3".
    """
    if rows.empty:
        return no_problems()
    column = key[0] if len(key) == 1 else ""
    return problems_of(key_texts(rows, key), column, code, sentence)


def key_texts(rows: pd.DataFrame, key: Sequence[str]) -> pd.Series:
    """Return the key of each row as one text."""
    texts: Any = pd.Series("", index=rows.index, dtype=object)
    for number, name in enumerate(key):
        part = rows[name].astype(object).map(_text)
        texts = part if not number else texts + " / " + part
    joined: pd.Series = texts
    return joined


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA else str(value)
