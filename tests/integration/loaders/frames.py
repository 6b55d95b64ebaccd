"""Clean frames as the check leaves them, and the loading of them."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from django.db import connections, transaction

from dataio import Resource
from dataio.imports.load import LoadResult, load_chunk
from dataio.imports.plan import UPSERT, ImportPlan


def resource_of(model, **changes) -> Resource:
    return type("TestResource", (Resource,), {"model": model, **changes})()


def clean(resource: Resource, *rows: dict, first: int = 2) -> pd.DataFrame:
    """A clean frame; keys of the first row are the columns, None is a blank."""
    names = list(rows[0])
    index = pd.RangeIndex(first, first + len(rows)).astype("int64")
    return pd.DataFrame(
        {
            name: _series(resource, name, [row[name] for row in rows], index)
            for name in names
        }
    )


def load(
    resource: Resource,
    frame: pd.DataFrame,
    *,
    mode: str = UPSERT,
    key: tuple = ("code",),
) -> LoadResult:
    plan = ImportPlan(
        resource=resource.label,
        mapping={name: name for name in frame},
        mode=mode,
        key=key,
    )
    alias = resource.model.objects.db
    assert alias in connections
    with transaction.atomic(using=alias):
        return load_chunk(frame, plan, resource)


def counts(result: LoadResult) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, problems."""
    return (
        result.created,
        result.updated,
        result.unchanged,
        len(result.problems),
    )


def _series(resource, name, values, index) -> pd.Series:
    kind = resource.column(name).arrow_type
    return pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array(values, kind)), index=index, name=name
    )
