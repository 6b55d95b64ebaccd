"""A plan as the export page's own form data: the way back, to edit what was saved."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict

from dataio.exports.select import ExportPlan
from dataio.resources import Resource
from dataio.web.exporting import DELIMITERS
from dataio.web.layouts import layout_data
from dataio.web.sentences import Sentences


def plan_query(
    plan: ExportPlan, resource: Resource, questions: Iterable[str] = ()
) -> QueryDict:
    """Return what the export page's form would send for a plan."""
    data = QueryDict(mutable=True)
    for name, value in plan.filters.items():
        data.setlist(name, [value] if isinstance(value, str) else list(value))
    asked = set(questions)
    said = Sentences(resource, data, lambda path: True).all
    values = {
        "export-sent": ["yes"],
        "export-columns": list(plan.columns or resource.columns),
        "export-masked": list(plan.masked),
        "export-filter": [one.value for one in said],
        "export-ask": [one.value for one in said if asked & set(one.names)],
        "export-sort": [one.removeprefix("-") for one in plan.sort],
        "export-way": ["down" if one.startswith("-") else "up" for one in plan.sort],
        "export-format": [plan.format],
        "export-delimiter": [
            key for key, sign in DELIMITERS.items() if sign == plan.delimiter
        ],
        "export-bom": ["yes"] if plan.byte_order_mark else [],
        "export-bare": [] if plan.guard_formulas else ["yes"],
        "export-edited": ["yes"] if plan.to_be_edited else [],
        "export-zone": [plan.time_zone],
        **layout_data(plan),
    }
    for name, texts in values.items():
        if texts:
            data.setlist(name, list(texts))
    return data
