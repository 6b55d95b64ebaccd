"""Unfolding of images of PostgreSQL: every value becomes the text that it takes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dataio.imports.loaders.folding import KEEP, PK, STAGED
from dataio.imports.loaders.images import ACTION, ROW, UPDATED
from dataio.imports.loaders.line_images import LINES
from dataio.imports.loaders.postgres import texts_of, written

pc: Any = pyarrow.compute


def unfolded_texts(image: pa.Table, known: dict[str, Any]) -> pa.Table:
    """Return an image of `line_images` in the form that `images` describes.

    `known`: what stands in its metadata beside the lines.
    """
    updated = image.column(ACTION).to_pylist().count(UPDATED)
    staged = _staged(image)
    old = _before(image, known)
    after = _after(image.slice(0, updated), staged.slice(0, updated), old, known)
    made = _made(image.slice(updated), staged.slice(updated), known)
    blank = pa.chunked_array([pa.nulls(len(image) - updated, pa.string())])
    parts: dict[str, Any] = {name: image.column(name) for name in (ROW, ACTION)}
    for name in known["columns"]:
        parts[f"old.{name}"] = _joined(old.column(name), blank)
    for name in known["columns"]:
        parts[f"new.{name}"] = _joined(after[name], made[name])
    metadata = image.schema.metadata or {}
    head = {b"dataio": metadata[b"dataio"]}
    return pa.table(parts).replace_schema_metadata(head)


def _staged(image: pa.Table) -> pa.Table:
    names = [name for name in image.column_names if name.startswith(STAGED)]
    texts = written(image.select(names))
    return texts.rename_columns([name.removeprefix(STAGED) for name in names])


def _after(
    image: pa.Table, staged: pa.Table, old: pa.Table, known: dict[str, Any]
) -> dict[str, Any]:
    """Return what the updated records became."""
    found = {}
    for name in known["columns"]:
        found[name] = old.column(name)
        if name in known["touches"]:
            found[name] = _repeated(known["touches"][name], len(old))
        elif name in known["assigned"]:
            found[name] = staged.column(name)
            if (keep := f"{KEEP}{name}") in image.column_names:
                kept = pc.equal(image.column(keep), 1)
                found[name] = pc.if_else(kept, old.column(name), found[name])
    return found


def _made(image: pa.Table, staged: pa.Table, known: dict[str, Any]) -> dict[str, Any]:
    """Return what the new records are."""
    found = {
        name: _repeated(known["constants"].get(name), len(image))
        for name in known["columns"]
    }
    if PK in image.column_names:
        found[known["pk"]] = image.column(PK).cast(pa.string())
    return found | {name: staged.column(name) for name in staged.column_names}


def _repeated(text: str | None, count: int) -> Any:
    return pa.chunked_array([pa.repeat(pa.scalar(text, pa.string()), count)])


def _joined(first: Any, second: Any) -> Any:
    # Arrow writes wrong CSV of a column that begins with an empty chunk.
    chunks = [one for one in (*first.chunks, *second.chunks) if len(one)]
    return pa.chunked_array(chunks, pa.string())


def _before(image: pa.Table, known: dict[str, Any]) -> pa.Table:
    """Return the records as they were, in the order of positions."""
    columns: list[str] = known["columns"]
    packed = (image.schema.metadata or {})[LINES]
    lines = pa.decompress(packed, known["lines"], codec=known["codec"], asbytes=True)
    rows = texts_of(lines, len(columns) + 1)
    places = rows.column(0).cast(pa.int64()).to_numpy()
    rows = rows.take(np.argsort(places, kind="stable"))
    return rows.drop_columns([rows.column_names[0]]).rename_columns(columns)
