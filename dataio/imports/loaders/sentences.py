"""What is said about rows that the database half of an import leaves out."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from django.db import models
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.columns.problems import join_problems, no_problems, problems_of
from dataio.imports.loaders.result import key_texts, row_problems, same_problem
from dataio.imports.loaders.target import Target

NAMED = re.compile(r"Key \(([^)]*)\)=|constraint failed: ([\w., ]+)|column \"(\w+)\"")
"""Where PostgreSQL and SQLite say which columns or rule they mean."""


def exists(rows: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Problems of rows to create whose key is taken."""

    def sentence(key: str) -> str:
        return _(
            '"%(key)s" is already there. Choose "create or update" to change it, or leave the row out.'
        ) % {"key": key}

    return row_problems(rows, target.plan.key, "exists", sentence)


def missing(rows: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Problems of rows to update whose key is not there."""

    def sentence(key: str) -> str:
        return _(
            '"%(key)s" is not there, so it cannot be updated. '
            'Choose "create or update" to add it, or correct the value.'
        ) % {"key": key}

    return row_problems(rows, target.plan.key, "missing", sentence)


def several(rows: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Problems of rows whose key belongs to more than one record."""

    def sentence(key: str) -> str:
        return _(
            '"%(key)s" belongs to several records, so it is not certain which one is meant. '
            "Choose a key that is different for each record."
        ) % {"key": key}

    return row_problems(rows, target.plan.key, "several", sentence)


def repeated(rows: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Problems of rows whose key came earlier in the same chunk."""

    def sentence(key: str) -> str:
        return _('"%(key)s" is in the file more than once. Keep one of the rows.') % {
            "key": key
        }

    return row_problems(rows, target.plan.key, "duplicate", sentence)


def gone(
    rows: pd.DataFrame,
    target: Target,
    field: models.ForeignKey[Any, Any],
    column: str = "",
) -> pd.DataFrame:
    """Problems of rows that name a related record that was deleted meanwhile."""
    if rows.empty:
        return no_problems()
    related = field.related_model._meta.verbose_name
    text = _("The %(record)s this row names was deleted meanwhile. Choose another one.")
    name = column or field.name
    return problems_of(
        rows[name].astype(object),
        name,
        "gone",
        lambda _value: text % {"record": related},
    )


def without_blanks(
    frame: pd.DataFrame, target: Target
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take out rows with a blank that the database cannot store; return the rest and problems."""
    problems = []
    keep = pd.Series(data=True, index=frame.index)
    for column in needed(target):
        missing = frame[column.name].isna()
        if column.name not in target.kept and missing.any():
            problems.append(blank(frame[missing], column))
            keep &= ~missing
    return (
        (frame[keep], join_problems(problems)) if problems else (frame, no_problems())
    )


def needed(target: Target) -> list[Column]:
    """Return the columns of which the database stores no blank."""
    found = []
    for column in target.columns:
        field = target.fields[column.name]
        identity = field is target.pk and target.fills_identity
        filled_later = identity or column.name in target.pending
        if not (field.null or filled_later or column.blank_value is not None):
            found.append(column)
    return found


def blank(rows: pd.DataFrame, column: Column) -> pd.DataFrame:
    """Problems of rows with a blank cell that needs a value."""
    text = _('"%(column)s" may not be blank.') % {"column": column.label}
    cells = rows[column.name].astype(object)
    return same_problem(cells, column.name, "required", text)


def refused(frame: pd.DataFrame, target: Target, error: Exception) -> pd.DataFrame:
    """Problems of rows the database did not take, told without SQL."""
    names = _named(error)
    text = _rule_text(target.model, str(error)) or _column_text(
        target.model, names, error
    )
    fields = {field.column: field.name for field in target.meta.concrete_fields}
    column = fields.get(names[0], "") if len(names) == 1 else ""
    column = column if column in frame.columns else ""
    cells = (
        frame[column].astype(object) if column else key_texts(frame, target.plan.key)
    )
    return problems_of(cells, column, "refused", lambda _value: text)


def not_tried(frame: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Problems of rows left untried because the database refused very many before them."""
    text = _(
        "This row was not imported: the database refused too many rows near it. "
        "Correct those and import the file again."
    )
    return row_problems(frame, target.plan.key, "refused", lambda _key: text)


def _named(error: Exception) -> list[str]:
    """Return the columns (or the rule) that a database error names."""
    found = NAMED.search(str(error))
    text = next((group for group in found.groups() if group), "") if found else ""
    return [
        part.strip().rpartition(".")[2].strip('"') for part in text.split(",") if part
    ]


def _rule_text(model: type[models.Model], error: str) -> str:
    """Return the model's own message of the rule that was broken."""
    for rule in model._meta.constraints:
        if isinstance(rule, models.CheckConstraint) and re.search(
            rf"\b{rule.name}\b", error
        ):
            return str(rule.get_violation_error_message())
    return ""


def _column_text(model: type[models.Model], names: list[str], error: Exception) -> str:
    labels = {
        field.column: str(field.verbose_name) for field in model._meta.concrete_fields
    }
    shown = ", ".join(f'"{labels[name]}"' for name in names if name in labels)
    about_unique = "unique" in str(error).lower()
    if shown and about_unique:
        return _(
            "Another record has this value already, and %(columns)s must be unique."
        ) % {"columns": shown}
    if shown:
        return _("The database does not take this row because of %(columns)s.") % {
            "columns": shown
        }
    return _(
        "The database does not take this row: a value is too large, too long or breaks a rule."
    )
