"""Recipes: saved, named, shared ways to import a kind of file, known again by its headers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.imports.plan import ImportPlan
from dataio.jobs import files, intake
from dataio.jobs.correcting import apply_fixes_data, fixes_data
from dataio.jobs.reopening import drop_unfit
from dataio.models import Job, Recipe
from dataio.readers import Peek, SheetPeek
from dataio.resources import registry
from dataio.rights import Right

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

KEPT_VERSIONS = 50
CONTENT = ("name", "resource", "headers", "plan", "fixes")
"""What a version of a recipe is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A recipe that knows the header of a file."""

    recipe: Recipe
    sheet: SheetPeek
    """With the header row that the recipe says."""

    @property
    def plan(self) -> ImportPlan:
        """The recipe's plan for this file."""
        return fitted(self.recipe, self.sheet)


def find(
    user: AbstractBaseUser, peek: Peek, *, resource: str = "", sheet: str = ""
) -> Found | None:
    """Return the recipe that knows the header of a sheet, with that sheet; the best there is.

    A header is known when it has the same texts. Of several recipes one with the same order
    of headers wins, then one of this person's own, then the one saved last.
    `resource`, `sheet`: only these.
    """
    permitted = [one.label for one in registry.of_user(user, Right.IMPORT)]
    known = [one for one in permitted if resource in ("", one)]
    recipes = Recipe.objects.visible_to(user).filter(resource__in=known)
    found = [
        one_known
        for recipe in recipes.order_by("-updated_at")
        for one in peek.sheets
        if (one.visible and not sheet) or one.name == sheet
        if (one_known := knows(recipe, one)) is not None
    ]

    def goodness(known: Found) -> tuple[bool, bool]:
        ordered = known.recipe.headers == known.sheet.headers
        return ordered, known.recipe.owner_id == user.pk

    # max() takes the first of equals: the one saved last.
    return max(found, key=goodness, default=None)


def knows(recipe: Recipe, sheet: SheetPeek) -> Found | None:
    """Return the recipe with the sheet whose header it knows, None when it knows none."""
    said, lines = (recipe.plan.get(name, 1) for name in ("header_row", "header_rows"))
    for row in dict.fromkeys((sheet.header_row, said)):
        if not 0 < row <= len(sheet.rows):
            continue
        there = replace(sheet, header_row=row, header_rows=lines)
        if set(there.headers) == set(recipe.headers):
            return Found(recipe=recipe, sheet=there)
    return None


def fitted(recipe: Recipe, sheet: SheetPeek) -> ImportPlan:
    """Return the recipe's plan for a sheet, without columns that are no more."""
    plan = ImportPlan.from_data(recipe.plan)
    resource = registry.get(recipe.resource)
    columns = resource.import_columns | resource.finding_columns
    return plan.with_changes(
        sheet=sheet.name,
        header_row=sheet.header_row,
        header_rows=sheet.header_rows,
        mapping={text: name for text, name in plan.mapping.items() if name in columns},
        joins={name: one for name, one in plan.joins.items() if name in columns},
        constants={
            name: text for name, text in plan.constants.items() if name in columns
        },
        conflicts={},
        fingerprint="",
        parts=tuple(_fitted_part(part, plan, sheet) for part in plan.parts),
    )


def _fitted_part(part: ImportPlan, plan: ImportPlan, sheet: SheetPeek) -> ImportPlan:
    """Return the plan of children for a file: in the rows of their parents, or as saved."""
    if part.sheet != plan.sheet:
        return part
    return part.with_changes(
        sheet=sheet.name, header_row=sheet.header_row, header_rows=sheet.header_rows
    )


@transaction.atomic
def start(job: Job, plan: ImportPlan, recipe: Recipe | None) -> None:
    """Start a draft import; with a recipe, its decisions about values count from the start.

    An import that was checked before keeps its decisions as far as they fit the plan.
    Raises DataioError when the plan cannot work.
    """
    before = ImportPlan.from_data(job.plan) if job.plan else None
    intake.accept_import(job, plan)
    if before is not None:
        drop_unfit(job, before)
    if recipe is not None:
        Job.objects.filter(pk=job.pk).update(recipe=recipe)
        job.recipe = recipe
        apply_fixes_data(job, recipe.fixes)


