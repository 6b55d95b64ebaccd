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

from dataio.errors import DataioError
from dataio.imports.matching import propose_plan
from dataio.imports.plan import ImportPlan
from dataio.imports.proposing import broods, has_brood, with_brood
from dataio.jobs import (
    correcting,
    files,
    intake,
    lifecycle,
    marking,
    recipes,
    recognising,
    rescue,
    runner,
    undoing,
)
from dataio.jobs.correcting import Decision
from dataio.jobs.review import changes_page
from dataio.models import Chunk, ChunkState, Fix, Job, JobState
from dataio.resources import registry
from dataio.web.views.receipts import receipt_data
from project.shop.models import Category, Customer, Order, OrderLine, Product

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = ["Order number", "Customer", "Status", "Placed at", "Remarks"]
LINE = ["Position", "Product", "Quantity", "Unit price"]
DAY = dt.datetime(2025, 3, 1, 9, 30)  # noqa: DTZ001  a workbook knows no zone
Action = Fix.Action


@pytest.fixture
def alice():
    return User.objects.create_user("alice", is_staff=True)  # who may see all columns


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
        "Remarks": "Gift wrap" if number % 2 else None,
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
        told = (one.customer.email, one.status, when, one.remarks)
        found[one.number] = (*told, lines)
    return found


def wanted(orders=range(12), lines=lines_of) -> dict[str, tuple]:
    """Every value of the sample files."""
    found = {}
    for number in orders:
        name, customer, status, when, remarks = order(number)
        items = [line(number, place) for place in range(1, lines(number) + 1)]
        made = [(p, sku, n, Decimal(str(price))) for p, sku, n, price in items]
        found[name] = (customer, status.lower(), when, remarks or "", made)
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


def said(job: Job) -> set[tuple[int, str, str]]:
    return set(job.problems.values_list("row", "column", "message"))


def with_cell(sheets: dict, sheet: str, row: int, header: str, value) -> dict:
    """The same sheets with another value in one cell; rows as Excel shows them."""
    made = {name: [list(cells) for cells in rows] for name, rows in sheets.items()}
    rows = made[sheet]
    rows[row - 1][rows[0].index(header)] = value
    return made


ORPHAN = "The order in row {row} has a problem. It is needed first."
BAD_STATUS = (
    '"Nope" is not one of the choices. Choose "New", "Paid", "Shipped" or "Cancelled".'
)


def test_lines_wait_for_the_order_above_them(alice):
    # Order 4 and its four lines stand in rows 9 to 12, over the border of two chunks.
    job = run(
        accepted(
            alice, with_cell(SHEETS["in the same rows"], "Sheet", 9, "Status", "Nope")
        )
    )
    assert (job.state, job.failed, job.problem_count) == ("done", 5, 5)
    told = {(row, column): message for row, column, message in said(job)}
    assert told.pop((9, "status")).startswith('"Nope" is not one of')
    orphans = {(row, "orderline.order"): ORPHAN.format(row=9) for row in range(9, 13)}
    assert told == orphans
    others = [number for number in range(12) if number != 4]
    assert stored() == wanted(others)


def test_lines_on_another_sheet_wait_for_their_order(alice):
    job = run(accepted(alice, with_cell(linked(), "Orders", 6, "Status", "Nope")))
    assert (job.state, job.failed) == ("done", 5)
    told = {(row, column): message for row, column, message in said(job)}
    assert told.pop((6, "status")).startswith('"Nope" is not one of')
    sentence = 'The order in row 6 of "Orders" has a problem. It is needed first.'
    assert told == {(row, "orderline.order"): sentence for row in range(8, 12)}
    assert stored() == wanted([number for number in range(12) if number != 4])


def test_an_order_corrected_takes_its_lines_along(alice):
    sheets = with_cell(SHEETS["in the same rows"], "Sheet", 9, "Status", "Nope")
    sheets = with_cell(sheets, "Sheet", 11, "Quantity", "many")
    job = run(accepted(alice, sheets, check_first=True))
    assert job.findings["problem"] == 5
    choice = Decision(
        column="status", value="Nope", action=Action.REPLACE, replacement="Paid"
    )
    correcting.decide(job, [choice])
    run(job)
    assert said(job) == {
        (11, "orderline.quantity", '"many" is not a number. Write it like 12.')
    }
    cell = Decision(
        column="orderline.quantity", row=11, action=Action.REPLACE, replacement="7"
    )
    correcting.decide(job, [cell])
    run(job)
    assert (job.findings["problem"], job.problems.count()) == (0, 0)
    lifecycle.accept_review(job)
    assert run(job).failed == 0
    found, file = stored(), wanted()
    line = found["O-4"][-1].pop(2)
    assert (line[2], file["O-4"][-1].pop(2)[2]) == (7, 7)
    assert found == file


