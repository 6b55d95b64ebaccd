"""The export page: related columns, children, filters, order, masks; the file says the same."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e import steps
from tests.stack import Stack

ORDERS = "/export/shop.order/"
MAKE = """
import datetime as dt
from django.contrib.auth.models import User
from django.utils import timezone
from project.shop.models import Category, Customer, Order, OrderLine, Product
for name in ("carla",):
    User.objects.filter(username=name).exists() or User.objects.create_user(name, password=name)
tools = Category.objects.get_or_create(name="Builder tools")[0]
toys = Category.objects.get_or_create(name="Builder toys")[0]
products = [
    Product.objects.get_or_create(
        sku=f"EB-{n}", defaults=dict(name=f"Thing {n}", category=(tools, toys)[n % 2],
        price=n + 0.5, quantity=n, active=bool(n % 3), notes="" if n % 2 else "x")
    )[0]
    for n in range(1, 9)
]
customers = [
    Customer.objects.get_or_create(
        email=f"eb{n}@example.com",
        defaults=dict(name=f"Zoë {n}", phone=f"0901234{n}", city=("Oslo", "")[n % 2])
    )[0]
    for n in range(3)
]
first = timezone.now().replace(day=1, hour=12, minute=0, second=0, microsecond=0)
last_month = first - dt.timedelta(days=10)
for n in range(12):
    order, made = Order.objects.get_or_create(
        number=f"EB-{n:03}",
        defaults=dict(customer=customers[n % 3], status=("new", "paid", "shipped")[n % 3],
        placed_at=(first, last_month, first - dt.timedelta(days=400))[n % 3], remarks="secret"),
    )
    for position in range(n % 4):
        OrderLine.objects.get_or_create(
            order=order, position=position + 1,
            defaults=dict(product=products[(n + position) % 8], quantity=n + 1, unit_price=2.5)
        )
"""


@pytest.fixture(scope="module", autouse=True)
def orders(stack: Stack) -> None:
    """Twelve orders EB-000 to EB-011 with up to three lines each; a third of last month."""
    stack.manage("shell", "-c", MAKE)


@pytest.fixture
def carla(page: Page) -> Iterator[Page]:
    """Somebody who is no member of the staff."""
    steps.sign_in(page, "carla")
    yield page


def choose(page: Page, *paths: str) -> None:
    """Choose these columns and no others, in this order; related ones out of the tree."""
    page.locator("[data-choose=none]").click()
    for path in paths:
        *branches, _leaf = path.split(".")
        for depth in range(len(branches)):
            branch = page.locator(f"[id='open-{'.'.join(branches[: depth + 1])}']")
            if branch.get_attribute("aria-expanded") == "false":
                branch.click()
                expect(branch).to_have_attribute("aria-expanded", "true")
        # A click while the page follows an earlier one may meet a piece that is going.
        expect(page.locator("form[aria-busy]")).to_have_count(0, timeout=steps.LONG)
        if branches:
            # What is chosen goes from the tree: `check` would look for it there once more.
            page.locator(f"[id='leaf-{path}']").click()
        else:
            page.locator(f"[id='column-{path}']").check()
        expect(page.locator(f"[id='column-{path}']")).to_be_checked()


def count(page: Page, rows: int) -> None:
    expect(page.locator("#export-says")).to_have_attribute(
        "data-export-count", str(rows)
    )


def download(page: Page, folder: Path, kind: str = "xlsx") -> Path:
    """Start, wait for the end, take the file."""
    page.locator(f"input[name=export-format][value={kind}]").check()
    steps.start_export(page)
    steps.wait_for_end(page)
    with page.expect_download() as taken:
        page.locator("[data-download]").click()
    path = folder / f"got.{kind}"
    taken.value.save_as(path)
    return path


def table(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows of the first sheet, the header first."""
    book = openpyxl.load_workbook(path)
    return list(book.worksheets[0].iter_rows(values_only=True))


