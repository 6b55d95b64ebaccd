"""The peers from PyPI, each as its own documentation starts people off."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.contestants.task import Task
from benchmarks.shapes import header

if TYPE_CHECKING:
    from benchmarks.contestants import Work

XLSX = "import_export.formats.base_formats.XLSX"


def plain(task: Task) -> Work:
    return _import(task, {})


def bulk(task: Task) -> Work:
    if task.operation == "export":
        return _export(task)
    return _import(task, {"use_bulk": True, "skip_diff": True})


def bulk_with_caches(task: Task) -> Work:
    """As fast as it goes: categories and existing records are asked for once."""
    from import_export.instance_loaders import CachedInstanceLoader
    from import_export.widgets import CachedForeignKeyWidget

    options = {
        "use_bulk": True,
        "skip_diff": True,
        "instance_loader_class": CachedInstanceLoader,
    }
    return _import(task, options, CachedForeignKeyWidget)


def loop(task: Task) -> Work:
    """The sample that everyone starts from: the whole file in memory, one row at a time."""
    import pandas as pd

    from project.shop.models import Category

    if task.operation == "export":
        return _frame_to_excel(task)
    path, model, names = task.workbook, task.model, list(task.shape.fields)
    find = "get_or_create" if task.operation == "create" else "update_or_create"

    def work() -> None:
        frame = pd.read_excel(path, engine="openpyxl", keep_default_na=False)
        frame.columns = pd.Index(names)
        for _index, row in frame.iterrows():
            values = row.to_dict()
            category, _new = Category.objects.get_or_create(name=values["category"])
            getattr(model.objects, find)(
                sku=values.pop("sku"), defaults={**values, "category": category}
            )

    return work


def extensions(task: Task) -> Work:
    """Through a Celery worker of its own, which is there before the clock starts."""
    from import_export_extensions.models import ExportJob, ImportJob

    resource = f"benchmarks.contestants.peer_resources.{_named(task)}"
    _start_worker()

    def load() -> None:
        from django.core.files import File

        with task.workbook.open("rb") as stream:
            job = ImportJob.objects.create(
                resource_path=resource,
                resource_kwargs={},
                data_file=File(stream, task.workbook.name),
                skip_parse_step=True,
            )
        _wait(job, "import_status", "IMPORTED")

    def export() -> None:
        job = ExportJob.objects.create(
            resource_path=resource, resource_kwargs={}, file_format_path=XLSX
        )
        _wait(job, "export_status", "EXPORTED")

    return export if task.operation == "export" else load


def _import(
    task: Task, options: dict[str, Any], widget: Callable[..., Any] | None = None
) -> Work:
    from import_export.formats import base_formats

    from benchmarks.contestants.peer_resources import resource_of

    resource, path = resource_of(task.model, options, widget)(), task.workbook

    def work() -> None:
        dataset = base_formats.XLSX().create_dataset(path.read_bytes())
        result = resource.import_data(dataset, raise_errors=True)
        assert result.total_rows == task.shape.rows

    return work


def _export(task: Task) -> Work:
    from import_export.formats import base_formats

    from benchmarks.contestants.peer_resources import resource_of

    resource = resource_of(task.model, {}, None)()
    target = task.folder / "peer.xlsx"

    def work() -> None:
        records = task.model.objects.select_related("category")
        target.write_bytes(base_formats.XLSX().export_data(resource.export(records)))

    return work


def _frame_to_excel(task: Task) -> Work:
    import pandas as pd

    names = {name: header(name) for name in task.shape.fields}
    asked = ["category__name" if name == "category" else name for name in names]

    def work() -> None:
        frame = pd.DataFrame(list(task.model.objects.values_list(*asked)))
        frame.columns = pd.Index(list(names.values()))
        frame.to_excel(task.folder / "peer.xlsx", engine="openpyxl", index=False)

    return work


def _named(task: Task) -> str:
    return "ExtendedProduct" if task.shape.columns == 10 else "ExtendedWideProduct"


def _start_worker() -> None:
    from celery import current_app

    command = [sys.executable, "-m", "celery", "-q", "-A", "project.celery", "worker"]
    options = ["-c", "1", "-Q", "peers", "-n", "peers@localhost", "-l", "ERROR"]
    worker = subprocess.Popen([*command, *options], stdout=sys.stderr)
    _stop_at_exit(worker)
    while not current_app.control.ping(["peers@localhost"], timeout=1.0):
        assert worker.poll() is None, "the peer's worker did not start"


def _stop_at_exit(worker: subprocess.Popen[bytes]) -> None:
    import atexit

    def stop() -> None:
        worker.terminate()
        worker.wait(timeout=30)

    atexit.register(stop)


def _wait(job: Any, field: str, wanted: str) -> None:
    while getattr(job, field) != wanted:
        time.sleep(0.02)
        job.refresh_from_db()
        assert "ERROR" not in getattr(job, field), job.traceback
