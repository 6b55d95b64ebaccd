# mypy: disable-error-code="no-untyped-def"
"""The export page: sentences, order, tree; its data become a plan and a plan its data."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client

from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.models import Job, SavedReport
from dataio.resources import registry
from dataio.web.export_query import plan_query
from dataio.web.exporting import ExportPage
from dataio.web.operators import operators_of
from dataio.web.told import told

pytestmark = pytest.mark.django_db
SENT = "export-sent=yes&export-columns=number&"


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("staff", is_staff=True)


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def page_of(query: str, user: User, label: str = "shop.order") -> ExportPage:
    return ExportPage(registry.get(label), QueryDict(query), user)


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("number=SO", ["number:contains"]),
        ("placed_at_from=2026-01-01&placed_at_to=2026-02-01", ["placed_at:between"]),
        ("placed_at_to=2026-02-01", ["placed_at:to"]),
        ("remarks_empty=no&remarks=x", ["remarks:filled", "remarks:contains"]),
        ("status=new&status=paid&customer.city_in=Oslo", ["status:one", "customer.city:in"]),
        (SENT + "number=SO", []),
        (SENT + "export-filter=number:is&number=SO", ["number:is"]),
        (SENT + "export-add=placed_at", ["placed_at:period"]),
        (SENT + "export-filter=placed_at:period&export-add=placed_at",
         ["placed_at:period", "placed_at:between"]),
        (SENT + "export-filter=number:is&export-filter=number:is", ["number:is"]),
        (SENT + "export-filter=number:is&export-drop=number:is", []),
        (SENT + "export-filter=colour:is&export-filter=number:odd", ["number:contains"]),
    ],
)  # fmt: skip
def test_filters_are_said_in_sentences(staff: User, query: str, sentences: list[str]):
    page = page_of(query, staff)
    assert [one.value for one in page.sentences.all] == sentences


def test_a_value_stays_when_the_words_before_it_change(staff: User):
    page = page_of(SENT + "export-filter=number:is&number=SO-1", staff)
    assert page.plan.filters == {"number_is": ["SO-1"]}


def test_words_that_need_no_value_have_theirs(staff: User):
    page = page_of(SENT + "export-filter=remarks:empty", staff)
    assert page.plan.filters == {"remarks_empty": ["yes"]}
    (one,) = page.sentences.all
    assert told(one) == "Remarks is empty"


def test_a_wrong_value_is_named_by_its_sentence(staff: User):
    page = page_of(
        SENT + "export-filter=lines.quantity:min&lines.quantity_min=x", staff
    )
    assert page.errors == ["Order line: quantity is at least: Enter a whole number."]


def test_every_column_has_something_to_say_that_is_a_filter():
    for resource in registry.all():
        for column in resource.columns.values():
            for one in operators_of(column):
                data = QueryDict(
                    f"export-sent=yes&export-filter={column.name}:{one.key}"
                )
                user = User(username="x", is_staff=True)
                page = ExportPage(resource, data, user)
                assert [said.operator for said in page.sentences.all] == [one]


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ("export-sort=number&export-way=down", ("-number",)),
        (
            "export-sort=customer.name&export-way=up&export-sort=number&export-way=down",
            (),
        ),
        ("export-sort=&export-way=down&export-sort=status&export-way=up", ("status",)),
        ("export-sort=number&export-sort=number&export-way=down", ("-number",)),
    ],
)
def test_rows_are_sorted_by_what_is_shown(staff: User, query: str, sort: tuple):
    plan = page_of(SENT + query, staff).plan
    assert plan.sort == (sort or ("-number",))


def test_a_plan_comes_back_from_its_own_form(staff: User):
    plan = ExportPlan(
        resource="shop.order",
        columns=("number", "customer.email", "lines.quantity"),
        filters={
            "status": ["paid"],
            "placed_at_period": ["last_month"],
            "number_in": ["A", "B"],
            "remarks_empty": ["yes"],
        },
        format="csv",
        delimiter="\t",
        byte_order_mark=False,
        guard_formulas=False,
        sort=("-number",),
        masked=("customer.email",),
        time_zone="Asia/Ho_Chi_Minh",
    )
    data = plan_query(plan, registry.get("shop.order"), ["placed_at_period"])
    page = ExportPage(registry.get("shop.order"), data, staff)
    assert page.plan == plan
    assert page.sentences.questions == ["placed_at_period"]


def test_a_layout_comes_back_too(staff: User):
    plan = ExportPlan(
        resource="shop.order",
        columns=("number", "status", "placed_at"),
        layout=Layout(
            sheet_by="status", summary=Summary(rows=("placed_at",), by="month")
        ),
    )
    data = plan_query(plan, registry.get("shop.order"))
    assert (
        ExportPage(registry.get("shop.order"), data, staff).plan.layout == plan.layout
    )


def test_a_zone_that_does_not_exist_is_the_sites(staff: User):
    for zone in ("../etc/passwd", "Nowhere/City", "", "Europe"):
        assert page_of(f"export-zone={zone}", staff).time_zone == ""


def test_the_tree_opens_and_closes(staff: User):
    def shown(query: str) -> dict[str, bool]:
        tree = page_of(query, staff).picking.tree
        return {one.path: one.is_open for one in tree}

    assert shown("") == {"customer": False, "lines": False}
    assert shown("export-toggle=lines") == {"customer": False, "lines": True}
    assert not any(shown("export-open=lines&export-toggle=lines").values())


def test_related_columns_are_found_wherever_they_are(staff: User):
    found = page_of("export-find=CATEGORY", staff).picking.found
    assert "lines.product.category.name" in [one.column.name for one in found]


def test_who_is_no_staff_is_offered_less():
    other = User.objects.create_user("other")
    page = page_of("", other)
    assert "remarks" not in page.picking.own
    offered = [column.name for _label, columns in page.offers for column in columns]
    assert not {"remarks", "remarks_empty", "customer.email", "customer"} & set(offered)
    assert page.picking.picked("customer.email").must_mask


def test_a_report_that_asks_leads_to_its_questions(client: Client, staff: User):
    query = (
        "export-sent=yes&export-columns=sku&export-filter=sku:contains&sku=A"
        "&export-ask=sku:contains&report-name=Some"
    )
    address = "/export/shop.product/save/"
    client.post(address, dict(QueryDict(query).lists()))
    report = SavedReport.objects.get()
    assert (report.name, report.questions) == ("Some", ["sku"])
    page = f"/reports/{report.pk}/"
    assert client.post(f"{page}run/").headers["location"] == page
    assert not Job.objects.exists()
    client.post(f"{page}run/", {"report-answers": "yes", "sku": "B"})
    assert Job.objects.get().plan["filters"] == {"sku": ["B"]}


def test_a_report_is_not_saved_without_a_name_or_a_column(client: Client):
    address = "/export/shop.product/save/"
    for query in ("export-sent=yes&report-name=x", "export-columns=sku&report-name="):
        data = dict(QueryDict(f"{query}&export-sent=yes").lists())
        assert client.post(address, data).status_code == 422
    assert not SavedReport.objects.exists()


@pytest.mark.parametrize("number", ["x", "999999"])
def test_an_unknown_report_cannot_be_edited(client: Client, number: str):
    address = f"/export/shop.product/?export-report={number}"
    assert client.get(address).status_code == 404


def test_a_report_whose_columns_are_gone_still_has_a_page(client: Client, staff: User):
    gone = {"resource": "shop.product", "columns": ["sku", "colour"], "sort": ["-size"]}
    for plan in (gone, {"resource": "shop.lamp"}):
        report = SavedReport.objects.create(
            name=f"Old {plan['resource']}", owner=staff, resource=plan["resource"], plan=plan
        )  # fmt: skip
        assert client.get(f"/reports/{report.pk}/").status_code == 200
    assert client.get("/reports/").status_code == 200
    assert client.get("/").status_code == 200
