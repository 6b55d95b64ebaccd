"""Recipes: what was saved, shared, changed; each with its versions."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dataio.errors import DataioError, NotPermitted
from dataio.jobs import recipes as saved
from dataio.jobs.sharing import share
from dataio.models import JobKind, Recipe
from dataio.web.permitted import Permitted
from dataio.web.recipes import ShownRecipe
from dataio.web.requests import PersonRequest, job_or_404


@require_safe
@login_required
def recipes(request: PersonRequest) -> HttpResponse:
    """List the recipes this person may use."""
    found = Recipe.objects.visible_to(request.user).select_related("owner")
    shown = [ShownRecipe(one, request.user) for one in found.prefetch_related("groups")]
    may = Permitted(request.user)
    context = {"recipes": shown, "may": may, "section": "recipes"}
    return render(request, "dataio/recipes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def recipe(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a recipe; its owner may rename, share, restore and delete it."""
    one = get_object_or_404(Recipe.objects.visible_to(request.user), pk=pk)
    if request.method == "POST":
        return _changed(request, one)
    context = {"shown": ShownRecipe(one, request.user), "section": "recipes"}
    return render(request, "dataio/recipe.html", context)


@require_POST
@login_required
def save_recipe(request: PersonRequest, job_id: uuid.UUID) -> HttpResponse:
    """Save how a job imports its file; from the pages of the job."""
    job = job_or_404(request, job_id)
    back = request.POST.get("next", "")
    try:
        if job.kind != JobKind.IMPORT or not job.plan:
            raise DataioError(_("Only an import with its columns chosen can be saved."))
        name = request.POST.get("name", "")
        one = saved.save_from_job(request.user, name, job)
        messages.info(request, saved_sentence(one))
    except DataioError as error:
        messages.error(request, error.message)
    return redirect(
        f"dataio:{back}" if back in ("job", "review") else "dataio:job", job_id
    )


def saved_sentence(one: Recipe) -> str:
    """Return what to tell the person who saved a recipe."""
    said = {"name": one.name}
    return (
        _('"%(name)s" is saved. Files with the same column names are read this way.')
        % said
    )


def _changed(request: PersonRequest, one: Recipe) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if one.owner_id != request.user.pk:
            raise NotPermitted(_("Only its owner can change a recipe."))
        if action == "delete":
            one.delete()
            messages.info(request, _('"%(name)s" is deleted.') % {"name": one.name})
            return redirect("dataio:recipes")
        _change(request, one, action)
    except DataioError as error:
        messages.error(request, error.message)
    return redirect("dataio:recipe", one.pk)


def _change(request: PersonRequest, one: Recipe, action: str) -> None:
    if action == "rename":
        saved.rename(one, request.POST.get("name", ""))
    elif action == "share":
        wanted = [pk for pk in request.POST.getlist("groups") if pk.isdigit()]
        share(one, request.user, Group.objects.filter(pk__in=wanted))
    elif action == "restore":
        version = request.POST.get("version", "")
        saved.restore(one, int(version) if version.isdecimal() else 0)
