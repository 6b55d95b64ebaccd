# mypy: disable-error-code="no-untyped-def"
"""Saved reports: saved, run with answers, duplicated, shared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from dataio.errors import DataioError, NotPermitted
from dataio.exports.select import ExportPlan
from dataio.jobs import exporting, files, reports, sharing
from dataio.models import Job, JobState, SavedReport, Schedule
from dataio.progress.meter import Meter
from dataio.resources import registry

pytestmark = pytest.mark.django_db
PLAN = ExportPlan(
    resource="shop.product",
    columns=("sku", "price"),
    filters={"sku": "A", "created_from": "2026-01-01"},
)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob")


@pytest.fixture
def stock(alice: User) -> SavedReport:
    return reports.save(alice, "  Stock   list ", PLAN, ["sku", "created_from"])


def test_a_report_keeps_what_was_chosen(alice: User, stock: SavedReport):
    stock.refresh_from_db()
    assert (stock.name, stock.resource, stock.owner) == (
        "Stock list",
        "shop.product",
        alice,
    )
    assert ExportPlan.from_data(stock.plan) == PLAN


def test_answers_take_the_place_of_saved_values(alice: User, stock: SavedReport):
    job = reports.run_report(stock, alice, {"sku": "B", "price_min": "1"})
    plan = ExportPlan.from_data(job.plan)
    assert plan.filters == {"sku": "B", "created_from": "2026-01-01"}
    assert job.state == JobState.WAITING
    assert job.report == stock
    assert job.schedule is None
    assert job.file_name == f"Stock list {timezone.localdate().isoformat()}.xlsx"


def test_an_empty_answer_leaves_the_filter_out(alice: User, stock: SavedReport):
    job = reports.run_report(stock, alice, {"sku": ""})
    assert ExportPlan.from_data(job.plan).filters == {"created_from": "2026-01-01"}


def test_a_schedule_says_in_which_zone_days_begin(alice: User, stock: SavedReport):
    schedule = Schedule.objects.create(
        report=stock, owner=alice, at=dt.time(7), time_zone="Pacific/Kiritimati"
    )
    job = reports.run_report(stock, alice, {}, schedule=schedule, language="de")
    assert job.plan["time_zone"] == "Pacific/Kiritimati"
    assert (job.schedule, job.language) == (schedule, "de")


def test_only_those_who_see_a_report_run_it(bob: User, stock: SavedReport):
    with pytest.raises(NotPermitted, match="not shared with you any more"):
        reports.run_report(stock, bob, {})
    group = Group.objects.create(name="Buyers")
    stock.groups.add(group)
    bob.groups.add(group)
    assert reports.run_report(stock, bob, {}).owner == bob


def test_a_copy_belongs_to_whoever_made_it(bob: User, alice: User, stock: SavedReport):
    copy = reports.duplicate(stock, bob)
    again = reports.duplicate(stock, alice)
    assert (copy.owner, copy.name) == (bob, "Stock list (2)")
    assert (copy.plan, copy.questions) == (stock.plan, stock.questions)
    assert reports.duplicate(again, alice).name == "Stock list (2) (2)"


def test_names_are_told_apart(alice: User, stock: SavedReport):
    with pytest.raises(DataioError, match='There is a report "Stock list" already'):
        reports.save(alice, "Stock list", PLAN)
    other = reports.save(alice, "Other", PLAN)
    with pytest.raises(DataioError, match='There is a report "Stock list" already'):
        reports.rename(other, "Stock list")
    with pytest.raises(DataioError, match="Give the report a name"):
        reports.rename(other, " ")


def test_one_shares_with_groups_of_ones_own(alice: User, stock: SavedReport):
    own, other = (Group.objects.create(name=name) for name in ("Own", "Other"))
    alice.groups.add(own)
    sharing.share(stock, alice, [own])
    assert list(stock.groups.all()) == [own]
    with pytest.raises(NotPermitted):
        sharing.share(stock, alice, [other])


@pytest.mark.parametrize(
    ("name", "file"), [("Q1/Q2: sales", "Q1 Q2  sales"), ("...", "Report")]
)
def test_a_files_name_is_legal_everywhere(alice: User, name: str, file: str):
    report = reports.save(alice, name, PLAN)
    job = reports.run_report(report, alice, {})
    assert job.file_name == f"{file} {timezone.localdate().isoformat()}.xlsx"


def test_rights_are_asked_again_when_the_job_runs(
    alice: User, settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """What may not be seen any more is left out, and the job says so."""
    settings.DATAIO_ROOT = tmp_path
    plan = ExportPlan(resource="shop.supplier", columns=("name", "country"))
    report = reports.save(alice, "Suppliers", plan)
    job = reports.run_report(report, alice, {})
    Job.objects.update(state=JobState.RUNNING)
    kind = type(registry.get("shop.supplier"))
    monkeypatch.setattr(
        kind, "may_view", lambda self, user, name: name != "country", raising=False
    )
    exporting.run(job, Meter())
    job.refresh_from_db()
    assert job.notes == ['"Country" is left out: you may not see it.']
    with files.export_path(job).open("rb") as file:
        book = openpyxl.load_workbook(file)
    assert [cell.value for cell in book.worksheets[0][1]] == ["Name"]


def test_a_report_that_code_makes_runs_unsaved(alice: User):
    job = reports.run_code("shop.sales", alice, {"months": "3"})
    assert (job.plan["report"], job.plan["answers"]) == ("shop.sales", {"months": "3"})
    assert job.file_name.startswith("Sales by month ")
