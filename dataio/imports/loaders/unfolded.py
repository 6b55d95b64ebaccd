"""Unfolding: an image that was folded (see `folding`) becomes what every image is.

Here those of SQLite are, which hold the records before in SQLite's own pages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pyarrow as pa

from dataio.imports.loaders.folding import KEEP, PK, STAGED
from dataio.imports.loaders.images import (
    ACTION,
    CREATED,
    FOLDED,
    ROW,
    UPDATED,
    join_images,
    plain_values,
    values_array,
)
from dataio.imports.loaders.unfolded_texts import unfolded_texts

PAGES = b"dataio.pages"
"""The key of SQLite's pages in the metadata of a folded image."""
OLD, CONSTANTS, TOUCHES = "old", "constants", "touches"
"""Tables of the pages."""

Values = dict[str, list[Any]]
"""Values by column."""


def unfolded(image: pa.Table) -> pa.Table:
    """Return an image in the form that `images` describes, whatever form it has."""
    metadata = image.schema.metadata or {}
    if FOLDED not in metadata:
        return image
    known = json.loads(metadata[FOLDED])
    if "lines" in known:
        return unfolded_texts(image, known)
    columns: list[str] = known["columns"]
    pages = pa.decompress(
        metadata[PAGES], known["size"], codec=known["codec"], asbytes=True
    )
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(pages)
        old = _table(database, OLD, columns)
        constants = _line(database, CONSTANTS)
        touches = _line(database, TOUCHES)
    updated = _updated(image, old, touches, known["assigned"])
    created = _created(image, columns, constants, known["pk"])
    blank: list[Any] = [None] * len(next(iter(created.values()), []))
    inexact = set(known["inexact"])
    parts: dict[str, Any] = {name: image.column(name) for name in (ROW, ACTION)}
    for side, first, second in (("old", old, dict.fromkeys(columns, blank)), ("new", updated, created)):  # fmt: skip
        for name in columns:
            values = first[name] + second[name]
            parts[f"{side}.{name}"] = values_array(values, inexact=name in inexact)
    head = {b"dataio": metadata[b"dataio"]}
    return pa.table(parts).replace_schema_metadata(head)


def join_unfolded(parts: Iterable[pa.Table | None]) -> pa.Table | None:
    """Return one image of several pieces; a single one stays as it is."""
    images = [part for part in parts if part is not None and len(part)]
    if len(images) < 2:
        return images[0] if images else None
    return join_images(map(unfolded, images))


def _updated(
    image: pa.Table, old: Values, touches: Values, assigned: list[str]
) -> Values:
    """Return what the updated records became; `assigned`: columns the file has values for."""
    rows = _of(image, UPDATED)
    new = dict(old)
    for name in old:
        staged = f"{STAGED}{name}"
        if name in touches:
            new[name] = touches[name] * len(rows)
        elif name in assigned:
            new[name] = plain_values(rows.column(staged))
            keep = f"{KEEP}{name}"
            if keep in rows.column_names:
                kept = rows.column(keep).to_pylist()
                pairs = zip(kept, old[name], new[name], strict=True)
                new[name] = [was if keeps else now for keeps, was, now in pairs]
    return new


def _created(image: pa.Table, columns: list[str], constants: Values, pk: str) -> Values:
    """Return what the new records are."""
    rows = _of(image, CREATED)
    found: Values = {}
    for name in columns:
        if f"{STAGED}{name}" in rows.column_names:
            found[name] = plain_values(rows.column(f"{STAGED}{name}"))
        elif name == pk:
            found[name] = rows.column(PK).to_pylist() if len(rows) else []
        else:
            found[name] = constants.get(name, [None]) * len(rows)
    return found


def _of(image: pa.Table, action: str) -> pa.Table:
    count = image.column(ACTION).to_pylist().count(UPDATED)
    return image.slice(0, count) if action == UPDATED else image.slice(count)


def _table(database: sqlite3.Connection, name: str, columns: list[str]) -> Values:
    if not _is_there(database, name):
        return {column: [] for column in columns}
    numbered = ", ".join(f"c{n}" for n in range(len(columns)))
    rows = database.execute(f"SELECT {numbered} FROM {name} ORDER BY rowid").fetchall()
    return {column: [row[n] for row in rows] for n, column in enumerate(columns)}


def _line(database: sqlite3.Connection, name: str) -> Values:
    """Return the only line of a table."""
    if not _is_there(database, name):
        return {}
    cursor = database.execute(f"SELECT * FROM {name}")
    return {
        column[0]: [value]
        for column, value in zip(cursor.description, cursor.fetchone(), strict=True)
    }


def _is_there(database: sqlite3.Connection, name: str) -> bool:
    found = "SELECT 1 FROM sqlite_master WHERE name = ?"
    return database.execute(found, [name]).fetchone() is not None
