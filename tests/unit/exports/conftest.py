# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dataio.resources import Resource, registry
from project.shop.models import Category, Customer, Order, OrderLine, Product


@pytest.fixture
def orders(db) -> Resource:
    """Three orders of two customers: with two lines, with one, with none."""
    tools, toys = (Category.objects.create(name=name) for name in ("Tools", "Toys"))
    saw = Product.objects.create(sku="A-1", name="Saw", category=tools, price="9.50")
    ball = Product.objects.create(sku="B-1", name="Ball", category=toys, price="2")
    anna = Customer.objects.create(
        email="anna@example.com", name="Anna", phone="0912345", city="Oslo"
    )
    bo = Customer.objects.create(email="bo@example.org", name="Bo", phone="", city="")
    for number, customer, month, status in (
        ("SO-1", anna, 1, "new"),
        ("SO-2", bo, 2, "paid"),
        ("SO-3", anna, 3, "paid"),
    ):
        Order.objects.create(
            number=number,
            customer=customer,
            status=status,
            placed_at=dt.datetime(2026, month, 1, 0, 30, tzinfo=dt.UTC),
        )
    for number, position, product, quantity in (
        ("SO-1", 2, ball, 5),
        ("SO-1", 1, saw, 1),
        ("SO-2", 1, ball, 3),
    ):
        OrderLine.objects.create(
            order=Order.objects.get(number=number),
            position=position,
            product=product,
            quantity=quantity,
            unit_price=Decimal(product.price),
        )
    return registry.get("shop.order")
