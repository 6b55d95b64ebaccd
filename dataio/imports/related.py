"""Related records that a file names and that are not there yet: created where that is allowed.

While a file is checked nothing is written: the names wait beside the frame, in a column of
their own. When a chunk is loaded they are created first, in its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.columns import Column, ForeignKeyColumn, ParseContext, from_field
from dataio.columns.problems import no_problems
from dataio.columns.related_key import key_words
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource

NEW = "__new__"
"""Before a column's name: the column of a clean frame with the names that wait."""
BATCH = 500
MOST_NAMED = 1_000
"""New names that the findings of a chunk list."""


def creating(plan: ImportPlan, context: ParseContext) -> dict[str, Any]:
    """Return what may be created, by column: some names, or None for any."""
    found: dict[str, Any] = {**context.creating, **dict.fromkeys(plan.create_missing)}
    return {name: names for name, names in found.items() if name not in plan.key}


def why_not(column: Column, user: Any) -> str:
    """Return a sentence when related records of a column cannot be created, else "".

    `user`: who must be allowed to add them; None is the terminal, which may do all.
    """
    label = {"column": column.label}
    if not isinstance(column, ForeignKeyColumn):
        return _('"%(column)s" does not name one related record.') % label
    meta = column.model._meta
    if not isinstance(column.field_name, str):
        text = _(
            "A %(thing)s is found by its %(fields)s together, so a new one is not created."
        )
        words = key_words(column.model, column.field_name)
        return text % {"thing": meta.verbose_name, "fields": words}
    named = meta.get_field(column.field_name)
    needed = [
        field
        for field in meta.concrete_fields
        if field is not named and not _fills_itself(field)
    ]
    if needed or not named.unique:
        text = _("A new %(thing)s needs more than its %(field)s, so it is not created.")
        return text % {"thing": meta.verbose_name, "field": named.verbose_name}
    permission = f"{meta.app_label}.add_{meta.model_name}"
    if user is not None and not user.has_perm(permission):
        text = _("You may not create %(things)s.")
        return text % {"things": meta.verbose_name_plural}
    return ""


def refusals(plan: ImportPlan, resource: Resource, user: Any) -> list[str]:
    """Return sentences on related records that the plan creates and may not."""
    found = []
    for name in plan.create_missing:
        column = resource.column(name)
        if name not in resource.create_missing:
            text = _('Missing records of "%(column)s" are not created here.')
            found.append(text % {"column": column.label})
        elif sentence := why_not(column, user):
            found.append(sentence)
    return found


def spelled_right(column: Column, pending: pd.Series, context: ParseContext) -> Any:
    """Return the problems of names that no new record can have."""
    named = from_field(column.model._meta.get_field(column.field_name))  # type: ignore[attr-defined]
    if named is None:
        return no_problems()
    named.name = column.name
    names = pending.dropna().astype(object)
    return named.parse(names, context).problems


def without_new(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return a clean frame without the names that wait, and these, each once, by column."""
    waiting = [name for name in frame.columns if str(name).startswith(NEW)]
    names = {
        str(name).removeprefix(NEW): _distinct(frame[name].dropna()) for name in waiting
    }
    return frame.drop(columns=waiting), names


def create_related(frame: pd.DataFrame, resource: Resource, using: str) -> pd.DataFrame:
    """Return a clean frame with the records that waited: those not there yet are created.

    Must be called in a transaction. Two writers that create the same name make one record.
    """
    bare, names = without_new(frame)
    for name, wanted in names.items():
        column = resource.column(name)
        assert isinstance(column, ForeignKeyColumn)  # noqa: S101  why_not() was asked
        keys = _created(column, wanted, using)
        cells = frame[NEW + name]
        found = cells.astype(object).map(
            {text: keys[text.casefold()] for text in cells.dropna().unique()}
        )
        values = found.where(cells.notna(), bare[name].astype(object))
        made = pd.arrays.ArrowExtensionArray(
            pa.array(values.to_list(), column.arrow_type, from_pandas=True)
        )
        bare = bare.assign(**{name: pd.Series(made, index=bare.index)})
    return bare


def sentences(found: dict[str, list[str]], resource: Resource) -> list[str]:
    """Return what will be created, such as "2 new categories will be created: Art, Pets."."""
    said = []
    for name, names in found.items():
        if not names:
            continue
        column = resource.column(name)
        assert isinstance(column, ForeignKeyColumn)  # noqa: S101  others are never created
        meta = column.model._meta
        text = ngettext(
            "%(count)s new %(thing)s will be created: %(names)s.",
            "%(count)s new %(things)s will be created: %(names)s.",
            len(names),
        )
        listed = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        said.append(
            text
            % {
                "count": f"{len(names):,}",
                "thing": meta.verbose_name,
                "things": meta.verbose_name_plural,
                "names": listed,
            }
        )
    return said


def join_names(parts: Iterable[dict[str, list[str]]]) -> dict[str, list[str]]:
    """Return the names of all chunks, each once."""
    found: dict[str, dict[str, str]] = {}
    for part in parts:
        for name, names in part.items():
            known = found.setdefault(name, {})
            for text in names:
                known.setdefault(text.casefold(), text)
    return {name: list(names.values()) for name, names in found.items()}


def _distinct(names: pd.Series) -> list[str]:
    """Return the names each once; of several spellings in upper and lower case the first."""
    texts = [str(text) for text in names.unique()]
    return list({text.casefold(): text for text in reversed(texts)}.values())[::-1]


def _created(column: ForeignKeyColumn, names: list[str], using: str) -> dict[str, Any]:
    """Return the primary keys by casefolded name."""
    named = column.field_name
    assert isinstance(named, str)  # noqa: S101  why_not() was asked
    missing = [name for name, keys in _find(column, names).items() if not keys]
    records = column.model._base_manager.using(using)
    # Another writer may be first; then his record is found below.
    records.bulk_create(
        [column.model(**{named: name}) for name in missing],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return {
        str(name).casefold(): keys[0] if keys else None
        for name, keys in _find(column, names).items()
    }


def _find(column: ForeignKeyColumn, names: list[str]) -> dict[Any, list[Any]]:
    return DatabaseLookups().find(column.model, column.field_name, names)


def _fills_itself(field: Any) -> bool:
    return bool(
        isinstance(field, models.AutoField)
        or field.null
        or field.has_default()
        or field.has_db_default()
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or getattr(field, "generated", False)
        or (field.blank and field.empty_strings_allowed and not field.is_relation)
    )
