# mypy: disable-error-code="index, union-attr, arg-type, list-item, var-annotated, attr-defined, no-untyped-def"
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest
from django import forms
from django.contrib.auth.models import User

import dataio
from dataio.errors import Cancelled, DataioError, NotPermitted, UnknownReport
from dataio.exports.reporting import report_of, run_report
from dataio.exports.select import ExportPlan
from dataio.jobs import exporting, files, intake
from dataio.models import Job, JobState
from dataio.progress.meter import Meter
from dataio.reports import reports
from project.shop.models import Category, OrderLine
from project.shop.seed import seed_shop

pytestmark = pytest.mark.django_db


class Asked(forms.Form):
    least = forms.IntegerField(min_value=0)
    kinds = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    loud = forms.BooleanField(required=False)


class Numbers(dataio.Report):
    label = "test.numbers"
    name = "Numbers"
    form = Asked

    def sheets(self, parameters) -> Iterator[dataio.Sheet]:
        table = pd.DataFrame(
            {"low": [1, 2], "high": [Decimal("0.10"), Decimal("0.20")]},
            index=pd.Index(["x", "y"], name="Letter"),
        )
        yield dataio.Sheet(name="Chart", frames=table, totals=True, chart="line")
        yield dataio.Sheet(
            name="Rows: all",
            frames=self.frames(parameters["least"]),
            headers={"price": "Price"},
            totals=True,
        )
        asked = pd.DataFrame({"asked": [str(dict(parameters))]})
        yield dataio.Sheet(name="Asked", frames=asked)
        yield dataio.Sheet(name="None", frames=[], headers={"a": "A", "b": "B"})

    def frames(self, least: int) -> Iterator[pd.DataFrame]:
        for number in (least, least + 10):
            yield pd.DataFrame(
                {
                    "name": [f"n{number}", "=1+1"],
                    "day": [dt.date(2026, 1, 31), None],
                    "price": [Decimal("9.99"), Decimal(f"{number}000.01")],
                    "count": [number, 1],
                }
            )

    def may_run(self, user) -> bool:
        return user.username != "charlie"


def plan(**changes) -> ExportPlan:
    answers = {"least": "5", "kinds": ["a", "b"], "loud": "on"}
    return ExportPlan(
        resource="", **{"report": "test.numbers", "answers": answers} | changes
    )


def test_code_makes_the_sheets(tmp_path):
    meter = Meter()
    result = run_report(plan(), Numbers(), tmp_path / "x.xlsx", meter)
    book = openpyxl.load_workbook(tmp_path / "x.xlsx", data_only=True)
    assert book.sheetnames == ["Chart", "Rows all", "Asked", "None"]
    assert list(book["Rows all"].iter_rows(values_only=True)) == [
        ("name", "day", "Price", "count"),
        ("n5", dt.datetime.fromisoformat("2026-01-31"), 9.99, 5),
        ("=1+1", None, 5000.01, 1),
        ("n15", dt.datetime.fromisoformat("2026-01-31"), 9.99, 15),
        ("=1+1", None, 15000.01, 1),
        ("Total", None, 20020, 22),
    ]
    assert book["Rows all"]["A6"].font.b
    assert book["Asked"]["A2"].value == (
        "{'least': 5, 'kinds': ['a', 'b'], 'loud': True}"
    )
    assert list(book["None"].iter_rows(values_only=True)) == [("A", "B")]
    chart = [row[:3] for row in book["Chart"].iter_rows(values_only=True)]
    start = chart.index(("Letter", "low", "high"))
    assert chart[start + 1 : start + 4] == [
        ("x", 1, 0.1),
        ("y", 2, 0.2),
        ("Total", 3, 0.3),
    ]
    assert [type(one).__name__ for one in book["Chart"]._charts] == ["LineChart"]
    assert (result.rows, meter.counts["written"]) == (5, 5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"answers": {}}, "least: This field is required."),
        ({"answers": {"least": "few"}}, "least: Enter a whole number."),
        (
            {"format": "csv"},
            "A report may have several sheets. Choose a workbook, not "
            "Comma-separated text (CSV).",
        ),
    ],
)
def test_what_does_not_fit_is_said_and_leaves_no_file(tmp_path, changes, sentence):
    with pytest.raises(DataioError) as caught:
        run_report(plan(**changes), Numbers(), tmp_path / "x.xlsx", Meter())
    assert caught.value.message == sentence
    assert list(tmp_path.iterdir()) == []


def test_cancelling_leaves_no_file(tmp_path):
    def stop():
        if meter.counts["written"]:
            raise Cancelled

    meter = Meter(stop=stop, seconds=0)
    with pytest.raises(Cancelled):
        run_report(plan(), Numbers(), tmp_path / "x.xlsx", meter)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_report_lists_those_there_are():
    with pytest.raises(
        UnknownReport, match=r'There is no report "x". There are: .*shop\.sales'
    ):
        reports.get("x")


def test_who_may_not_run_a_report_is_refused(monkeypatch):
    monkeypatch.setitem(reports._reports, "test.numbers", Numbers())
    charlie, alice = User(username="charlie"), User(username="alice")
    with pytest.raises(NotPermitted) as caught:
        report_of(plan(), charlie)
    assert caught.value.message == 'You may not run the report "Numbers".'
    assert report_of(plan(), alice).label == "test.numbers"
    assert [one.label for one in reports.of_user(charlie)] == ["shop.sales"]


def test_the_demo_report_runs_as_a_job_and_holds_what_the_database_says(job_folder):
    seed_shop()
    alice = User.objects.create_user("alice")
    job = intake.create_export(
        alice,
        ExportPlan(resource="", report="shop.sales", answers={"months": "12"}),
        "sales.xlsx",
        send=False,
    )
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    job.refresh_from_db()
    exporting.run(job, Meter())
    job.refresh_from_db()
    assert job.state == JobState.DONE
    path = files.export_path(job)
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, data_only=True)
    assert book.sheetnames == ["Sales by month", "Best products", "Lines"]
    rows = list(book["Lines"].iter_rows(values_only=True, min_row=2))
    lines = OrderLine.objects.exclude(order__status="cancelled")
    kept = {(row[1], row[3]): row[6] for row in rows[:-1]}
    expected = {
        (line.order.number, line.product.name): float(line.quantity * line.unit_price)
        for line in lines.select_related("order", "product")
        if (line.order.number, line.product.name) in kept
    }
    assert kept == expected
    assert len(kept) > 300
    assert rows[-1][6] == pytest.approx(sum(kept.values()))
    table = list(book["Sales by month"].iter_rows(values_only=True))
    (header,) = [row for row in table if row[0] == "Month"]
    names = sorted(Category.objects.values_list("name", flat=True))
    assert list(header[1 : 1 + len(names)]) == names
    (total,) = [row for row in table if row[0] == "Total"]
    assert sum(total[1 : 1 + len(names)]) == pytest.approx(rows[-1][6])
