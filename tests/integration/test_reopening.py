"""From the review back: decisions taken back one by one, columns chosen again."""

from __future__ import annotations

import pytest

from dataio.errors import WrongState
from dataio.imports.plan import ImportPlan
from dataio.jobs import files, lifecycle, recipes, reopening
from dataio.models import Chunk, Job, JobState, Problem
from tests.integration import test_correcting as correcting
from tests.integration.test_correcting import Action, by_value, decide, one_cell, run

pytestmark = pytest.mark.django_db(transaction=True)

alice, shop, dirty = correcting.alice, correcting.shop, correcting.dirty
TOOLS = by_value("category", "Tolls", Action.REPLACE, "Tools")
SKIPPED = by_value("price", "on request", Action.SKIP)


def state(job: Job) -> dict[str, object]:
    """All that a check leaves."""
    problems = job.problems.order_by("row", "column", "code")
    return {
        "findings": job.findings,
        "counts": (job.rows, job.failed, job.problem_count),
        "problems": list(problems.values_list("row", "column", "value", "message")),
    }


def test_a_decision_taken_back_leaves_no_trace(alice, dirty):
    job = correcting.checked(alice, dirty)
    before = state(job)
    decide(job, TOOLS, SKIPPED)
    with_one = state(decide(correcting.checked(alice, dirty), SKIPPED))
    reopening.take_back(job, "category", "Tolls")
    run(job)
    assert [fix.value for fix in job.fixes.all()] == ["on request"]
    assert state(job)["counts"] == with_one["counts"]
    assert state(job)["problems"] == with_one["problems"]
    reopening.take_all_back(job)
    run(job)
    assert (job.state, state(job)) == (JobState.REVIEW, before)


def test_one_cell_is_taken_back(alice, dirty):
    job = correcting.checked(alice, dirty)
    before = state(job)
    problem = job.problems.filter(column="price", value="on request").first()
    decide(job, one_cell(problem.row, "price", "5"))
    assert state(job) != before
    reopening.take_back(job, "price", row=problem.row)
    run(job)
    assert state(job) == before


def test_nothing_is_taken_back_once_it_is_loaded(alice, dirty):
    job = decide(correcting.checked(alice, dirty), TOOLS)
    correcting.load(job)
    with pytest.raises(WrongState):
        reopening.take_back(job, "category", "Tolls")
    assert job.fixes.count() == 1


def test_choosing_columns_again_drops_what_was_found_and_unfit_decisions(alice, dirty):
    job = correcting.checked(alice, dirty)
    row = job.problems.filter(column="price").first().row
    heavy = by_value("weight", "heavy", Action.BLANK)
    decide(job, TOOLS, heavy, one_cell(row, "price", "5"))
    lifecycle.reopen(job)
    assert (job.state, job.findings, job.staged) == (JobState.DRAFT, {}, False)
    assert not Chunk.objects.filter(job=job).exists()
    assert not Problem.objects.filter(job=job).exists()
    left = {path.name for path in files.folder(job.pk).iterdir()}
    assert left == {"source"}
    plan = ImportPlan.from_data(job.plan)
    mapping = {text: name for text, name in plan.mapping.items() if name != "weight"}
    recipes.start(job, plan.with_changes(mapping=mapping), None)
    kept = set(job.fixes.values_list("column", "value", "row"))
    assert kept == {("category", "Tolls", None), ("price", "", row)}
    run(job)
    assert job.state == JobState.REVIEW
    assert not job.problems.filter(row=row, column="price").exists()
    assert not job.problems.filter(value="Tolls").exists()
