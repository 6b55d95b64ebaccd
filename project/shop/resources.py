"""What people may import into and export from the shop."""

from __future__ import annotations

import dataio
from project.shop.models import Category, Customer, Order, OrderLine, Product, Supplier


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


dataio.register(OrderLine)
