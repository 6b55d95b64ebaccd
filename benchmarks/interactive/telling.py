"""What telling of progress costs a job: python -m benchmarks.interactive.telling 100000x10

An import in one process, in which every telling is timed: what it worked itself, and how long
the job waited for it, as shares of the job. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django


def main() -> None:
    django.setup()
    from benchmarks.contestants.dataio_jobs import in_one_process
    from benchmarks.contestants.task import Task, clear
    from benchmarks.shapes import CREATE, Shape
    from dataio.jobs import broadcast

    task = Task(operation=CREATE, shape=Shape.parse(sys.argv[1]))
    clear(task)
    work = in_one_process(task)
    spent = _timed(broadcast)
    started, worked = time.perf_counter(), time.process_time()
    work()
    seconds, own = time.perf_counter() - started, time.process_time() - worked
    figures = {
        "tellings": spent["tellings"],
        "share_of_work": round(spent["work"] / own, 4),
        "share_of_time": round(spent["time"] / seconds, 4),
    }
    print(json.dumps(figures))


def _timed(broadcast: Any) -> dict[str, float]:
    """Put a clock around the listener of every job from now on; return what it shows."""
    spent = {"tellings": 0, "work": 0.0, "time": 0.0}
    original: Callable[[Any], Callable[[Any], None]] = broadcast.reporter

    def reporter(job: Any) -> Callable[[Any], None]:
        inner = original(job)

        def tell(reading: Any) -> None:
            worked, started = time.thread_time(), time.perf_counter()
            inner(reading)
            spent["work"] += time.thread_time() - worked
            spent["time"] += time.perf_counter() - started
            spent["tellings"] += 1

        return tell

    broadcast.reporter = reporter
    return spent


if __name__ == "__main__":
    main()
