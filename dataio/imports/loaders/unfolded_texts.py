"""Unfolding of what PostgreSQL returned: lines become the columns of every image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from dataio.imports.loaders.images import ACTION, ROW
from dataio.imports.loaders.postgres import texts_of
from dataio.imports.loaders.returned_images import AFTER, BEFORE, MADE


def unfolded_texts(image: pa.Table, known: dict[str, Any]) -> pa.Table:
    """Return an image of `returned_images` in the form that `images` describes.

    `known`: columns, codec, and the sizes of the lines by name.
    """
    old = _in_order(_read(image, known, BEFORE))
    after = _in_order(_read(image, known, AFTER))
    made = _read(image, known, MADE)
    blank: Any = pa.chunked_array([pa.nulls(len(made), pa.string())])
    parts: dict[str, Any] = {name: image.column(name) for name in (ROW, ACTION)}
    for place, name in enumerate(known["columns"], start=1):
        parts[f"old.{name}"] = _joined(old.column(place), blank)
    for place, name in enumerate(known["columns"], start=1):
        parts[f"new.{name}"] = _joined(after.column(place), made.column(place))
    metadata = image.schema.metadata or {}
    head = {b"dataio": metadata[b"dataio"]}
    return pa.table(parts).replace_schema_metadata(head)


def _joined(first: Any, second: Any) -> Any:
    # Arrow writes wrong CSV of a column that begins with an empty chunk.
    chunks = [one for one in (*first.chunks, *second.chunks) if len(one)]
    return pa.chunked_array(chunks, pa.string())


def _read(image: pa.Table, known: dict[str, Any], name: str) -> pa.Table:
    width = len(known["columns"]) + 1
    if name not in known["lines"]:
        return texts_of(b"", width)
    packed = (image.schema.metadata or {})[name.encode()]
    size, codec = known["lines"][name], known["codec"]
    return texts_of(pa.decompress(packed, size, codec=codec, asbytes=True), width)


def _in_order(rows: pa.Table) -> pa.Table:
    places = rows.column(0).cast(pa.int64()).to_numpy()
    return rows.take(np.argsort(places, kind="stable"))
