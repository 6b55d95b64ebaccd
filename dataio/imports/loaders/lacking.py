"""Records that a file lacks: found as a set, and removed where nothing protects them.

1. The primary keys of all records in reach go into a temporary table.
2. Chunk by chunk those that a row of the file means are taken out of it.
3. What is left is removed batch by batch through the ORM, which knows what else goes with a
   record; records that others protect are left, and named. What goes is handed to the caller
   first, when an undo is to bring it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import IntegrityError, connections, models, router, transaction
from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.imports.load import set_dialect
from dataio.imports.loaders.going import Going, NotKept
from dataio.imports.loaders.staging import Staging
from dataio.imports.loaders.target import Target
from dataio.imports.plan import ImportPlan
from dataio.imports.related import without_new
from dataio.resources import Resource

BATCH = 500
MOST_NAMED = 100
PROTECTED = (models.ProtectedError, models.RestrictedError, IntegrityError)

Keep = Callable[[list[pa.Table]], None]
"""Takes what one removal took along, see `dataio.imports.loaders.going`."""


@dataclass(slots=True)
class Removed:
    """What became of the records that the file lacks."""

    count: int = 0
    kept: int = 0
    """Records that others protect."""
    names: list[str] = field(default_factory=list)
    """Of the first of them."""
    tied: dict[str, list[str]] = field(default_factory=dict)
    """Names of the first records with which something would go that could not come back, by
    what that is, such as "order lines"."""


def remove_lacking(
    frames: Iterable[pd.DataFrame],
    plan: ImportPlan,
    resource: Resource,
    keep: Keep | None = None,
) -> Removed:
    """Remove the records in `resource.queryset()` that no row of the clean frames means.

    `keep`: is given all that goes, in the order in which it goes; records that would take
    something along which cannot be given are left then. None: nothing is kept.
    Must be called in a transaction. Raises DataioError where records cannot be compared as a
    set, or the plan has no key; then nothing is removed.
    """
    using = router.db_for_write(resource.model)
    names = dict.fromkeys(plan.key)
    keyed = ImportPlan(
        resource=plan.resource, mapping={name: name for name in names}, key=plan.key
    )
    target = Target(keyed, resource, connections[using])
    dialect = set_dialect(target, connections[using])
    if dialect is None or not plan.key:
        raise DataioError(_("Records that a file lacks cannot be told here."))
    with closing(_Lacking(target, Staging(target, dialect))) as lacking:
        for frame in frames:
            bare, _names = without_new(frame)
            lacking.take_out(target.with_targets(bare[list(names)]))
        return lacking.remove(keep)


class _Lacking:
    """The temporary table of the records that are not meant (so far)."""

    def __init__(self, target: Target, tables: Staging) -> None:
        self._target = target
        self._tables = tables
        self._name = f"{tables.dialect.schema}.dataio_lacking"
        self._pk = tables.quote(target.pk.column)
        self._cursor: Any = tables.dialect.connection.cursor()
        kind = target.pk.db_type(tables.dialect.connection)
        scope, values = target.scope
        tables.run(f"DROP TABLE IF EXISTS {self._name}")
        tables.run(f"CREATE TEMPORARY TABLE dataio_lacking (pk {kind} PRIMARY KEY)")
        pk, table = self._pk, tables.quote(target.meta.db_table)
        within = f" WHERE {pk} IN ({scope})" if scope else ""
        tables.run(
            f"INSERT INTO {self._name} (pk) SELECT {pk} FROM {table}{within}",
            values,
        )

    def take_out(self, keys: pd.DataFrame) -> None:
        """Take out the records that these rows mean."""
        self._tables.stage(keys)
        meant = (
            f"SELECT t.{self._pk} FROM {self._tables.staged} s {self._tables.records()}"
        )
        among = self._tables.dialect.among("pk", meant)
        self._tables.run(f"DELETE FROM {self._name} WHERE {among}")

    def remove(self, keep: Keep | None) -> Removed:
        """Remove what is left."""
        removed, last = Removed(), None
        while keys := self._next(last):
            last = keys[-1]
            self._remove(keys, removed, keep)
        return removed

    def close(self) -> None:
        self._tables.run(f"DROP TABLE IF EXISTS {self._name}")
        self._cursor.close()
        self._tables.close()

    def _next(self, last: Any) -> list[Any]:
        after = "" if last is None else " WHERE pk > %s"
        self._cursor.execute(
            f"SELECT pk FROM {self._name}{after} ORDER BY pk LIMIT {BATCH}",
            [] if last is None else [last],
        )
        return [row[0] for row in self._cursor.fetchall()]

    def _remove(self, keys: list[Any], removed: Removed, keep: Keep | None) -> None:
        """Remove records; halve what is refused until the protected ones stand alone."""
        using = self._target.connection.alias
        records = self._target.model._base_manager.using(using).filter(pk__in=keys)
        try:
            with transaction.atomic(using=using):
                going = Going(records, self._tables.dialect, self._target.plan.key)
                gone = going.read() if keep else []
                count, changed = going.remove(kept=bool(keep))
        except (*PROTECTED, NotKept) as error:
            if len(keys) > 1:
                half = len(keys) // 2
                self._remove(keys[:half], removed, keep)
                self._remove(keys[half:], removed, keep)
                return
            _leave(records, removed, error)
        else:
            removed.count += count
            if keep:
                keep([*gone, *changed])


def _leave(records: models.QuerySet[Any], removed: Removed, error: Exception) -> None:
    names = removed.names
    if isinstance(error, NotKept):
        names = removed.tied.setdefault(error.words, [])
    else:
        removed.kept += 1
    if len(names) < MOST_NAMED:
        names += [str(record) for record in records]
