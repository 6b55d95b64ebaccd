"""What is wrong with the joins, splits and fixed values of a plan, in sentences."""

from __future__ import annotations

import pandas as pd
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.columns import Column, ParseContext
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource


def about_sources(plan: ImportPlan, resource: Resource) -> list[str]:
    """Return sentences on joins, splits and fixed values that cannot work.

    Asks the database for the related records that fixed values name.
    """
    columns = resource.import_columns
    return [
        *_about_joins(plan, columns),
        *_about_splits(plan),
        *_about_constants(plan, columns),
    ]


def _about_joins(plan: ImportPlan, columns: dict[str, Column]) -> list[str]:
    return [
        _('Choose at least two headers that are joined into "%(column)s".')
        % {"column": columns[name].label}
        for name, join in plan.joins.items()
        if name in columns and len(set(join.headers)) < 2
    ]


def _about_splits(plan: ImportPlan) -> list[str]:
    found = []
    for header, split in plan.splits.items():
        if len(split.columns) < 2:
            sentence = _('Choose at least two columns for the parts of "%(header)s".')
            found.append(sentence % {"header": header})
        if not split.separator:
            sentence = _('Say which sign stands between the parts of "%(header)s".')
            found.append(sentence % {"header": header})
    return found


def _about_constants(plan: ImportPlan, columns: dict[str, Column]) -> list[str]:
    known = {name: text for name, text in plan.constants.items() if name in columns}
    if not known:
        return []
    context = ParseContext(
        lookups=DatabaseLookups(), timezone=timezone.get_current_timezone()
    )
    found = []
    for name, text in known.items():
        cells = pd.Series([text], dtype=object)
        for message in columns[name].parse(cells, context).problems["message"]:
            said = {"column": columns[name].label, "message": message}
            found.append(_('"%(column)s" for all rows: %(message)s') % said)
    return found
