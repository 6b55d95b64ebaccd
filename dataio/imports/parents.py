"""Parents: which parents a file holds and in which rows, so that its children can name them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa

from dataio.columns.cells import Arrow, pc

TABLE = """
CREATE TABLE IF NOT EXISTS parents (
    row INTEGER PRIMARY KEY, key TEXT, name TEXT, first INTEGER, said TEXT,
    bad INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_key ON parents (key) WHERE first = row;
"""


class Parents:
    """All rows of parents of one file so far, on disk: a new process goes on, memory is small.

    A parent may be named in several rows; the first of them says what it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, rows: pd.DataFrame) -> None:
        """Keep rows: index = row numbers, columns `key` (see `key_texts`), `name` (the key as it
        stands in the file), `first` (row number) and `said` (all its cells as one text).

        The same row may be noted again.
        """
        lines = rows[["key", "name", "first", "said"]].astype(object)
        lines = lines.where(lines.notna(), None)
        with self._open() as base:
            base.executemany(
                "INSERT INTO parents (row, key, name, first, said) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (row) DO UPDATE SET key = excluded.key, name = excluded.name,"
                " first = excluded.first, said = excluded.said",
                lines.itertuples(name=None),
            )

    def judge(self, rows: Iterable[int], *, bad: bool) -> None:
        """Note that rows have a problem (`bad`) or not; also of rows that were not noted."""
        with self._open() as base:
            base.executemany(
                "INSERT INTO parents (row, bad) VALUES (?, ?)"
                " ON CONFLICT (row) DO UPDATE SET bad = excluded.bad",
                ((int(row), int(bad)) for row in rows),
            )

    def firsts(self, keys: pd.Series) -> pd.DataFrame:
        """Return the first row of each key that stands in the file: index = keys (text).

        Columns: `first` (row number), `said`, `bad` (bool).
        """
        found = self._asked(
            "SELECT key, min(row), said, bad FROM parents JOIN asked ON key = value"
            " WHERE first = row GROUP BY key",
            keys,
        )
        frame = pd.DataFrame(found, columns=["key", "first", "said", "bad"])
        return frame.astype({"bad": bool}).set_index("key")

    def owners(self, rows: pd.Series) -> pd.DataFrame:
        """Return what is known of rows: index = row numbers, columns `name`, `bad` (bool)."""
        found = self._asked(
            "SELECT row, name, bad FROM parents JOIN asked ON row = value", rows
        )
        frame = pd.DataFrame(found, columns=["row", "name", "bad"])
        return frame.astype({"bad": bool}).set_index("row")

    def name_above(self, row: int) -> str | None:
        """Return the key of the last parent above a row, as it stands in the file."""
        with self._open() as base:
            found = base.execute(
                "SELECT name FROM parents WHERE row < ? AND name IS NOT NULL"
                " ORDER BY row DESC LIMIT 1",
                [row],
            ).fetchone()
        return found[0] if found else None

    def _asked(self, query: str, values: pd.Series) -> list[tuple[object, ...]]:
        with self._open() as base:
            base.execute("CREATE TEMP TABLE asked (value PRIMARY KEY)")
            lines = ((value,) for value in values.dropna().unique().tolist())
            base.executemany("INSERT INTO asked VALUES (?)", lines)
            return base.execute(query).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path)) as base, base:
            base.executescript(TABLE)
            yield base


def name_texts(values: pd.Series) -> pd.Series:
    """Return clean values as texts (object), None where blank."""
    array: Arrow = pa.array(values.array).cast(pa.string())
    texts = array.to_numpy(zero_copy_only=False)
    return pd.Series(texts, index=values.index, dtype=object)


def key_texts(names: pd.Series) -> pd.Series:
    """Return texts in a form that is equal where a lookup takes them for the same."""
    array: Arrow = pa.array(names, pa.string(), from_pandas=True)
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(array))
    found = texts.to_numpy(zero_copy_only=False)
    return pd.Series(found, index=names.index, dtype=object)
