"""Family: resources whose records come together, parents with their children."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import ForeignKeyColumn, ParseContext
from dataio.columns.problems import PROBLEM_COLUMNS
from dataio.imports.child_role import ChildRole
from dataio.imports.kin import Alone
from dataio.imports.parent_role import ParentRole
from dataio.imports.parents import Parents
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource, registry


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A resource whose records a file may hold beside their parents."""

    resource: Resource
    link: str
    """Its foreign key column to the parent."""
    key: str
    """The column of the parent that the link is found by."""


def children_of(resource: Resource) -> list[Child]:
    """Return the children that a resource names, as far as a file can name their parents."""
    found = []
    for name in resource.children:
        relation: object = resource.model._meta.get_field(name)
        model = getattr(relation, "related_model", None)
        link = relation.field.name  # type: ignore[attr-defined]
        for one in registry.all():
            column = one.import_columns.get(link)
            if one.model is not model or not isinstance(column, ForeignKeyColumn):
                continue
            # Of several fields the parents' rows have no column.
            key = column.field_name
            if isinstance(key, str) and key in resource.import_columns:
                found.append(Child(resource=one, link=link, key=key))
    return found


def child_of(plan: ImportPlan, part: ImportPlan) -> Child | None:
    """Return what a part of a plan is to the plan's own resource."""
    children = children_of(registry.get(plan.resource))
    named = (one for one in children if one.resource.label == part.resource)
    return next((one for one in named if one.link == part.link), None)


def role_of(
    plan: ImportPlan, part: int, context: ParseContext, known: Parents
) -> Alone:
    """Return what is special about checking a part of a plan."""
    mine = plan.all_parts[part]
    resource = registry.get(mine.resource)
    if part:
        sheet = plan.sheet if mine.sheet != plan.sheet else ""
        return ChildRole(mine, resource, known, context, sheet=sheet)
    child = child_of(plan, plan.parts[0]) if plan.parts else None
    if child is None:
        return Alone()
    nested = any(one.sheet == plan.sheet for one in plan.parts)
    return ParentRole(mine, resource, known, context, key=child.key, nested=nested)


def with_prefix(problems: pd.DataFrame, plan: ImportPlan) -> pd.DataFrame:
    """Return the problems of a part with column names as the whole job knows them."""
    if not plan.prefix or problems.empty:
        return problems
    return problems.assign(column=plan.prefix + problems["column"])[PROBLEM_COLUMNS]


def sheet_of(plan: ImportPlan, part: ImportPlan) -> str:
    """Return the sheet of a part where that is worth saying: there are several."""
    return part.sheet if len({one.sheet for one in plan.all_parts}) > 1 else ""


def things_of(plan: ImportPlan) -> list[str]:
    """Return what the records of each part are called."""
    return [registry.get(one.resource).verbose_name_plural for one in plan.all_parts]


def about_parts(plan: ImportPlan) -> list[str]:
    """Return sentences on what makes the parts of a plan impossible."""
    return [sentence for part in plan.parts for sentence in _about(plan, part)]


def _about(plan: ImportPlan, part: ImportPlan) -> list[str]:
    child = child_of(plan, part)
    if child is None:
        text = _("%(things)s cannot be imported together with %(parents)s.")
        return [text % {"things": part.resource, "parents": plan.resource}]
    parent = registry.get(plan.resource)
    label = parent.column(child.key).label
    if child.key not in plan.mapping.values():
        text = _(
            '"%(column)s" tells which %(children)s belong together. Choose its header.'
        )
        named = {"column": label, "children": child.resource.verbose_name_plural}
        return [text % named]
    if plan.remove_missing:
        return [
            _("What the file lacks is not removed when it holds %(children)s too.")
            % {"children": child.resource.verbose_name_plural}
        ]
    return []
