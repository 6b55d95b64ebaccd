"""A process that works on a job is killed or stopped in the middle of it, or it does not count."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil

from tests.chaos.site import Person, Site, wait_for
from tests.chaos.watching import Watcher

TRIES = 8
GOES_ON_WITHIN = 30.0  # seconds
ENDED = ("done", "failed", "cancelled")
NAMES = [
    "state",
    "attempt",
    "rows",
    "created",
    "updated",
    "unchanged",
    "failed",
    "message",
    "staged",
]
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """What a fault met, and what came of it."""

    kind: str
    phase: str
    """What the job was doing, as the bar said."""
    percent: float
    chunks: tuple[int, int]
    """How many were staged and loaded."""
    wait: float
    """Seconds until the job went on."""

    def __str__(self) -> str:
        staged, loaded = self.chunks
        return (
            f"{self.kind} while {self.phase} at {self.percent:.0f} %, {staged} chunks"
            f" staged and {loaded} loaded: went on after {self.wait:.1f} s"
        )


def until_it_hits(
    luck: random.Random,
    span: tuple[float, float],
    fault: Callable[[float], Found | None],
) -> Found:
    """Cause a fault at a random moment (percent); again, earlier, with another job, if it came
    too late: `fault` returns None then. Fails when it never hits."""
    least, most = span
    for _try in range(TRIES):
        percent = luck.uniform(least, most)
        found = fault(percent)
        if found is not None:
            return found
        most = percent
    raise AssertionError(f"the job was over each of {TRIES} times")


def state_of(site: Site, job: str) -> dict[str, Any]:
    """Return what the database says of a job; `chunks` and `loaded` count chunks."""
    chunks = "SELECT count(*) FROM dataio_chunk c WHERE c.job_id = j.id"
    counts = f"({chunks}), ({chunks} AND c.state = 'loaded')"
    statement = f"SELECT {', '.join(NAMES)}, {counts} FROM dataio_job j WHERE id = ?"
    found = site.rows(statement, job.replace("-", ""))
    return dict(zip([*NAMES, "chunks", "loaded"], found[0], strict=True))


def rests(site: Site, job: str) -> bool:
    """Tell whether nothing happens until a person decides: checked, or ended."""
    return state_of(site, job)["state"] in (*ENDED, "review")


@contextmanager
def begun(site: Site, demo: Person, *deed: str) -> Iterator[tuple[str, Watcher]]:
    """Start a job, see `tests.chaos.deed`; nobody takes it before it is watched."""
    with ExitStack() as stack:
        with site.asleep(*site.workers):
            job = site.do(*deed)
            watcher = stack.enter_context(Watcher(demo, job))
        yield job, watcher


def wait_for_percent(site: Site, watcher: Watcher, job: str, percent: float) -> bool:
    """Wait until the bar is that far; False when the job came to rest before."""
    wait_for(
        f"{percent} %",
        lambda: watcher.newest["percent"] >= percent or rests(site, job),
    )
    return not rests(site, job)


def strike(
    site: Site, watcher: Watcher, job: str, kind: str
) -> tuple[dict[str, Any], str] | None:
    """Cause a fault to a process that works on the job; None when there is none any more.

    kill -9 of child: the process of a worker that runs the task; worker: all its processes;
    leader: the one that started them. The worker is started again, as containers are.
    stop: SIGTERM to the worker, as a deploy sends it; it is not started again.

    Returns the job as it was, and the worker. Until then all processes that run tasks stand
    still, so that the one that is hit is in the middle of it.
    """
    with site.held():
        found, before = next(site.at_work(job), None), state_of(site, job)
        if found is None or before["state"] != "running":
            return None
        before |= {name: watcher.newest.get(name) for name in ("phase", "percent")}
        name, pid = found
        if kind == "child":
            psutil.Process(pid).kill()
        elif kind == "stop":
            site.ask_to_stop(name)
        else:
            site.kill(name, whole=kind == "worker")
    if kind in ("worker", "leader"):
        site.start_worker(name, ready=False)
    return before, name


def hit_at(
    site: Site, watcher: Watcher, job: str, percent: float, kind: str
) -> tuple[Hit, str] | None:
    """`strike` as soon as the bar is that far; return with the worker when the job went on."""
    if not wait_for_percent(site, watcher, job, percent):
        return None
    struck = strike(site, watcher, job, kind)
    if struck is None:
        return None
    started, (before, worker) = time.monotonic(), struck

    def goes_on() -> bool:
        now = state_of(site, job)
        pairs = [(one["attempt"], one["loaded"]) for one in (now, before)]
        return pairs[0] > pairs[1] or rests(site, job)

    wait_for("go on", goes_on)
    hit = Hit(
        kind=kind,
        phase=before["phase"] or "starting",
        percent=max(before["percent"] or 0, 0),
        chunks=(before["chunks"], before["loaded"]),
        wait=time.monotonic() - started,
    )
    return hit, worker


def in_spite_of(
    site: Site, watcher: Watcher, job: str, percent: float, kind: str
) -> Hit | None:
    """kill -9 as soon as the bar of any job is that far, and wait until the job rests."""
    struck = hit_at(site, watcher, job, percent, kind)
    wait_for("rest", lambda: rests(site, job), seconds=120)
    wait_for("100 %", lambda: watcher.newest["percent"] == 100)
    assert watcher.never_went_back(), watcher.percents
    if struck is None:
        return None
    assert struck[0].wait < GOES_ON_WITHIN, struck[0]
    return struck[0]


def tell(what: object) -> None:
    """Print at once what happened; pytest shows it with a failure, and `make chaos` always."""
    print(what, flush=True)  # noqa: T201  a run of an hour is watched
