"""What a contestant is to do, and the table that it does it to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.shapes import CREATE, UPDATE, Shape
from tests.stack import ROOT


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    operation: str
    shape: Shape

    @property
    def workbook(self) -> Path:
        """The file to import; of the second version for everything but creating."""
        from benchmarks.workbooks import workbook

        version = CREATE if self.operation == CREATE else UPDATE
        return workbook(ROOT / "var" / "bench", self.shape, version)

    @property
    def data(self) -> Path:
        """The same rows as Parquet."""
        return self.workbook.with_suffix(".parquet")

    @property
    def folder(self) -> Path:
        """A folder for whatever the work writes."""
        folder = Path(os.environ["DATAIO_VAR"]) / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def model(self) -> Any:
        """The model of the table."""
        from django.apps import apps

        return apps.get_model(self.shape.resource)

    @property
    def families(self) -> list[int]:
        """First processes of the families that work for the site."""
        return [int(pid) for pid in os.environ["BENCH_FAMILIES"].split(",") if pid]


def clear(task: Task) -> None:
    """Leave an empty table, the categories, and no job of earlier turns."""
    from django.conf import settings

    from dataio.models import Job
    from project.shop.goods import NOUNS
    from project.shop.models import Category

    Job.objects.all().delete()
    for folder in (Path(settings.DATAIO_ROOT), task.folder):
        shutil.rmtree(folder, ignore_errors=True)
    _empty(task.model._meta.db_table)
    for name in NOUNS:
        Category.objects.get_or_create(name=name)


def _empty(table: str) -> None:
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'TRUNCATE "{table}" CASCADE')
        return
    with _without_references(), connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}"')


@contextmanager
def _without_references() -> Iterator[None]:
    """Let SQLite empty a table in one go, orders of demo customers or not."""
    from django.db import connection

    connection.disable_constraint_checking()
    try:
        yield
    finally:
        connection.enable_constraint_checking()
