"""manage.py shop_seed"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from project.shop.models import Product
from project.shop.seed import DEMO_PASSWORD, DEMO_USER, seed_demo_user, seed_shop


class Command(BaseCommand):
    help = (
        "Add a demo user and demo data. Rows that are there already stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="add the data only when there is no product at all",
        )

    def handle(self, *, if_empty: bool, **options: Any) -> None:
        if seed_demo_user():
            self.stdout.write(f"Made the user {DEMO_USER} / {DEMO_PASSWORD}.")
        if not (if_empty and Product.objects.exists()):
            seed_shop()
            self.stdout.write(f"The shop has {Product.objects.count()} products.")
