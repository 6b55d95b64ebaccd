"""manage.py shop_samples"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from project.shop.samples import make_samples


class Command(BaseCommand):
    help = "Make sample workbooks: products, 1,000 clean, 500 dirty and 100,000; and orders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=settings.VAR_DIR / "samples"
        )

    def handle(self, *, folder: Path, **options: Any) -> None:
        for path in make_samples(folder):
            self.stdout.write(str(path))
