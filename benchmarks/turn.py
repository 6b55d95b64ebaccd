"""One turn of one contestant, in a process of its own: prints one JSON object.

python -m benchmarks.turn dataio create 10000x10

On the site that the environment names. Timed is the work alone, not the start of Python, the
choice of columns or the emptying of the table; and the work of all processes of the site.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from benchmarks.contestants import CONTESTANTS
from benchmarks.contestants.task import Task, clear
from benchmarks.shapes import CREATE, EXPORT, Shape
from benchmarks.watch import worked


def main(name: str, operation: str, shape: str) -> dict[str, Any]:
    import django

    django.setup()
    task = Task(operation=operation, shape=Shape.parse(shape))
    if operation == CREATE:
        clear(task)
    work = CONTESTANTS[name].ready(task)
    families = [*task.families, os.getpid()]
    before, started = worked(families), time.perf_counter()
    own = work()
    clock = time.perf_counter() - started
    seconds = clock if own is None else own
    return {
        "seconds": round(seconds, 4),
        "cpu_seconds": round(worked(families) - before, 2),
        "rows": task.shape.rows,
        "held": -1 if operation == EXPORT else task.model.objects.count(),
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
