"""Who is timed. Each makes ready what it needs, and returns the work that is timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

from benchmarks.contestants.task import Task
from benchmarks.shapes import CHECK, CREATE, EXPORT, UPDATE

Work: TypeAlias = Callable[[], float | None]
"""The timed work; returns its seconds when it knows them better than a clock around it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    title: str
    """As the table names it."""
    maker: str
    """Module and function that make its work ready."""
    operations: tuple[str, ...] = (CREATE, UPDATE, EXPORT)
    speed: int = 0
    """Rows per second to expect of its slowest operation, by which its workbook is cut;
    0: it takes every size."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_peer(self) -> bool:
        return bool(self.speed)

    def ready(self, task: Task) -> Work:
        """Make ready and return the work to time."""
        module, _dot, name = self.maker.rpartition(".")
        make: Callable[[Task], Work] = getattr(import_module(module), name)
        return make(task)


HERE = "benchmarks.contestants"
PEERS = {"BENCH_PEERS": "1"}
BOTH = (CREATE, UPDATE)
CONTESTANTS = {
    "limit": Contestant(
        title="the limit of two cores",
        maker=f"{HERE}.limits.together",
        operations=(CREATE, UPDATE, EXPORT),
    ),
    "parse": Contestant(
        title="the bare parse of the file, alone",
        maker=f"{HERE}.limits.parse",
        operations=(CREATE,),
    ),
    "write": Contestant(
        title="the bare load of its rows, alone",
        maker=f"{HERE}.limits.write",
        operations=BOTH,
    ),
    "dataio": Contestant(
        title="dataio",
        maker=f"{HERE}.dataio_jobs.through_workers",
        operations=(CREATE, UPDATE, CHECK, EXPORT),
    ),
    "one_process": Contestant(
        title="dataio, in one process",
        maker=f"{HERE}.dataio_jobs.in_one_process",
    ),
    "bulk_cached": Contestant(
        title="django-import-export, bulk, with its caches",
        maker=f"{HERE}.peers.bulk_with_caches",
        speed=800,
        environment=PEERS,
        operations=BOTH,
    ),
    "bulk": Contestant(
        title="django-import-export, bulk",
        maker=f"{HERE}.peers.bulk",
        speed=400,
        environment=PEERS,
    ),
    "plain": Contestant(
        title="django-import-export",
        maker=f"{HERE}.peers.plain",
        speed=250,
        environment=PEERS,
        operations=BOTH,
    ),
    "extensions": Contestant(
        title="django-import-export-extensions, through Celery",
        maker=f"{HERE}.peers.extensions",
        speed=150,
        environment=PEERS,
        operations=(CREATE, EXPORT),
    ),
    "loop": Contestant(
        title="pandas, openpyxl and get_or_create",
        maker=f"{HERE}.peers.loop",
        speed=120,
    ),
}
"""In the order in which they take turns."""
