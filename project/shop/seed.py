"""Demo data: enough of everything that each page has something to show."""

from __future__ import annotations

import datetime
import random
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.jobs import schedules
from dataio.models import SavedReport, Schedule
from project.shop import goods
from project.shop.models import Category, Customer, Order, OrderLine, Product, Supplier

DEMO_USER = "demo"
DEMO_ADDRESS = "demo@example.com"
REPORT = "Monthly sales"
DEMO_PASSWORD = "demo"  # noqa: S105 - printed by `make run`, for this machine only
PRODUCTS = 200
ORDERS = 240
DAYS = 365  # over which orders are spread, up to today

SUPPLIERS = [
    ("Bến Thành Trading", "Vietnam", "https://ben-thanh.example.com"),
    ("Nordlys AS", "Norway", "https://nordlys.example.com"),
    ("Müller & Söhne", "Germany", "https://mueller.example.com"),
    ("Côte d'Azur Négoce", "France", ""),
    ("Hội An Crafts", "Vietnam", "https://hoi-an.example.com"),
    ("Alder & Ash", "Canada", ""),
]
FAMILY_NAMES = ["Nguyễn", "Trần", "Lê", "Phạm", "Đặng", "García", "O'Neill", "Åberg"]
GIVEN_NAMES = ["Thị Hoa", "Văn Minh", "Quốc Bảo", "Zoë", "José", "Anna", "Ngọc Ánh"]
CITIES = ["Hà Nội", "Đà Nẵng", "Hồ Chí Minh", "Oslo", "München", "Nice", ""]


def seed_demo_user() -> bool:
    """Make the staff user demo / demo; return whether it was missing."""
    users = get_user_model()._default_manager
    if users.filter(username=DEMO_USER).exists():
        return False
    user = get_user_model()(
        username=DEMO_USER, email=DEMO_ADDRESS, is_staff=True, is_superuser=True
    )
    user.set_password(DEMO_PASSWORD)
    user.save()
    return True


@transaction.atomic
def seed_shop() -> None:
    """Add the demo data; rows that are there already stay as they are."""
    _seed_products()
    _seed_customers()
    _seed_orders()
    _seed_report()
    _seed_schedule()


def _seed_products() -> None:
    Category.objects.bulk_create(
        [Category(name=name) for name in goods.NOUNS], ignore_conflicts=True
    )
    Supplier.objects.bulk_create(
        [Supplier(name=n, country=c, website=w) for n, c, w in SUPPLIERS],
        ignore_conflicts=True,
    )
    categories = {row.name: row for row in Category.objects.all()}
    Product.objects.bulk_create(
        [
            Product(**{**row, "category": categories[row["category"]]})
            for row in goods.products("DEMO", PRODUCTS, seed=1)
        ],
        ignore_conflicts=True,
    )
    _link_suppliers()


def _link_suppliers() -> None:
    chance = random.Random(2)  # noqa: S311
    suppliers = list(Supplier.objects.order_by("name"))
    link = Product.suppliers.through
    products = Product.objects.filter(sku__startswith="DEMO-").order_by("sku")
    link._default_manager.bulk_create(
        [
            link(product_id=product.pk, supplier_id=supplier.pk)
            for product in products
            for supplier in chance.sample(suppliers, chance.randrange(3))
        ],
        ignore_conflicts=True,
    )


def _seed_customers() -> None:
    chance = random.Random(3)  # noqa: S311
    names = [f"{family} {given}" for family in FAMILY_NAMES for given in GIVEN_NAMES]
    Customer.objects.bulk_create(
        [
            Customer(
                email=f"customer{number}@example.com",
                name=name,
                # Ten digits with a zero in front: text, whatever it looks like.
                phone=f"0{chance.randrange(10**8, 10**9)}",
                city=chance.choice(CITIES),
                since=goods.FIRST_DAY
                + datetime.timedelta(days=chance.randrange(goods.DAYS)),
            )
            for number, name in enumerate(names, start=1)
        ],
        ignore_conflicts=True,
    )


def _seed_orders() -> None:
    chance = random.Random(4)  # noqa: S311
    customers = list(Customer.objects.filter(email__startswith="customer"))
    # Months count from today, so that "last month" always has something to show.
    start = timezone.now() - datetime.timedelta(days=DAYS)
    step = datetime.timedelta(days=DAYS) / ORDERS
    Order.objects.bulk_create(
        [
            Order(
                number=f"SO-{number:05d}",
                customer=chance.choice(customers),
                status=chance.choice(Order.Status.values),
                placed_at=start + step * number - step * chance.random(),
                remarks=chance.choice(["", "", "Gift wrap", "Gọi trước khi giao"]),
            )
            for number in range(1, ORDERS + 1)
        ],
        ignore_conflicts=True,
    )
    _seed_lines(chance)


def _seed_lines(chance: random.Random) -> None:
    products = list(Product.objects.filter(sku__startswith="DEMO-").order_by("sku"))
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                position=position,
                product=product,
                quantity=chance.randrange(1, 6),
                unit_price=Decimal(product.price),
            )
            for order in Order.objects.filter(number__startswith="SO-")
            for position, product in enumerate(
                chance.sample(products, chance.randrange(1, 5)), start=1
            )
        ],
        ignore_conflicts=True,
    )


def _seed_report() -> None:
    """Save the monthly sales report of the demo user, when there is this user."""
    user = get_user_model()._default_manager.filter(username=DEMO_USER).first()
    if user is None:
        return
    plan = ExportPlan(
        resource="shop.orderline",
        columns=(
            "order.placed_at",
            "order.number",
            "order.customer.name",
            "product.category",
            "product",
            "product.name",
            "quantity",
            "unit_price",
            "amount",
        ),
        filters={"order.status_not": "cancelled"},
        sort=("order.placed_at", "position"),
        layout=Layout(
            totals=True,
            summary=Summary(
                rows=("order.placed_at",),
                columns=("product.category",),
                values="amount",
                aggregate="sum",
                chart="bar",
                by="month",
            ),
        ),
    )
    SavedReport.objects.get_or_create(
        name=REPORT,
        owner=user,
        defaults={"resource": plan.resource, "plan": plan.as_data()},
    )


def _seed_schedule() -> None:
    """Let the report be mailed to demo on the first of each month at seven."""
    report = SavedReport.objects.filter(name=REPORT, owner__username=DEMO_USER).first()
    if report is None or report.schedules.exists():
        return
    schedules.save(
        Schedule(
            report=report,
            owner=report.owner,
            every=Schedule.Every.MONTH,
            day=1,
            at=datetime.time(7),
            time_zone=timezone.get_default_timezone_name(),
            recipients=[DEMO_ADDRESS],
        )
    )
