"""What people may import into and export from the shop."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

import dataio
from dataio.columns import DecimalColumn
from project.shop.models import Category, Customer, Order, OrderLine, Product, Supplier
from project.shop.sales import SalesReport


@dataio.register
class ProductResource(dataio.Resource):
    model = Product
    create_missing = ("category",)
    aliases = {
        "sku": ["article", "article number", "item number"],
        "quantity": ["qty", "stock"],
        "supplier_email": ["email", "supplier mail"],
        "weight": ["weight"],
    }


dataio.register(Category)
dataio.register(Supplier)


@dataio.register
class CustomerResource(dataio.Resource):
    model = Customer
    personal = ("email", "phone")


@dataio.register
class OrderResource(dataio.Resource):
    model = Order
    children = ("lines",)


@dataio.register
class OrderLineResource(dataio.Resource):
    model = OrderLine
    amount = DecimalColumn(
        "amount",
        label=_("Amount"),
        max_digits=14,
        decimal_places=2,
        read_only=True,
    )

    def queryset(self) -> QuerySet[Any]:
        """Return the lines with what each costs, computed by the database."""
        lines = OrderLine.objects.annotate(amount=F("quantity") * F("unit_price"))
        return lines


dataio.register(SalesReport)