def test_an_order_may_be_named_in_every_row(alice):
    rows = [[*order(n), *line(n, p)] for n in (1, 2, 3) for p in range(1, 4)]
    rows += [[*order(1), *line(1, 4)]]
    rows[4][2] = None  # a blank says nothing else
    job = run(accepted(alice, in_rows(rows)))
    assert (job.state, job.message, job.rows, job.created) == ("done", "", 13, 13)
    assert stored() == wanted([1, 2, 3], lambda n: 4 if n == 1 else 3)


def test_what_a_later_row_says_otherwise_is_a_problem(alice):
    rows = [[*order(n), *line(n, p)] for n in (1, 2, 3) for p in range(1, 4)]
    rows[7][1] = "c1@example.com"  # row 9, of the order in row 8
    rows[2][0] = None  # row 4 means the order above
    rows[2][2] = "Shipped"
    job = run(accepted(alice, in_rows(rows)))
    told = {(row, column): message for row, column, message in said(job)}
    sentence = 'Row {} says "{}" for {}. Say the same here, or leave it blank.'
    assert told == {
        (9, "customer"): sentence.format(8, "c0@example.com", "O-3"),
        (4, "status"): sentence.format(2, "Paid", "O-1"),
        (4, "orderline.order"): ORPHAN.format(row=4),
        (9, "orderline.order"): ORPHAN.format(row=9),
    }
    assert (job.created, job.failed) == (3 + 7, 4)
    assert [len(lines) for *_rest, lines in stored().values()] == [2, 3, 2]


def test_a_line_above_all_orders_has_none(alice):
    rows = [[None] * 5 + line(1, 1), [*order(1), *line(1, 1)]]
    job = run(accepted(alice, in_rows(rows)))
    assert [(row, column) for row, column, _said in said(job)] == [
        (2, "orderline.order")
    ]
    assert (job.created, job.failed) == (2, 1)


def test_lines_name_orders_of_the_file_or_of_the_database(alice):
    run(accepted(alice, linked(range(3))))
    sheets = linked(range(3, 5))
    sheets["Lines"] += [
        ["o-1", *line(1, 2)],
        ["O-77", *line(1, 1)],
        ["o-3", *line(3, 9)],
    ]
    job = run(accepted(alice, sheets))
    assert said(job) == {(10, "orderline.order", 'There is no order "O-77".')}
    assert (job.created, job.failed) == (2 + 7 + 2, 1)
    assert [len(lines) for *_rest, lines in stored().values()] == [0, 2, 2, 4, 4]


def test_a_line_that_stands_twice_is_told_though_its_order_is_new(alice):
    sheets = linked(range(5))
    sheets["Lines"].append(["o-2", *line(2, 1)])
    job = run(accepted(alice, sheets, check_first=True))
    assert said(job) == {
        (
            12,
            "orderline.order",
            '"o-2, 1" stands in row 3 too. Each may stand in the file once.',
        )
    }


@both
def test_all_or_nothing_is_about_all_parts(alice, sheets):
    *_others, last = sheets
    job = run(
        accepted(alice, with_cell(sheets, last, 5, "Quantity", "many"), atomic=True)
    )
    assert (job.state, job.created) == ("failed", 0)
    assert Order.objects.count() == OrderLine.objects.count() == 0
    assert run(accepted(alice, sheets, atomic=True)).state == "done"
    assert stored() == wanted()


def test_an_order_refused_when_it_is_loaded_keeps_its_lines_out(alice):
    job = run(accepted(alice, linked(range(4)), check_first=True))
    lifecycle.accept_review(job)
    Customer.objects.filter(email="c2@example.com").delete()
    run(job)
    told = {(row, column): message for row, column, message in said(job)}
    orphan = 'The order "O-2" was not imported, so this row was not either.'
    assert {told.pop((row, "orderline.order")) for row in (3, 4)} == {orphan}
    assert list(told) == [(4, "customer")]
    assert stored() == wanted([0, 1, 3])


@both
def test_an_undo_removes_lines_and_then_orders(alice, sheets):
    job = run(accepted(alice, sheets))
    preview = undoing.preview_undo(job)
    assert (preview.remove, preview.changed_since) == (job.created, 0)
    assert Order.objects.count() == 12
    undo = run(undoing.ask_undo(alice, job))
    assert (undo.state, undo.created, undo.failed) == ("done", job.created, 0)
    assert Order.objects.count() == OrderLine.objects.count() == 0


