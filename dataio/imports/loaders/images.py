"""Images: what each record of a chunk was before and after it was loaded, so that it can be undone.

An image is an Arrow table with one line per record that was created or updated: `row` (as
Excel shows it), `action` (CREATED or UPDATED), old.<column> and new.<column> for every column
of the record's table, and old_links.<name> and new_links.<name> (lists of primary keys) for
every many-to-many column of the file. What form the values have is said by its head.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dataio.imports.loaders.values import Arrow

ROW, ACTION = "row", "action"
CREATED, UPDATED = "created", "updated"
STORED, RECORDS = "stored", "records"
"""Forms of an image: values as the database keeps them, or as the fields write them in texts."""
ARROW = b"ARROW1"
"""How a folded image's file begins: its pages would stand twice in a Parquet file."""
FOLDED = b"dataio.folded"
"""The key in the metadata of a folded image, see `unfolded`."""
TAGGED = pa.large_binary()
"""The type of a column whose values have several types: each is a JSON list of one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What is known of a whole image."""

    form: str
    resource: str
    """Label of the resource whose records these are."""
    key: tuple[str, ...]
    """Fields by which people know a record."""

    @classmethod
    def of(cls, image: pa.Table) -> Self:
        data = json.loads((image.schema.metadata or {})[b"dataio"])
        return cls(form=data["form"], resource=data["resource"], key=tuple(data["key"]))

    def put_on(self, image: pa.Table) -> pa.Table:
        """Return the image with this head."""
        return image.replace_schema_metadata({"dataio": json.dumps(asdict(self))})


def join_images(parts: Iterable[pa.Table | None]) -> pa.Table | None:
    """Return one image of several pieces of a chunk; None when nothing was written."""
    images = [part for part in parts if part is not None and len(part)]
    if len(images) < 2:
        return images[0] if images else None
    odd = [name for name in images[0].column_names if not _agree(images, name)]
    tagged = [_tag_columns(image, odd) for image in images]
    joined = pa.concat_tables(tagged, promote_options="default")
    return joined.replace_schema_metadata(images[0].schema.metadata)


def write_image(image: pa.Table, path: Path) -> None:
    """Keep an image as a file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    if _is_folded(image):
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(str(temporary), image.schema, options=options) as file:
            file.write_table(image)
        temporary.replace(path)
        return
    dictionary: Any = [ACTION]  # all other values are mostly different
    pq.write_table(
        image,
        temporary,
        compression="lz4",
        use_dictionary=dictionary,
        write_statistics=False,
    )
    temporary.replace(path)


def read_image(path: Path) -> pa.Table:
    """Return the image that `write_image` kept."""
    with path.open("rb") as file:
        if file.read(len(ARROW)) == ARROW:
            file.seek(0)
            return pa.ipc.open_file(file).read_all()
    # A mapped file would stay open as long as its columns are used.
    return pq.read_table(path, memory_map=False)


def values_array(values: list[object], *, inexact: bool = False) -> Arrow:
    """Return values of a database as Arrow, of any type and exactly.

    `inexact`: fractions, of which some may come as whole numbers.
    """
    try:
        return pa.array(values, pa.float64() if inexact else None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return _tagged(values)


def plain_values(column: Arrow) -> list[Any]:
    """Return the values that `values_array` was given."""
    values = column.to_pylist()
    if column.type != TAGGED:
        return list(values)
    return [None if value is None else _untagged(value) for value in values]


def lists_array(positions: Arrow, pairs: pa.Table) -> Arrow:
    """Return the second column of `pairs` as one list per position.

    `positions`: sorted; `pairs`: (position, value) sorted by position.
    """
    owners = pairs.column(0).to_numpy()
    ends = np.append(np.searchsorted(owners, positions.to_numpy()), len(owners))
    values = pairs.column(1).combine_chunks()
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values)


def _is_folded(image: pa.Table) -> bool:
    return FOLDED in (image.schema.metadata or {})


def _agree(images: list[pa.Table], name: str) -> bool:
    kinds = {image.schema.field(name).type for image in images} - {pa.null()}
    return len(kinds) < 2


def _tag_columns(image: pa.Table, names: list[str]) -> pa.Table:
    for name in names:
        column = image.column(name)
        if column.type not in (TAGGED, pa.null()):
            place = image.column_names.index(name)
            tagged = _tagged(column.to_pylist())
            image = image.set_column(place, name, tagged)
    return image


def _tagged(values: list[object]) -> Arrow:
    texts = [
        None if value is None else json.dumps([_marked(value)]).encode()
        for value in values
    ]
    return pa.array(texts, TAGGED)


def _marked(value: object) -> object:
    return {"hex": value.hex()} if isinstance(value, bytes | memoryview) else value


def _untagged(text: bytes) -> object:
    value = json.loads(text)[0]
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