def last_month() -> tuple[str, str]:
    """Return the first day of last month and of this one."""
    first = dt.datetime.now(dt.UTC).date().replace(day=1)
    before = (first - dt.timedelta(days=1)).replace(day=1)
    return before.isoformat(), first.isoformat()


def test_related_columns_and_a_row_for_each_child(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    page.goto(ORDERS)
    choose(
        page,
        "number",
        "customer.email",
        "customer.city",
        "lines.quantity",
        "lines.product.category.name",
    )
    steps.filter_by(page, "number", "starts", "EB-")
    count(page, 21)
    expect(page.locator("[data-child=lines]")).to_contain_text("order line")
    rows = table(download(page, tmp_path))
    assert rows[0] == (
        "Number",
        "Customer: e-mail",
        "Customer: city",
        "Order line: quantity",
        "Order line: product: category: name",
    )
    expected = stack.rows(
        "SELECT o.number, c.email, NULLIF(c.city, ''), l.quantity, g.name"
        " FROM shop_order o JOIN shop_customer c ON c.id = o.customer_id"
        " LEFT JOIN shop_orderline l ON l.order_id = o.id"
        " LEFT JOIN shop_product p ON p.id = l.product_id"
        " LEFT JOIN shop_category g ON g.id = p.category_id"
        " WHERE o.number LIKE 'EB-%' ORDER BY o.number, l.position"
    )
    assert rows[1:] == [tuple(row) for row in expected]


def test_a_relative_date_and_an_order_of_two_columns(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    page.goto(ORDERS)
    choose(page, "number", "status", "customer.name")
    steps.filter_by(page, "number", "starts", "EB-")
    steps.filter_by(page, "placed_at", "period", "last_month")
    count(page, 4)
    page.select_option("#sort-1", "customer.name")
    page.locator("#way-1:not(.only-plain)").wait_for()
    page.select_option("#sort-2", "number")
    page.locator("#way-2:not(.only-plain)").wait_for()
    page.select_option("#way-2", "down")
    expect(page.locator("[data-preview] tbody tr").first).to_contain_text("EB-010")
    rows = table(download(page, tmp_path))
    first, after = last_month()
    expected = stack.rows(
        "SELECT o.number, c.name FROM shop_order o"
        " JOIN shop_customer c ON c.id = o.customer_id WHERE o.number LIKE 'EB-%'"
        f" AND o.placed_at >= '{first}' AND o.placed_at < '{after}'"
        " ORDER BY c.name, o.number DESC"
    )
    assert [row[::2] for row in rows[1:]] == [tuple(row) for row in expected]
    assert len(expected) == 4


@pytest.mark.parametrize(
    ("path", "operator", "values", "where"),
    [
        ("sku", "contains", ["b-3"], "sku = 'EB-3'"),
        ("sku", "in", ["EB-1\nEB-4"], "sku IN ('EB-1', 'EB-4')"),
        ("quantity", "between", ["3", "5"], "quantity BETWEEN 3 AND 5"),
        ("price", "is", ["2.5"], "price = 2.5"),
        ("notes", "empty", [], "notes = ''"),
        ("notes", "filled", [], "notes <> ''"),
        ("active", "no", [], "NOT active"),
        ("category.name", "is", ["Builder toys"], "quantity % 2 = 1"),
        ("updated_at", "period", ["last_year"], "1 = 0"),
    ],
)
def test_filters_of_every_kind_count_as_the_database_does(
    demo_page: Page,
    stack: Stack,
    path: str,
    operator: str,
    values: list[str],
    where: str,
):
    page = demo_page
    page.goto("/export/shop.product/?sku_starts=EB-")
    count(page, 8)
    steps.filter_by(page, path, operator, *values)
    ((rows,),) = stack.rows(
        f"SELECT count(*) FROM shop_product WHERE sku LIKE 'EB-%' AND ({where})"
    )
    count(page, rows)
    page.locator(f"[data-sentence='{path}:{operator}'] [data-drop]").click()
    expect(page.locator(f"[data-sentence='{path}:{operator}']")).to_have_count(0)
    count(page, 8)


def test_masked_columns_are_masked_in_the_file(demo_page: Page, tmp_path: Path):
    page = demo_page
    page.goto("/export/shop.customer/?email=eb&email_empty=no")
    choose(page, "email", "name", "phone")
    page.get_by_label("Mask E-mail").check(force=True)
    expect(page.locator("[data-preview] tbody tr").first).to_contain_text("e…@e…")
    rows = table(download(page, tmp_path))
    assert rows[1:] == [
        ("e…@e…", f"Zoë {number}", f"0901234{number}") for number in range(3)
    ]


def test_who_may_not_see_it_gets_neither_column_nor_values(carla: Page, tmp_path: Path):
    """Remarks are for the staff, personal data of customers too."""
    page = carla
    page.goto(f"{ORDERS}?number_starts=EB-")
    expect(page.locator("[data-column=number]")).to_be_visible()
    expect(page.locator("[data-column=remarks]")).to_have_count(0)
    assert "remarks" not in page.locator("#export-add").inner_html()
    choose(page, "number", "customer.email", "customer.city")
    expect(page.get_by_label("Mask Customer: e-mail")).to_be_disabled()
    rows = table(download(page, tmp_path))
    assert {row[1] for row in rows[1:]} == {"e…@e…"}
    assert len(rows) == 13
    # Nor by an address that somebody made up.
    page.goto(f"{ORDERS}?export-sent=yes&export-columns=number&export-columns=remarks")
    assert page.locator("[data-preview] th").all_inner_texts() == ["Number"]


def test_count_and_first_rows_follow_what_is_typed(demo_page: Page):
    page = demo_page
    page.goto("/export/shop.product/?sku_starts=EB-")
    count(page, 8)
    page.locator("[name=sku_starts]").fill("EB-7")
    count(page, 1)
    expect(page.locator("[data-preview] tbody tr")).to_have_count(1)
    assert "about" in page.locator("#export-says").inner_text()


def test_columns_are_found_by_name_also_those_of_relations(demo_page: Page):
    page = demo_page
    page.goto(ORDERS)
    page.locator("#export-find").fill("phone")
    page.locator("[data-found] [id='leaf-customer.phone']").click()
    expect(page.locator("[id='column-customer.phone']")).to_be_checked()
    expect(
        page.locator("[data-preview] th", has_text="Customer: phone")
    ).to_be_visible()


def test_columns_are_put_in_order_by_keys_and_by_mouse(demo_page: Page):
    page = demo_page
    page.goto("/export/shop.customer/")
    choose(page, "email", "name", "city")
    page.locator("#column-city").focus()
    # Over the phone, which is not chosen, and over the name.
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    heads = page.locator("[data-preview] th")
    expect(heads).to_have_text(["E-mail", "City", "Name"])
    grip = page.locator("[data-column=name] [data-grip]").bounding_box()
    top = page.locator("[data-column=email]").bounding_box()
    assert grip and top
    page.mouse.move(grip["x"] + 5, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(top["x"] + 20, top["y"] + 4, steps=6)
    page.mouse.up()
    expect(heads).to_have_text(["Name", "E-mail", "City"])


def test_keys_go_on_where_they_were_although_the_pieces_are_new(demo_page: Page):
    page = demo_page
    page.goto(ORDERS)
    page.locator("#open-customer").press("Enter")
    page.locator("[id='leaf-customer.name']").press("Space")
    expect(page.locator("[id='column-customer.name']")).to_be_checked()
    expect(page.locator("[id='leaf-customer.phone']")).to_be_focused()
    steps.filter_by(page, "remarks", "empty")
    page.locator("[data-drop]").press("Enter")
    expect(page.locator("#export-add")).to_be_focused()


def test_csv_with_the_delimiter_and_without_the_mark(demo_page: Page, tmp_path: Path):
    page = demo_page
    page.goto("/export/shop.product/?sku_starts=EB-")
    choose(page, "sku", "quantity")
    page.locator("input[name=export-format][value=csv]").check()
    page.select_option("#export-delimiter", ";")
    page.locator("input[name=export-bom]").uncheck()
    text = download(page, tmp_path, "csv").read_bytes()
    rows = list(csv.reader(text.decode().splitlines(), delimiter=";"))
    assert rows[:2] == [["SKU", "Quantity"], ["EB-1", "1"]]


def test_a_click_is_not_lost_while_the_page_follows_another(demo_page: Page):
    page = demo_page
    page.goto(ORDERS)
    choose(page, "number", "customer.city")
    since = page.locator("[id='leaf-customer.since']")
    place = since.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 5, place["y"] + 5)
    with page.expect_response(lambda answer: "/export/" in answer.url):
        page.locator("[id='leaf-customer.name']").evaluate("one => one.click()")
        page.mouse.down()
    page.wait_for_timeout(300)  # the answer is here, and its pieces wait
    page.mouse.up()
    for path in ("number", "customer.city", "customer.name", "customer.since"):
        expect(page.locator(f"[id='column-{path}']")).to_be_checked()


def test_the_press_of_the_button_is_not_lost_either(demo_page: Page):
    page = demo_page
    page.goto("/export/shop.product/?sku_starts=EB-")
    held: list[Route] = []
    page.route("**/export/shop.product/?*", lambda route: held.append(route))
    with page.expect_request(lambda request: "export-edited" in request.url):
        page.locator("input[name=export-edited]").click()
    place = page.locator("[data-start]").bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 5, place["y"] + 5)
    page.mouse.down()  # takes the focus from the box: that is no release
    with page.expect_response(lambda answer: "export-edited" in answer.url):
        for route in held:
            route.continue_()
    page.wait_for_timeout(300)
    page.mouse.up()
    page.wait_for_url(steps.JOB_URL)


def test_text_stays_that_is_typed_while_an_answer_is_on_its_way(demo_page: Page):
    page = demo_page
    page.goto("/export/shop.product/?sku_starts=EB-&name_starts=Thing")
    held: list[Route] = []
    page.route("**/export/shop.product/?*", lambda route: held.append(route))
    name = page.locator("[data-sentence='name:starts']")
    with page.expect_request(lambda request: "export-filter" in request.url):
        name.locator("[data-operator]").select_option("name:contains")
    page.unroute_all()
    page.locator("[name=sku_starts]").click()
    page.keyboard.press("End")
    page.keyboard.type("7")
    for route in held:
        route.continue_()
    count(page, 1)
    expect(page.locator("[data-sentence='name:contains']")).to_be_visible()
    assert page.locator("[name=sku_starts]").input_value() == "EB-7"
    page.keyboard.type("1")
    expect(page.locator("[name=sku_starts]")).to_have_value("EB-71")
    count(page, 0)


def test_it_works_without_scripts(browser: Browser, stack: Stack, demo_cookies: Any):
    context = browser.new_context(base_url=stack.url, java_script_enabled=False)
    context.add_cookies(demo_cookies)
    page = context.new_page()
    page.goto("/export/shop.order/")
    page.select_option("#export-add", "number")
    page.locator(".filter-add button").click()
    page.fill("[name=number]", "EB-")
    page.locator("[id='open-customer']").click()
    page.locator("[id='leaf-customer.email']").check()
    page.locator("section#export-rows header button").click()
    count(page, 12)
    expect(
        page.locator("[data-preview] th", has_text="Customer: e-mail")
    ).to_be_visible()
    page.locator("[data-drop]").click()
    expect(page.locator("[data-sentence]")).to_have_count(0)
    context.close()
