"""Parents and children in one file: in the same rows, and on linked sheets; one job for both."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dataio.imports.matching import propose_plan
from dataio.imports.plan import ImportPlan
from dataio.imports.proposing import broods, has_brood, with_brood
from dataio.jobs import files, intake, lifecycle, runner
from dataio.jobs.review import changes_page
from dataio.models import Fix, Job
from dataio.resources import registry
from project.shop.models import Category, Customer, Order, OrderLine, Product

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = ["Order number", "Customer", "Status", "Placed at"]
LINE = ["Position", "Product", "Quantity", "Unit price"]
DAY = dt.datetime(2025, 3, 1, 9, 30)  # noqa: DTZ001  a workbook knows no zone
Action = Fix.Action


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.DATAIO_CHUNK_ROWS = 4
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("dataio.jobs.queue.send", lambda job_id: False)
    tools = Category.objects.create(name="Tools")
    for number in range(4):
        Product.objects.create(sku=f"P-{number}", name="Saw", category=tools, price=1)
    for number in range(3):
        Customer.objects.create(email=f"c{number}@example.com", name=f"C{number}")


def order(number: int, **changes) -> list:
    cells = {
        "Order number": f"O-{number}",
        "Customer": f"c{number % 3}@example.com",
        "Status": ["New", "Paid", "Shipped"][number % 3],
        "Placed at": DAY + dt.timedelta(days=number),
    }
    return list((cells | changes).values())


def line(number: int, position: int, **changes) -> list:
    cells = {
        "Position": position,
        "Product": f"P-{(number + position) % 4}",
        "Quantity": number + position,
        "Unit price": number + position / 4,
    }
    return list((cells | changes).values())


def lines_of(number: int) -> int:
    """How many lines an order of the samples has: 0, 1, 2, 3, ..."""
    return number % 5


def mixed(orders=range(12)) -> list[list]:
    """Rows of one sheet: the order in its first row, blank below."""
    rows = []
    for number in orders:
        lines = [line(number, place) for place in range(1, lines_of(number) + 1)]
        blank = [None] * len(ORDER)
        for place, cells in enumerate(lines or [[None] * len(LINE)]):
            rows.append([*(blank if place else order(number)), *cells])
    return rows


def linked(orders=range(12)) -> dict[str, list[list]]:
    """Sheets: orders, and their lines with the number of the order."""
    rows = [
        [f"O-{number}", *line(number, place)]
        for number in orders
        for place in range(1, lines_of(number) + 1)
    ]
    return {
        "Orders": [ORDER, *map(order, orders)],
        "Lines": [["Order", *LINE], *rows],
    }


def in_rows(rows: list[list]) -> dict[str, list[list]]:
    return {"Sheet": [[*ORDER, *LINE], *rows]}


def received(owner, sheets: dict[str, list[list]]) -> Job:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    file = SimpleUploadedFile("orders.xlsx", stream.getvalue())
    return intake.receive_upload(owner, file)


def planned(job: Job) -> ImportPlan:
    """The plan that is proposed for a file of orders, with their lines."""
    peek, resource = files.peek_of(job), registry.get("shop.order")
    sheet = peek.sheets[0]
    best = broods(peek, sheet, resource)[0]
    assert has_brood(best, resource)
    plan = propose_plan(sheet, resource)
    return with_brood(plan, sheet, best, lambda _sheet: None)


def accepted(owner, sheets, **changes) -> Job:
    job = received(owner, sheets)
    intake.accept_import(job, planned(job).with_changes(**changes), send=False)
    return job


def run(job: Job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def stored() -> dict[str, tuple]:
    """Every value of every order and line in the database."""
    found = {}
    for one in Order.objects.all():
        lines = [
            (item.position, item.product.sku, item.quantity, item.unit_price)
            for item in one.lines.order_by("position")
        ]
        when = timezone.localtime(one.placed_at).replace(tzinfo=None)
        found[one.number] = (one.customer.email, one.status, when, lines)
    return found


def wanted(orders=range(12), lines=lines_of) -> dict[str, tuple]:
    """Every value of the sample files."""
    found = {}
    for number in orders:
        name, customer, status, when = order(number)
        items = [line(number, place) for place in range(1, lines(number) + 1)]
        made = [(p, sku, n, Decimal(str(price))) for p, sku, n, price in items]
        found[name] = (customer, status.lower(), when, made)
    return found


SHEETS = {"in the same rows": in_rows(mixed()), "on linked sheets": linked()}
both = pytest.mark.parametrize("sheets", SHEETS.values(), ids=SHEETS.keys())


@both
def test_every_value_of_the_file_is_in_the_database(alice, sheets):
    job = run(accepted(alice, sheets))
    assert (job.message, job.state) == ("", "done")
    assert stored() == wanted()
    lines = sum(map(lines_of, range(12)))
    assert (job.rows, job.created, job.failed) == (12 + lines, 12 + lines, 0)


@both
def test_the_check_finds_all_and_writes_nothing(alice, sheets):
    job = run(accepted(alice, sheets, check_first=True))
    lines = sum(map(lines_of, range(12)))
    assert job.state == "review"
    assert (job.findings["create"], job.findings["problem"]) == (12 + lines, 0)
    assert [one["create"] for one in job.findings["parts"]] == [12, lines]
    assert job.findings["alarms"] == []
    assert Order.objects.count() == OrderLine.objects.count() == 0
    page = changes_page(job, part=1)
    first = page.rows[0].cells
    assert page.total == lines
    assert first["orderline.order"].new == "O-1"
    assert first["orderline.product"].new == "P-2"
    lifecycle.accept_review(job)
    assert run(job).state == "done"
    assert stored() == wanted()


@both
def test_a_second_import_changes_nothing_and_a_changed_one_updates(alice, sheets):
    run(accepted(alice, sheets))
    job = run(accepted(alice, sheets))
    assert (job.created, job.updated, job.unchanged) == (0, 0, job.rows)
    changed = {name: [list(row) for row in rows] for name, rows in sheets.items()}
    last = list(changed.values())[-1]
    last[-1][-2] = 99
    job = run(accepted(alice, changed))
    assert (job.created, job.updated, job.unchanged) == (0, 1, job.rows - 1)
    assert OrderLine.objects.get(quantity=99).order.number == "O-11"
