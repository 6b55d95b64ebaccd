"""Which recipe the mapping page of a file starts from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from dataio.imports.plan import ImportPlan
from dataio.jobs import files, recipes
from dataio.jobs.recipes import Found
from dataio.models import Job, Recipe
from dataio.readers import Peek
from dataio.web import map_rights
from dataio.web.mapping import MapPage
from dataio.web.requests import PersonRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NONE = "no"
"""What the person chose who wants the proposal instead."""
BEFORE = "before"
"""The page starts from what was decided before."""


def map_page(request: PersonRequest, job: Job) -> MapPage:
    """Return the mapping page of a draft import, with a recipe that knows its header."""
    peek = files.peek_of(job)
    data = request.POST or request.GET
    before = _before(job, data)
    if before and not map_rights.chosen(before.resource, request.user):
        before = None
    known = None if before else _known(request.user, peek, data)
    scan_of = partial(files.scan_of, job)
    return MapPage(peek, data, scan_of, known, before, request.user)


def _before(job: Job, data: Mapping[str, str]) -> ImportPlan | None:
    """Return what was decided before the import was checked, unless something else is asked."""
    if not job.plan or data.get("recipe", "") not in ("", BEFORE):
        return None
    plan = ImportPlan.from_data(job.plan).with_changes(conflicts={})
    said = {
        "resource": plan.resource,
        "sheet": plan.sheet,
        "header_row": str(plan.header_row),
        "header_rows": str(plan.header_rows),
    }
    fits = all(data.get(name, "") in ("", text) for name, text in said.items())
    return plan if fits else None


def _known(user: AbstractBaseUser, peek: Peek, data: Mapping[str, str]) -> Found | None:
    chosen = data.get("recipe", "")
    if chosen == NONE:
        return None
    sheet = data.get("sheet", "")
    if not chosen:
        found = recipes.find(user, peek, resource=data.get("resource", ""), sheet=sheet)
        return found if found and _fits(found, data) else None
    named = Recipe.objects.visible_to(user).filter(pk=chosen if chosen.isdigit() else 0)
    labels = [one.label for one in map_rights.importable(user)]
    for recipe in named.filter(resource__in=labels):
        for one in peek.sheets:
            if sheet in ("", one.name) and (found := recipes.knows(recipe, one)):
                return found
    return None


def _fits(found: Found, data: Mapping[str, str]) -> bool:
    """Return whether the recipe speaks of the header row that the person chose."""
    sheet = found.sheet
    return data.get("header_row", "") in ("", str(sheet.header_row)) and data.get(
        "header_rows", ""
    ) in ("", str(sheet.header_rows))
