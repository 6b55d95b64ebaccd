"""Folding: what images that are kept in a hurry have in common, whatever the database.

Reading new values back would add a half to the time of loading. So an image is folded: of new
values it takes those that are staged anyway, still in Arrow, and once those that all records
got alike. How the records were before is kept as the database gives it most cheaply.
`unfolded` puts all of it together when it is asked for: at an undo, not at the load.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from django.db import models

from dataio.imports.loaders.images import (
    ACTION,
    CREATED,
    ROW,
    STORED,
    UPDATED,
    Head,
)
from dataio.imports.loaders.staging import Staging
from dataio.imports.loaders.target import Target

CODEC: Final = "lz4"
STAGED, KEEP, PK = "staged.", "keep.", "pk"
"""Columns of a folded image: values of the file by column, whether a blank cell kept what
was there, and the keys that the database counted."""

Places = npt.NDArray[np.int64]


def is_foldable(target: Target) -> bool:
    """Whether new values are known without reading them back, but for what triggers do."""
    given = {*target.fields.values(), *target.varying}
    counted = is_counted(target)
    known = {*given, *target.constants(), *([target.pk] if counted else [])}
    return (
        not target.links
        and (target.pk in given) != counted
        and target.pk not in target.values
        and set(target.meta.local_concrete_fields) <= known
    )


def is_counted(target: Target) -> bool:
    """Whether the database counts the primary keys."""
    return isinstance(target.pk, models.AutoField)


def fold(
    tables: Staging,
    target: Target,
    index: pd.Index[Any],
    *,
    updated: Places,
    created: Places,
    keys: Places | None,
) -> pa.Table | None:
    """Return the columns of a folded image: first the updated records, then the new ones.

    `index`: row numbers by position; `updated` and `created`: positions; `keys`: of the new.
    """
    positions = np.concatenate([updated, created])
    if not len(positions):
        return None
    columns: dict[str, Any] = {
        ROW: pa.array(index.to_numpy("int64")[positions]),
        ACTION: pa.array([UPDATED] * len(updated) + [CREATED] * len(created)),
    }
    if keys is not None:
        none: Any = pa.nulls(len(updated), pa.int64())
        columns[PK] = pa.concat_arrays([none, pa.array(keys)])
    return pa.table(columns | _staged(tables, target, positions))


def with_metadata(
    image: pa.Table, target: Target, kept: dict[bytes, bytes]
) -> pa.Table:
    """Return the image with its head and with what else is kept of it."""
    head = Head(
        form=STORED, resource=target.resource.label, key=target.plan.key
    ).put_on(pa.table({}))
    metadata: dict[bytes, bytes] = head.schema.metadata
    return image.replace_schema_metadata(metadata | kept)


def _staged(tables: Staging, target: Target, positions: Places) -> dict[str, Any]:
    rows = tables.rows
    if len(positions) < len(rows) or (np.diff(positions) < 0).any():
        rows = rows.take(positions)
    names = {str(one.column): f"{STAGED}{one.column}" for one in tables.fields}
    names |= {
        column: f"{KEEP}{target.fields[name].column}"
        for name, column in tables.keeps.items()
    }
    return {name: rows.column(column) for column, name in names.items()}
