"""Templates, edited exports and missing related records, as jobs from upload to their end."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from dataio.errors import DataioError
from dataio.exports.blank import write_blank
from dataio.exports.run import run_export
from dataio.exports.select import ExportPlan
from dataio.imports.matching import propose_plan
from dataio.jobs import files, intake, lifecycle, recognising, runner
from dataio.jobs.conflicts import decide_conflicts
from dataio.models import Job
from dataio.progress.meter import Meter
from dataio.resources import registry
from project.shop.models import Category, Customer, Product

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ["SKU", "Name", "Category", "Price"]


@pytest.fixture
def alice():
    user = User.objects.create_user("alice")
    user.user_permissions.add(Permission.objects.get(codename="add_category"))
    return user


@pytest.fixture(autouse=True)
def shop(settings):
    settings.DATAIO_CHUNK_ROWS = 2
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    Category.objects.create(name="Tools")


def upload(book) -> SimpleUploadedFile:
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile("products.xlsx", stream.getvalue())


def workbook(*rows) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for cells in [HEADER, *rows]:
        book.worksheets[0].append(cells)
    return upload(book)


def accepted(owner, file, **changes) -> Job:
    job = intake.receive_upload(owner, file)
    sheet = files.peek_of(job).sheets[0]
    plan = propose_plan(sheet, registry.get("product")).with_changes(**changes)
    intake.accept_import(job, plan, send=False)
    return job


def run(job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


ROWS = [
    ["A-1", "Saw", "Tools", 1],
    ["A-2", "Cat", "Pets", 2],
    ["A-3", "Dog", "pets", 3],
    ["A-4", "Oil", " Food ", 4],
    ["A-5", "Cow", "Pets", 5],
]


def categories() -> list[tuple[str, str]]:
    return list(Product.objects.order_by("sku").values_list("sku", "category__name"))


def test_missing_categories_are_created_once_with_the_rows(alice):
    job = run(accepted(alice, workbook(*ROWS), create_missing=("category",)))
    assert (job.state, job.created, job.failed) == ("done", 5, 0)
    assert sorted(Category.objects.values_list("name", flat=True)) == [
        "Food",
        "Pets",
        "Tools",
    ]
    assert categories() == [
        ("A-1", "Tools"),
        ("A-2", "Pets"),
        ("A-3", "Pets"),
        ("A-4", "Food"),
        ("A-5", "Pets"),
    ]


def test_the_check_says_what_will_be_created_and_creates_nothing(alice):
    job = accepted(
        alice, workbook(*ROWS), create_missing=("category",), check_first=True
    )
    run(job)
    assert job.state == "review"
    assert job.findings["creates"] == ["2 new categories will be created: Pets, Food."]
    assert (job.findings["create"], job.findings["problem"]) == (5, 0)
    assert Category.objects.count() == 1
    lifecycle.accept_review(job)
    assert run(job).created == 5


def test_a_name_that_is_too_long_is_a_problem(alice):
    rows = [["A-1", "Saw", "x" * 101, 1], ["A-2", "Saw", "Fine", 1]]
    job = run(accepted(alice, workbook(*rows), create_missing=("category",)))
    assert (job.created, job.failed) == (1, 1)
    problem = job.problems.get()
    assert (problem.row, problem.column, problem.code) == (2, "category", "too_long")


def test_who_may_not_add_categories_is_told(alice):
    alice.user_permissions.clear()
    owner = User.objects.get(pk=alice.pk)
    with pytest.raises(DataioError, match="You may not create categories"):
        accepted(owner, workbook(*ROWS), create_missing=("category",))


def test_without_the_choice_a_missing_category_is_a_problem(alice):
    job = run(accepted(alice, workbook(*ROWS)))
    assert (job.created, job.failed) == (1, 4)


def test_a_filled_template_needs_no_mapping(alice):
    stream = io.BytesIO()
    write_blank(registry.get("product"), stream)
    book = openpyxl.load_workbook(stream)
    sheet = book["Products"]
    places = {cell.value: cell.column for cell in sheet[1]}
    values = {"SKU": "007", "Name": "Saw", "Category": "Tools", "Price": 9.5}
    for label, value in (values | {"Active": "no"}).items():
        sheet.cell(2, places[label], value)
    job = intake.receive_upload(alice, upload(book))
    assert recognising.start_if_known(job, send=False)
    run(job)
    assert (job.state, job.findings["create"]) == ("review", 1)
    lifecycle.accept_review(job)
    assert run(job).created == 1
    found = Product.objects.get()
    assert (found.sku, found.category.name, found.active) == ("007", "Tools", False)


@pytest.mark.parametrize(
    ("choice", "name", "counts"),
    [
        ("mine", "mine", (1, 2, 0)),
        ("theirs", "theirs", (0, 3, 0)),
        ("skip", "theirs", (0, 2, 1)),
    ],
)
def test_an_edited_export_comes_back_and_conflicts_are_decided(
    alice, tmp_path, choice, name, counts
):
    run(accepted(alice, workbook(*[[f"S-{n}", "Saw", "Tools", n] for n in range(3)])))
    path = tmp_path / "export.xlsx"
    product = registry.get("product")
    run_export(
        ExportPlan(resource="shop.product", to_be_edited=True), product, path, Meter()
    )
    Product.objects.filter(sku="S-1").update(name="theirs")
    book = openpyxl.load_workbook(path)
    places = {cell.value: cell.column for cell in book.worksheets[0][1]}
    book.worksheets[0].cell(3, places["Name"], "mine")
    job = intake.receive_upload(alice, upload(book))
    assert recognising.start_if_known(job, send=False)
    run(job)
    found = {kind: job.findings[kind] for kind in ("update", "unchanged", "conflict")}
    assert found == {"update": 0, "unchanged": 2, "conflict": 1}
    assert [one.code for one in job.problems.all()] == ["conflict"]
    decide_conflicts(job, choice)
    run(job)
    assert job.state == "review"
    lifecycle.accept_review(job)
    run(job)
    assert (job.updated, job.unchanged, job.failed) == counts
    assert job.problems.count() == counts[2]
    assert Product.objects.get(sku="S-1").name == name


def stock(*skus) -> None:
    category = Category.objects.get(name="Tools")
    for sku in skus:
        Product.objects.create(sku=sku, name="Old", category=category, price=1)


def skus() -> list[str]:
    return list(Product.objects.order_by("sku").values_list("sku", flat=True))


def test_records_that_the_file_lacks_are_removed(alice):
    stock("A-1", "B-1", "B-2", "B-3")
    rows = [["A-1", "Saw", "Tools", 1], ["A-2", "Axe", "Tools", 2]]
    plan = {"remove_missing": True, "check_first": True}
    job = run(accepted(alice, workbook(*rows), **plan))
    assert (job.findings["lacking"], len(skus())) == (3, 4)
    lifecycle.accept_review(job)
    run(job)
    assert (job.state, job.created, job.updated) == ("done", 1, 1)
    assert skus() == ["A-1", "A-2"]
    assert job.findings["removed"] == 3
    assert job.notes == ["3 of the products were removed, since the file lacks them."]


def test_records_that_others_use_are_left_and_named(alice):
    stock("A-1", "B-1", "B-2")
    customer = Customer.objects.create(email="anna@example.com", name="Anna")
    order = customer.orders.create(number="O-1", placed_at="2026-01-01T00:00Z")
    used = Product.objects.get(sku="B-1")
    order.lines.create(position=1, product=used, quantity=1, unit_price=1)
    rows = [["A-1", "Saw", "Tools", 1]]
    job = run(accepted(alice, workbook(*rows), remove_missing=True))
    assert skus() == ["A-1", "B-1"]
    assert job.notes == [
        "1 of the products was removed, since the file lacks it.",
        "1 of the products that the file lacks is still used by others, so it is left: "
        "B-1 Old.",
    ]


@pytest.mark.parametrize(("anyway", "left"), [(False, 2), (True, 1)])
def test_nothing_is_removed_while_a_row_has_a_problem(alice, anyway, left):
    stock("A-1", "B-1")
    rows = [["A-1", "Saw", "Tools", 1], ["B-1", "Axe", "Tools", "cheap"]]
    plan = {"remove_missing": True, "remove_anyway": anyway}
    job = run(accepted(alice, workbook(*rows), **plan))
    assert (job.failed, len(skus())) == (1, left)
    assert job.notes[-1].startswith(
        "1 of the products was removed" if anyway else "Nothing was removed: "
    )
