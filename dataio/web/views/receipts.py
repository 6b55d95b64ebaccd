"""The receipt of a job: who did what, when, from which file, as a page to print and as JSON."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dataio.errors import UnknownResource
from dataio.imports.family import sheet_of
from dataio.imports.plan import ImportPlan
from dataio.models import Job, JobKind
from dataio.resources import registry
from dataio.web.recipes import key_words, lines_of, mode_words
from dataio.web.requests import job_or_404, wants_json
from dataio.web.shown import ShownJob


@require_safe
@login_required
def receipt(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The receipt as a page; ?format=json, or asked for as JSON, as data."""
    job = job_or_404(request, job_id)
    data = receipt_data(job)
    if request.GET.get("format") == "json" or wants_json(request):
        return JsonResponse(data)
    context = {"shown": ShownJob(job), "receipt": data, "decided": _in_words(job)}
    context["section"] = "jobs"
    return render(request, "dataio/receipt.html", context)


def receipt_data(job: Job) -> dict[str, Any]:
    """Return what a receipt says, as plain data."""
    undos = job.undos.order_by("created_at").values_list("pk", flat=True)
    return {
        "job": str(job.pk),
        "kind": job.kind,
        "state": job.state,
        "who": job.owner.get_username() if job.owner else None,
        "created_at": _moment(job.created_at),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
        "file": {
            "name": job.file_name,
            "size": job.file_size,
            "sha256": job.file_hash or None,
        },
        "resource": job.resource,
        "recipe": _recipe(job),
        **(_decided(job.plan) if job.kind == JobKind.IMPORT else {}),
        "counts": job.totals,
        **_counts_of_parts(job),
        "problems": job.problem_count,
        "message": job.message,
        "undo_until": _moment(job.undo_until),
        "undoes": str(job.undoes_id) if job.undoes_id else None,
        "undone_by": [str(pk) for pk in undos],
    }


def _decided(plan: dict[str, Any]) -> dict[str, Any]:
    names = ("sheet", "header_row", "mapping", "mode", "key", "atomic")
    decided = {name: plan.get(name) for name in names}
    if plan.get("parts"):
        names = ("resource", "sheet", "header_row", "mapping", "mode", "key")
        decided["parts"] = [
            {name: part.get(name) for name in names} for part in plan["parts"]
        ]
    return decided


def _in_words(job: Job) -> list[dict[str, Any]]:
    """Return what was decided about each part of an import, for people."""
    if job.kind != JobKind.IMPORT or not job.plan:
        return []
    plan = ImportPlan.from_data(job.plan)
    try:
        return [_part_in_words(plan, part) for part in plan.all_parts]
    except UnknownResource:
        return []


def _part_in_words(plan: ImportPlan, part: ImportPlan) -> dict[str, Any]:
    resource = registry.get(part.resource)
    return {
        "things": resource.verbose_name_plural if plan.parts else "",
        "sheet": sheet_of(plan, part) if part.link else plan.sheet,
        "lines": lines_of(part, resource),
        "mode": mode_words(part, resource),
        "key": key_words(part, resource),
    }


def _counts_of_parts(job: Job) -> dict[str, Any]:
    """Return the counts of each part, where a file holds children beside their parents."""
    parts = job.plan.get("parts") if job.kind == JobKind.IMPORT else None
    if not parts:
        return {}
    labels = [job.resource, *(part["resource"] for part in parts)]
    names = ("rows", "created", "updated", "unchanged", "failed")
    sums = {f"sum_{name}": Sum(name, default=0) for name in names}
    counted: Any = job.chunks.order_by().values("part").annotate(**sums)
    found: dict[int, dict[str, Any]] = {one["part"]: one for one in counted}
    return {
        "counts_by_part": [
            {"resource": label, "things": _things(label)}
            | {name: found.get(part, {}).get(f"sum_{name}", 0) for name in names}
            for part, label in enumerate(labels)
        ]
    }


def _things(label: str) -> str:
    try:
        return registry.get(label).verbose_name_plural
    except UnknownResource:
        return label


def _recipe(job: Job) -> dict[str, Any] | None:
    if job.recipe is None:
        return None
    return {"name": job.recipe.name, "version": job.recipe.version}


def _moment(when: Any) -> str | None:
    return when.isoformat() if when else None
