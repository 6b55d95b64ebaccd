"""The shop's demo data."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from dataio.jobs.occurrences import words
from dataio.models import Schedule
from project.shop.models import Category, Customer, Order, OrderLine, Product, Supplier


def counts() -> list[int]:
    models = [Category, Supplier, Product, Customer, Order, OrderLine]
    return [model._default_manager.count() for model in models]


@pytest.mark.django_db
def test_it_adds_the_same_data_once():
    call_command("shop_seed", verbosity=0)
    first = counts()
    call_command("shop_seed", verbosity=0)
    assert counts() == first
    assert first[:5] == [8, 6, 200, 56, 240]
    names = Category.objects.order_by("pk").values_list("name", flat=True)
    assert " ".join(names) == "Tools Toys Food Books Garden Auto Music Health"
    assert authenticate(username="demo", password="demo") is not None


@pytest.mark.django_db
def test_it_leaves_a_shop_that_has_products_alone():
    category = Category.objects.create(name="Own")
    Product.objects.create(sku="1", name="Own", category=category, price=1)
    call_command("shop_seed", "--if-empty", verbosity=0)
    assert counts() == [1, 0, 1, 0, 0, 0]


@pytest.mark.django_db
def test_the_monthly_sales_are_mailed_on_the_first_of_each_month():
    for _time in range(2):
        call_command("shop_seed", verbosity=0)
    schedule = Schedule.objects.get()
    assert schedule.report.name == "Monthly sales"
    assert words(schedule) == "on the first of every month at 07:00 (UTC)"
    assert schedule.recipients == ["demo@example.com"]
    assert schedule.periodic_task.enabled
