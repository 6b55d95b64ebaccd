"""Why a record must stay when its import is undone, as queries over the temporary tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from dataio.imports.loaders.images import CREATED
from dataio.imports.loaders.staging import Dialect
from dataio.imports.loaders.values import Field
from dataio.imports.undo_left import (
    CHANGED,
    GONE,
    PARENT,
    USED,
    Reference,
    references,
)
from dataio.imports.undo_links import UndoLinks

Reason = tuple[str, str, str]
"""A code of `undo_left`, the query for the places of the records, and words for the sentence."""


class Reasons:
    """Queries over the lines of an image (u: place, action, reason, o0 ..., n0 ...).

    `fields`: whose values before and after the import the columns o and n hold.
    """

    def __init__(
        self,
        model: type[models.Model],
        fields: list[Field],
        links: UndoLinks,
        dialect: Dialect,
        undo: str,
    ) -> None:
        self._model = model
        self._meta: Any = model._meta
        self._fields = fields
        self._links = links
        self._dialect = dialect
        self._undo = undo
        self._pk = self._quote(self._meta.pk.column)
        self._key = f"n{fields.index(self._meta.pk)}"

    def alone(self) -> Iterator[Reason]:
        """Yield the reasons that lie in the record, or in what it referred to."""
        yield (
            GONE,
            f"SELECT u.place FROM {self._undo} u {self._record(left=True)}"
            f" WHERE t.{self._pk} IS NULL",
            "",
        )
        tests = " OR ".join(
            f"t.{self._quote(field.column)} {self._dialect.differs} u.n{n}"
            for n, field in enumerate(self._fields)
        )
        beside = f"{self._undo} u {self._record()}"
        yield CHANGED, f"SELECT u.place FROM {beside} WHERE {tests}", ""
        for query in self._links.changed():
            yield CHANGED, query, ""
        for n, field in enumerate(self._fields):
            if isinstance(field, models.ForeignKey):
                yield PARENT, self._parentless(n, field), str(field.verbose_name)
        for query, words in self._links.parents():
            yield PARENT, query, words

    def used(self) -> Iterator[Reason]:
        """Yield those of created records that others refer to.

        Others that go as well do not count, so that what is found changes with every mark.
        """
        for reference in references(self._model):
            target: Any = reference.field.target_field
            if target in self._fields:
                value = f"u.n{self._fields.index(target)}"
                yield USED, self._users(reference, value), reference.words

    def _parentless(self, n: int, field: models.ForeignKey[Any, Any]) -> str:
        """Records whose old foreign key finds nothing any more."""
        parent: Any = field.target_field
        found = f"p.{self._quote(parent.column)}"
        beside = self._dialect.lookup(
            parent.model._meta, "p", f"{found} = u.o{n}", left=True
        )
        return (
            f"SELECT u.place FROM {self._undo} u {beside}"
            f" WHERE u.o{n} IS NOT NULL AND {found} IS NULL"
            f" AND u.o{n} {self._dialect.differs} u.n{n}"
        )

    def _users(self, reference: Reference, value: str) -> str:
        field: Any = reference.field
        going = ""
        if reference.table == self._meta.db_table:
            going = f"SELECT {self._key} FROM {self._undo} WHERE reason IS NULL"
            going = f" AND r.{self._pk} NOT IN ({going})"
        same = f"r.{self._quote(field.column)} = {value}"
        beside = f"JOIN {self._quote(reference.table)} r ON {same}"
        if field.db_index or field.unique:
            beside = self._dialect.lookup(field.model._meta, "r", same)
        return (
            f"SELECT u.place FROM {self._undo} u {beside}"
            f" WHERE u.action = '{CREATED}'{going}"
        )

    def _record(self, *, left: bool = False) -> str:
        """Return SQL that joins to a line of the image (u) its record (t)."""
        same = f"t.{self._pk} = u.{self._key}"
        return self._dialect.lookup(self._meta, "t", same, left=left)

    def _quote(self, name: str | None) -> str:
        return self._dialect.quote(name)
