"""What people may import into and export from the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

import dataio
from dataio.columns import DecimalColumn
from project.shop.models import Category, Customer, Order, OrderLine, Product, Supplier
from project.shop.sales import SalesReport

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


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

    def may_see_personal(self, user: AbstractBaseUser) -> bool:
        """Only the staff know how to reach customers."""
        return bool(getattr(user, "is_staff", False))


@dataio.register
class OrderResource(dataio.Resource):
    model = Order
    children = ("lines",)

    def may_view(self, user: AbstractBaseUser, column_name: str) -> bool:
        """Remarks are for the staff."""
        return column_name != "remarks" or bool(getattr(user, "is_staff", False))


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
