"""What of an export a person may see: asked when it is put together, and again when it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dataio.columns.related_key import key_steps
from dataio.columns.relation import RelationColumn
from dataio.errors import NotPermitted
from dataio.exports.filters import named_filter
from dataio.exports.paths import Place, path_column, place_of
from dataio.exports.select import ExportPlan
from dataio.resources import Resource, registry
from dataio.rights import Right, may, require

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True, kw_only=True, slots=True)
class Permitted:
    """What is left of a plan."""

    plan: ExportPlan
    notes: list[str] = field(default_factory=list)
    """Sentences about what was left out or masked."""


def permitted(
    plan: ExportPlan, resource: Resource, user: AbstractBaseUser | None
) -> Permitted:
    """Return a plan without what a person may not see.

    Columns are left out or masked, each with a note. `user`: None is the terminal, which may
    see everything.
    Raises NotPermitted where leaving out would change what the rows mean: filters, order,
    groups; when no column is left; and without the right to export the resource.
    """
    if user is None or plan.report:
        return Permitted(plan=plan)
    require(user, Right.EXPORT, resource)
    names = plan.columns or tuple(resource.columns)
    seen = tuple(name for name in names if may_view(resource, name, user))
    if not seen:
        raise NotPermitted(_("You may not see any of these columns."))
    hidden = [name for name in names if name not in seen]
    forced = [name for name in seen if must_mask(resource, name, user)]
    fresh = [name for name in forced if name not in plan.masked]
    further = [permitted(one, registry.get(one.resource), user) for one in plan.further]
    allowed = replace(
        plan,
        # An empty list stays one where all may be seen: later columns are in it too.
        columns=seen if hidden or plan.columns else (),
        masked=tuple(dict.fromkeys([*plan.masked, *forced])),
        further=tuple(one.plan for one in further),
    )
    _refuse_hidden(allowed, resource, user)
    notes = [
        *_said(_('"%(column)s" is left out: you may not see it.'), resource, hidden),
        *_said(_('"%(column)s" is masked: it is personal data.'), resource, fresh),
        *(note for one in further for note in one.notes),
    ]
    return Permitted(plan=allowed, notes=notes)


def may_view(resource: Resource, path: str, user: AbstractBaseUser | None) -> bool:
    """Return whether a person may see a column, over every resource on the way to it."""
    if user is None:
        return True
    place = place_of(resource, path)
    owner = resource
    for step in place.steps:
        # Related records are taken home too, so they need the same right.
        related = may(user, Right.EXPORT, step.resource)
        if not (related and owner.may_view(user, step.name)):
            return False
        owner = step.resource
    return all(one.may_view(user, name) for one, name in _values(place))


def may_use(resource: Resource, path: str, user: AbstractBaseUser | None) -> bool:
    """Return whether a person may filter, sort and group by a column: they see it unmasked."""
    return may_view(resource, path, user) and not must_mask(resource, path, user)


def is_personal(resource: Resource, path: str) -> bool:
    """Return whether a column shows personal data."""
    return any(
        name in owner.personal for owner, name in _values(place_of(resource, path))
    )


def must_mask(resource: Resource, path: str, user: AbstractBaseUser | None) -> bool:
    """Return whether a person sees a column only masked."""
    return user is not None and any(
        name in owner.personal and not owner.may_see_personal(user)
        for owner, name in _values(place_of(resource, path))
    )


def _values(place: Place) -> list[tuple[Resource, str]]:
    """Return whose values a column shows; related records show some of their own."""
    found = [(place.owner, place.column.name)]
    if isinstance(place.column, RelationColumn):
        for model, name in key_steps(place.column.model, place.column.field_name):
            related = registry.of_model(model)
            found += [(related, name)] if related is not None else []
    return found


def _refuse_hidden(
    plan: ExportPlan, resource: Resource, user: AbstractBaseUser
) -> None:
    filters = [named_filter(resource, name).column.name for name in plan.filters]
    used = [*filters, *(one.removeprefix("-") for one in plan.sort)]
    for name in used:
        if not may_use(resource, name, user):
            raise NotPermitted(
                _('You may not filter or sort by "%(column)s".')
                % {"column": path_column(resource, name).label}
            )
    for name in _grouping(plan):
        masked = name in plan.masked
        if masked or not may_use(resource, name, user):
            sentence = (
                _('Rows cannot be grouped by "%(column)s", which is masked.')
                if masked
                else _('You may not group by "%(column)s".')
            )
            raise NotPermitted(sentence % {"column": path_column(resource, name).label})


def _grouping(plan: ExportPlan) -> list[str]:
    """Return the columns whose values the layout shows outside of their own cells."""
    layout, summary = plan.layout, plan.layout.summary
    names = [layout.sheet_by, *layout.group_by]
    if summary is not None:
        names += [*summary.rows, *summary.columns, summary.values]
    return [name for name in names if name]


def _said(sentence: str, resource: Resource, names: Iterable[str]) -> list[str]:
    return [sentence % {"column": path_column(resource, name).label} for name in names]
