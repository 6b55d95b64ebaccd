# mypy: disable-error-code="no-untyped-def"
"""Who sees what: columns that are left out, masked, not to be filtered by."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dataio.errors import NotPermitted
from dataio.exports.permitted import is_personal, may_view, must_mask, permitted
from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.resources import Resource, registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return User(username="anna", is_staff=True)


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch):
    """Hide columns of resources from everybody called anna."""

    def hidden(label: str, *names: str) -> None:
        kind = type(registry.get(label))
        monkeypatch.setattr(
            kind,
            "may_view",
            lambda self, user, name: user.username != "anna" or name not in names,
            raising=False,
        )

    return hidden


@pytest.fixture
def personal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna sees customers' personal data only masked."""
    kind = type(registry.get("shop.customer"))
    monkeypatch.setattr(kind, "personal", ("email", "phone"), raising=False)
    monkeypatch.setattr(
        kind, "may_see_personal", lambda self, user: user.username != "anna"
    )


def plan(**changes) -> ExportPlan:
    return ExportPlan(resource="shop.order", **changes)


def test_what_one_may_not_see_is_left_out_and_said(orders: Resource, anna, hide):
    hide("shop.order", "remarks")
    hide("shop.customer", "phone")
    chosen = plan(columns=("number", "remarks", "customer.phone", "customer.city"))
    found = permitted(chosen, orders, anna)
    assert found.plan.columns == ("number", "customer.city")
    assert found.notes == [
        '"Remarks" is left out: you may not see it.',
        '"Customer: phone" is left out: you may not see it.',
    ]
    assert permitted(chosen, orders, User(username="bob", is_staff=True)).plan == chosen
    assert permitted(chosen, orders, None).plan == chosen


def test_all_columns_are_all_that_one_may_see(orders: Resource, anna, hide):
    assert permitted(plan(), orders, anna).plan.columns == ()
    hide("shop.order", "remarks")
    names = permitted(plan(), orders, anna).plan.columns
    assert names == tuple(name for name in orders.columns if name != "remarks")


def test_the_way_to_a_column_counts(orders: Resource, anna, hide):
    hide("shop.order", "customer", "lines")
    paths = ["customer", "customer.city", "lines.quantity", "number"]
    assert [may_view(orders, path, anna) for path in paths] == [
        False,
        False,
        False,
        True,
    ]


def test_a_related_record_is_shown_by_a_column_that_may_be_hidden(
    orders: Resource, anna, hide
):
    """Orders show their customer by e-mail."""
    hide("shop.customer", "email")
    assert not may_view(orders, "customer", anna)
    assert may_view(orders, "customer.name", anna)


def test_nothing_is_left(orders: Resource, anna, hide):
    hide("shop.order", "remarks")
    with pytest.raises(NotPermitted, match="any of these columns"):
        permitted(plan(columns=("remarks",)), orders, anna)


@pytest.mark.parametrize(
    "changes",
    [
        {"filters": {"remarks": "x"}},
        {"filters": {"remarks_empty": "yes"}},
        {"sort": ("-remarks",)},
        {"layout": Layout(sheet_by="remarks")},
        {"layout": Layout(group_by=("status", "remarks"))},
        {"layout": Layout(summary=Summary(rows=("status",), values="remarks"))},
    ],
)
def test_nobody_guesses_hidden_values_by_filters_or_groups(
    orders: Resource, anna, hide, changes
):
    hide("shop.order", "remarks")
    with pytest.raises(NotPermitted, match='"Remarks"'):
        permitted(plan(columns=("number",), **changes), orders, anna)
    permitted(
        plan(columns=("number",), **changes),
        orders,
        User(username="bob", is_staff=True),
    )


@pytest.mark.usefixtures("personal")
def test_personal_data_is_masked_for_whoever_must_not_see_it(orders: Resource, anna):
    names = ("number", "customer", "customer.phone", "customer.city")
    found = permitted(plan(columns=names), orders, anna)
    assert found.plan.masked == ("customer", "customer.phone")
    assert found.notes == [
        '"Customer" is masked: it is personal data.',
        '"Customer: phone" is masked: it is personal data.',
    ]
    assert permitted(found.plan, orders, anna).notes == []
    bob = User(username="bob", is_staff=True)
    assert permitted(plan(columns=names), orders, bob).plan.masked == ()
    assert is_personal(orders, "customer.phone")
    assert not must_mask(orders, "customer.phone", bob)


@pytest.mark.usefixtures("personal")
@pytest.mark.parametrize(
    "changes", [{"filters": {"customer.phone": "0912"}}, {"sort": ("customer",)}]
)
def test_masked_values_are_not_found_out_by_filters(orders: Resource, anna, changes):
    with pytest.raises(NotPermitted, match="You may not filter or sort by"):
        permitted(plan(columns=("number",), **changes), orders, anna)


def test_what_is_masked_is_not_grouped_by(orders: Resource, anna):
    chosen = plan(masked=("status",), layout=Layout(sheet_by="status"))
    with pytest.raises(NotPermitted, match='grouped by "Status", which is masked'):
        permitted(chosen, orders, anna)


def test_further_sheets_are_looked_at_too(orders: Resource, anna, hide):
    hide("shop.customer", "phone")
    second = ExportPlan(resource="shop.customer", columns=("name", "phone"))
    found = permitted(plan(further=(second,)), orders, anna)
    assert found.plan.further[0].columns == ("name",)
    assert found.notes == ['"Phone" is left out: you may not see it.']
