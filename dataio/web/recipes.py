"""A recipe as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.columns import CellFormat
from dataio.imports.mapping import headers_of
from dataio.imports.plan import ImportPlan
from dataio.jobs.permitting import may_share
from dataio.jobs.sharing import groups_for
from dataio.models import Fix, Recipe
from dataio.resources import Resource, registry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Where one column of the resource comes from."""

    source: str
    column: str
    formats: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """An earlier version."""

    number: int
    until: datetime | None
    columns: int


class ShownRecipe:
    """One recipe for one person."""

    def __init__(self, recipe: Recipe, user: AbstractBaseUser) -> None:
        self.recipe = recipe
        self.user = user
        self.plan = ImportPlan.from_data(recipe.plan)

    @property
    def is_mine(self) -> bool:
        return bool(self.recipe.owner_id == self.user.pk)

    @property
    def resource(self) -> Resource | None:
        """The resource, None when the site has it no more."""
        found = [one for one in registry.all() if one.label == self.recipe.resource]
        return found[0] if found else None

    @property
    def things(self) -> str:
        return (
            self.resource.verbose_name_plural if self.resource else self.recipe.resource
        )

    @property
    def lines(self) -> list[Line]:
        """Where the columns come from, in words."""
        return [
            *lines_of(self.plan, self.resource),
            *(line for part in self.plan.parts for line in _lines_of_part(part)),
        ]

    @property
    def ignored(self) -> list[str]:
        """Headers that become nothing."""
        plans = self.plan.all_parts
        used = {header for plan in plans for header in headers_of(plan)}
        return [header for header in self.recipe.headers if header not in used]

    @property
    def fixes(self) -> list[dict[str, Any]]:
        """What was decided about values, in words."""
        words = dict(Fix.Action.choices)
        return [
            {
                "column": _label(one["column"], self.resource),
                "value": one["value"],
                "action": words.get(one["action"], one["action"]),
                "replacement": one["replacement"],
            }
            for one in self.recipe.fixes
        ]

    @property
    def versions(self) -> list[Version]:
        """Earlier versions, the newest first."""
        return [
            Version(
                number=one["version"],
                until=parse_datetime(one["until"]),
                columns=len(one["plan"].get("mapping", {})),
            )
            for one in reversed(self.recipe.history)
        ]

    @property
    def groups(self) -> list[tuple[Group, bool]]:
        """The groups this person may share with, each with whether it is shared."""
        return groups_for(self.recipe, self.user)

    @property
    def may_share(self) -> bool:
        """Whether this person may share at all."""
        return may_share(self.user, self.recipe.resource)

    @property
    def shared_with(self) -> str:
        return ", ".join(group.name for group in self.recipe.groups.all())


def _lines_of_part(part: ImportPlan) -> list[Line]:
    """Return the columns of children, which say of what they are columns."""
    resource = registry.get(part.resource)
    thing = capfirst(resource.verbose_name)
    found = lines_of(part, resource)
    return [replace(line, column=f"{thing}: {line.column}") for line in found]


def lines_of(plan: ImportPlan, resource: Resource | None) -> list[Line]:
    """Return where the columns of a plan come from, in words."""

    def formats(name: str) -> str:
        return ", ".join(format_words(plan.formats.get(name, CellFormat())))

    pairs = list(plan.mapping.items())
    pairs += [(" + ".join(join.headers), name) for name, join in plan.joins.items()]
    for header, split in plan.splits.items():
        pairs += [
            (_("part %(n)s of %(header)s") % {"n": n, "header": header}, name)
            for n, name in enumerate(split.columns, 1)
        ]
    pairs += [
        (_('"%(text)s" in every row') % {"text": text}, name)
        for name, text in plan.constants.items()
    ]
    return [
        Line(source=source, column=_label(name, resource), formats=formats(name))
        for source, name in pairs
    ]


def mode_words(plan: ImportPlan, resource: Resource) -> str:
    """Return what happens to records, such as "Create new products and update those"."""
    words = {
        "upsert": _("Create new %(things)s and update those that are there"),
        "create": _("Only create new %(things)s"),
        "update": _("Only update %(things)s"),
    }
    said = words[plan.mode] % {"things": resource.verbose_name_plural}
    return f"{said}, {_('all or nothing')}" if plan.atomic else said


def key_words(plan: ImportPlan, resource: Resource) -> str:
    """Return the labels of the columns by which records are found."""
    return _(" and ").join(_label(name, resource) for name in plan.key)


def _label(name: str, resource: Resource | None) -> str:
    found = resource.columns.get(name) if resource else None
    return str(found.label) if found else name


def format_words(cell_format: CellFormat) -> list[str]:
    """Return how a column is written, in words."""
    orders = {
        "DMY": _("day, month, year"),
        "MDY": _("month, day, year"),
        "YMD": _("year, month, day"),
    }
    decimals = {".": "1,234.50", ",": "1.234,50"}
    percents = {"fraction": _("12 % is 0.12"), "number": _("12 % is 12")}
    words = [
        orders.get(cell_format.date_order, ""),
        decimals.get(cell_format.decimal, ""),
        cell_format.currency,
        percents.get(cell_format.percent, ""),
        _("(5) is -5") if cell_format.negative else "",
    ]
    return [word for word in words if word]