@both
def test_lines_are_loaded_after_the_last_order_and_after_a_death(
    alice, sheets, monkeypatch
):
    sent: list[int] = []
    monkeypatch.setattr(
        "dataio.jobs.queue.enqueue_chunk", lambda _job, number: sent.append(number)
    )
    job = accepted(alice, sheets)
    runner.run_job(job.pk)
    parts = dict(Chunk.objects.filter(job=job).values_list("number", "part"))
    assert {parts[number] for number in sent} == {0}
    while sent and not OrderLine.objects.exists() and {parts[n] for n in sent} == {0}:
        first, *sent[:] = sent
        left = Chunk.objects.filter(job=job, part=0, state=ChunkState.STAGED).count()
        if left == 1:
            # This worker dies before it can hand out the lines.
            monkeypatch.setattr(
                "dataio.jobs.importing._hand_out_children", lambda *_args: None
            )
        runner.load_chunk(job.pk, first)
    assert (Order.objects.count(), OrderLine.objects.count(), sent) == (12, 0, [])
    monkeypatch.undo()
    monkeypatch.setattr(
        "dataio.jobs.queue.enqueue_chunk", lambda _job, number: sent.append(number)
    )
    long_ago = timezone.now() - dt.timedelta(hours=1)
    Job.objects.filter(pk=job.pk).update(beat_at=long_ago)
    rescue.rescue_jobs()
    assert sent and {parts[number] for number in sent} == {1}
    for number in [*sent, *sent]:
        runner.load_chunk(job.pk, number)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert stored() == wanted()


def test_a_plan_comes_back_from_the_database_with_its_parts(alice):
    plan = planned(received(alice, linked()))
    job = Job.objects.create(kind="import", plan=plan.as_data())
    job.refresh_from_db()
    assert ImportPlan.from_data(job.plan) == plan
    assert [part.link for part in plan.all_parts] == ["", "order"]
    before = {
        key: value
        for key, value in plan.as_data().items()
        if key not in ("parts", "link")
    }
    assert ImportPlan.from_data(before) == plan.with_changes(parts=())


def test_parts_need_the_key_of_their_parents(alice):
    job = received(alice, linked())
    plan = planned(job)
    mapping = {text: name for text, name in plan.mapping.items() if name != "number"}
    with pytest.raises(DataioError, match="tells which order lines belong together"):
        intake.accept_import(job, plan.with_changes(mapping=mapping))


def cells_said(path, sheet: str) -> dict[str, str]:
    """Cell -> what is noted there, but for the header's."""
    with path.open("rb") as file:
        rows = openpyxl.load_workbook(file)[sheet].iter_rows(min_row=2)
    return {
        cell.coordinate: cell.comment.text
        for row in rows
        for cell in row
        if cell.comment
    }


@both
def test_marks_stand_beside_each_bad_cell_and_come_back_corrected(alice, sheets):
    first, *_others = sheets
    *_first, last = sheets
    place = {"Sheet": ("C9", "H11"), "Orders": ("C6", "D10")}[first]
    bad = with_cell(sheets, first, int(place[0][1:]), "Status", "Nope")
    bad = with_cell(bad, last, int(place[1][1:]), "Quantity", "many")
    job = run(accepted(alice, bad, check_first=True))
    asked = run(marking.ask_marked(alice, job))
    assert (asked.state, asked.message) == ("done", "")
    path = files.export_path(asked)
    assert '"Nope" is not one of' in cells_said(path, first)[place[0]]
    assert '"many" is not a number' in cells_said(path, last)[place[1]]
    orphans = [one for one in cells_said(path, last).values() if "needed first" in one]
    assert len(orphans) == 4
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file)
    book[first][place[0]] = "Paid"
    book[last][place[1]] = 7
    stream = io.BytesIO()
    book.save(stream)
    file = SimpleUploadedFile("again.xlsx", stream.getvalue())
    again = intake.receive_upload(alice, file)
    assert recognising.start_if_known(again, send=False)
    assert run(again).findings["problem"] == 0
    lifecycle.accept_review(again)
    assert run(again).state == "done"
    assert sum(len(lines) for *_rest, lines in stored().values()) == 21


@both
def test_a_recipe_knows_both(alice, sheets):
    job = received(alice, sheets)
    sheet = files.peek_of(job).sheets[0]
    saved = recipes.save(alice, "Orders", planned(job), sheet.headers)
    other = received(alice, sheets)
    found = recipes.find(alice, files.peek_of(other))
    assert found is not None and found.recipe == saved
    assert found.plan == planned(other)
    recipes.start(other, found.plan, saved)
    assert run(other).state == "done"
    assert stored() == wanted()


@both
def test_a_receipt_counts_each_part(alice, sheets):
    job = run(accepted(alice, sheets))
    found = receipt_data(job)
    assert [(one["resource"], one["created"]) for one in found["counts_by_part"]] == [
        ("shop.order", 12),
        ("shop.orderline", 21),
    ]
    assert found["parts"][0]["mapping"]["Position"] == "position"