@transaction.atomic
def save(
    owner: AbstractBaseUser,
    name: str,
    plan: ImportPlan,
    headers: Sequence[str],
    fixes: Iterable[dict[str, str]] = (),
) -> Recipe:
    """Save a plan under a name. A recipe of this person with that name gets a new version.

    Raises DataioError without a name.
    """
    name = _named(name)
    content = {
        "name": name,
        "resource": plan.resource,
        "headers": list(headers),
        "plan": _plain(plan.with_changes(conflicts={}, fingerprint="")),
        "fixes": list(fixes),
    }
    mine = Recipe.objects.select_for_update().filter(owner=owner.pk, name=name)
    if recipe := mine.filter(resource=plan.resource).first():
        return _change(recipe, content)
    return Recipe.objects.create(owner_id=owner.pk, **content)


def save_from_job(owner: AbstractBaseUser, name: str, job: Job) -> Recipe:
    """Save how a job imports its file, with what was decided about its values.

    What the job's recipe knew of other values stays known.
    """
    plan = ImportPlan.from_data(job.plan)
    known = {(one["column"], one["value"]): one for one in _known_fixes(job)}
    known |= {(one["column"], one["value"]): one for one in fixes_data(job)}
    return save(owner, name, plan, _headers_of(job, plan), known.values())


@transaction.atomic
def restore(recipe: Recipe, version: int) -> None:
    """Make an earlier version the newest again; all versions stay.

    Raises DataioError when there is no such version.
    """
    found = [one for one in recipe.history if one["version"] == version]
    if not found:
        raise DataioError(_("There is no version %(n)s.") % {"n": version})
    _change(recipe, {name: found[0][name] for name in CONTENT if name != "name"})


def rename(recipe: Recipe, name: str) -> None:
    """Give a recipe another name. Raises DataioError without one, or when it is taken."""
    name = _named(name)
    others = Recipe.objects.filter(owner=recipe.owner_id, resource=recipe.resource)
    if others.filter(name=name).exclude(pk=recipe.pk).exists():
        raise DataioError(
            _('There is a recipe "%(name)s" already. Choose another name.')
            % {"name": name}
        )
    recipe.name = name
    recipe.save(update_fields=["name", "updated_at"])


def _change(recipe: Recipe, content: dict[str, Any]) -> Recipe:
    now = {name: getattr(recipe, name) for name in CONTENT}
    if all(now[name] == value for name, value in content.items()):
        return recipe
    saved = {"version": recipe.version, "until": timezone.now().isoformat()}
    recipe.history = [*recipe.history, now | saved][-KEPT_VERSIONS:]
    recipe.version += 1
    for name, value in content.items():
        setattr(recipe, name, value)
    recipe.save()
    return recipe


def _plain(plan: ImportPlan) -> dict[str, Any]:
    """Return the plan as the database gives it back, so that versions can be compared."""
    plain: dict[str, Any] = json.loads(json.dumps(plan.as_data()))
    return plain


def _named(name: str) -> str:
    name = " ".join(name.split())
    most = 100
    if not name:
        raise DataioError(_("Give the recipe a name."))
    if len(name) > most:
        raise DataioError(
            _("This name is too long. At most %(most)s characters are allowed.")
            % {"most": most}
        )
    return name


def _known_fixes(job: Job) -> list[dict[str, str]]:
    return list(job.recipe.fixes) if job.recipe else []


def _headers_of(job: Job, plan: ImportPlan) -> list[str]:
    sheets = files.peek_of(job).sheets
    named = [one for one in sheets if one.name == plan.sheet] or sheets[:1]
    return replace(
        named[0], header_row=plan.header_row, header_rows=plan.header_rows
    ).headers
