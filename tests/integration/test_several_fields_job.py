"""Related records found by several fields, as jobs and reports: lines that name products so."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pandas as pd
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from dataio.errors import DataioError
from dataio.exports.permitted import may_view
from dataio.exports.run import run_export
from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.exports.summary import summary_table
from dataio.imports.family import children_of
from dataio.imports.matching import propose_plan
from dataio.imports.plan import Join
from dataio.jobs import files, intake, lifecycle, recognising, runner
from dataio.jobs.problem_groups import groups
from dataio.models import Job
from dataio.progress.meter import Meter
from dataio.resources import registry
from project.shop.models import Category, Customer, Order, OrderLine, Product
from project.shop.resources import OrderLineResource, ProductResource

pytestmark = pytest.mark.django_db(transaction=True)

FILE = "lines.xlsx"
HEADER = ["Order", "Position", "Category", "SKU", "Quantity", "Unit price"]
JOINED = {"product": Join(headers=("Category", "SKU"), separator=" / ")}


class LineResource(OrderLineResource):
    lookups = {"product": ("category__name", "sku")}
    create_missing = ("product",)


class Supplied(ProductResource):
    lookups = {"suppliers": ("country", "name")}


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice")


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch) -> None:
    settings.DATAIO_CHUNK_ROWS = 2
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setitem(registry._resources, "shop.orderline", LineResource())
    tools, toys = (Category.objects.create(name=name) for name in ("Tools", "Toys"))
    for sku, category in (("A-1", tools), ("A-2", tools), ("A-3", toys)):
        Product.objects.create(sku=sku, name=sku, category=category, price=1)
    customer = Customer.objects.create(email="anna@example.com", name="Anna")
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    Order.objects.create(number="SO-1", customer=customer, placed_at=noon)


@pytest.fixture
def lines() -> None:
    order = Order.objects.get()
    for place, product in enumerate(Product.objects.order_by("-sku"), start=1):
        order.lines.create(position=place, product=product, quantity=1, unit_price=1)


def uploaded(owner, path) -> Job:
    return intake.receive_upload(owner, SimpleUploadedFile(FILE, path.read_bytes()))


def accepted(owner, path, rows, **changes) -> Job:
    book = openpyxl.Workbook()
    for cells in [HEADER, *rows]:
        book.worksheets[0].append(cells)
    book.save(path)
    job = uploaded(owner, path)
    lines = registry.get("orderline")
    plan = propose_plan(files.peek_of(job).sheets[0], lines)
    mapping = {
        header: name
        for header, name in plan.mapping.items()
        if header not in ("Category", "SKU")
    }
    changes = {"mapping": mapping, "joins": JOINED, **changes}
    intake.accept_import(job, plan.with_changes(**changes), send=False)
    return job


def run(job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def test_two_columns_are_joined_and_what_is_not_found_is_proposed(alice, tmp_path):
    rows = [
        ["SO-1", 1, "Tools", "A-1", 2, 3],
        ["SO-1", 2, "toys", "A-3", 2, 3],
        ["SO-1", 3, "Tools", "A-3", 2, 3],
    ]
    job = run(accepted(alice, tmp_path / FILE, rows, check_first=True))
    assert (job.findings["create"], job.findings["problem"]) == (2, 1)
    (problem,) = job.problems.all()
    assert problem.message.startswith('There is no product "Tools / A-3". Did you mean')
    (group,) = groups(job)
    assert group.suggestion.startswith("Tools / A-")
    assert "create" not in [str(action.value) for action in group.actions]
    lifecycle.accept_review(job)
    run(job)
    found = OrderLine.objects.values_list("position", "product__sku")
    assert list(found) == [(1, "A-1"), (2, "A-3")]


def test_records_found_by_several_fields_are_not_created(alice, tmp_path):
    with pytest.raises(DataioError, match="found by its name and SKU together"):
        accepted(alice, tmp_path / FILE, [], create_missing=("product",))


def test_an_export_to_be_edited_comes_back_with_only_its_edits(alice, lines, tmp_path):
    path = tmp_path / FILE
    plan = ExportPlan(resource="shop.orderline", to_be_edited=True)
    run_export(plan, registry.get("orderline"), path, Meter())
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    place = {cell.value: cell.column for cell in sheet[1]}["Product"]
    cells = [sheet.cell(row, place) for row in (2, 3, 4)]
    assert [cell.value for cell in cells] == [
        "Toys / A-3",
        "Tools / A-2",
        "Tools / A-1",
    ]
    cells[0].value = "Tools / A-1"
    book.save(path)
    job = uploaded(alice, path)
    assert recognising.start_if_known(job, send=False)
    run(job)
    assert (job.findings["update"], job.findings["unchanged"]) == (1, 2)


def test_a_report_is_grouped_and_parted_by_the_text(lines, tmp_path):
    resource = registry.get("orderline")
    layout = Layout(summary=Summary(rows=("product",)), sheet_by="product")
    plan = ExportPlan(resource=resource.label, columns=("product",), layout=layout)
    texts = ["Tools / A-1", "Tools / A-2", "Toys / A-3"]
    table = summary_table(plan, resource).table
    assert [str(text) for text in table.index.get_level_values(0)][:3] == texts
    run_export(plan, resource, tmp_path / FILE, Meter())
    sheets = openpyxl.load_workbook(tmp_path / FILE).sheetnames
    # A sheet cannot be named with a slash.
    assert sheets[-3:] == [text.replace(" / ", " ") for text in texts]


def test_several_related_records_are_written_and_read_by_the_text(tmp_path):
    resource = Supplied()
    saw = Product.objects.get(sku="A-1")
    for name, country in (("Axe", "NO"), ("Bit, Co", "")):
        saw.suppliers.create(name=name, country=country)
    plan = ExportPlan(resource=resource.label, columns=("sku", "suppliers"))
    run_export(plan, resource, tmp_path / FILE, Meter())
    frame = pd.read_excel(tmp_path / FILE, keep_default_na=False)
    assert frame["Suppliers"].tolist() == ['" / Bit, Co", NO / Axe', "", ""]


def test_who_may_not_see_one_of_the_fields_does_not_see_the_text(alice, monkeypatch):
    lines = registry.get("orderline")
    assert may_view(lines, "product", alice)
    monkeypatch.setattr(
        type(registry.get("category")),
        "may_view",
        lambda self, user, name: name != "name",
    )
    assert not may_view(lines, "product", alice)


def test_children_need_a_parent_with_one_field(monkeypatch):
    orders = registry.get("order")
    assert [child.link for child in children_of(orders)] == ["order"]
    kind = type("ByTwo", (LineResource,), {"lookups": {"order": ("number", "id")}})
    monkeypatch.setitem(registry._resources, "shop.orderline", kind())
    assert children_of(orders) == []
