"""Faults, and what must be seen of a job that met one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psutil

from tests.chaos.books import Book
from tests.chaos.site import Person, Site, wait_for
from tests.chaos.watching import Watcher

GOES_ON_WITHIN = 30.0  # seconds
CHUNK_ROWS = 3_000
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
]


def state_of(site: Site, job: str) -> dict[str, Any]:
    """Return what the database says of a job; `loaded` counts chunks."""
    chunks = "(SELECT count(*) FROM dataio_chunk c WHERE c.job_id = j.id AND c.state = 'loaded')"
    statement = f"SELECT {', '.join(NAMES)}, {chunks} FROM dataio_job j WHERE id = ?"
    found = site.rows(statement, job.replace("-", ""))
    return dict(zip([*NAMES, "loaded"], found[0], strict=True))


def rests(site: Site, job: str) -> bool:
    """Tell whether nothing happens until a person decides: checked, or ended."""
    return state_of(site, job)["state"] in (*ENDED, "review")


def wait_for_percent(site: Site, watcher: Watcher, job: str, percent: float) -> bool:
    """Wait until the bar is that far; False when the job came to rest before."""
    wait_for(
        f"{percent} %",
        lambda: watcher.newest["percent"] >= percent or rests(site, job),
    )
    return not rests(site, job)


def kill(site: Site, job: str, kind: str) -> bool:
    """kill -9 a process that works on the job; False when there is none any more.

    child: the process of a worker that runs the task; worker: all its processes;
    leader: the one that started them. The worker is started again, as containers are.
    """
    found = next(site.at_work(job), None)
    if found is None:
        return False
    name, pid = found
    if kind == "child":
        try:
            psutil.Process(pid).kill()
        except psutil.NoSuchProcess:
            return False
    else:
        site.kill(name, whole=kind == "worker")
        site.start_worker(name, ready=False)
    return True


def seconds_until_it_goes_on(
    site: Site, job: str, fault: Callable[[], bool]
) -> float | None:
    """Cause a fault; return when the job went on, None when it could not be caused."""
    before = state_of(site, job)
    if not fault():
        return None
    started = time.monotonic()

    def goes_on() -> bool:
        now = state_of(site, job)
        pairs = [(one["attempt"], one["loaded"]) for one in (now, before)]
        return pairs[0] > pairs[1] or rests(site, job)

    wait_for("go on", goes_on)
    return time.monotonic() - started


def is_right(site: Site, book: Book, job: str) -> None:
    """Every row is in once, with every value right, and so the counts say."""
    told = state_of(site, job)
    assert (told["state"], told["rows"], told["failed"]) == ("done", book.rows, 0), told
    half = book.rows // 2
    assert (told["created"], told["updated"], told["unchanged"]) == (half, half, 0)
    assert book.is_in(site)


def import_under_fire(
    site: Site, demo: Person, book: Book, moments: list[tuple[float, str]], *how: str
) -> list[float]:
    """Import the book, with a kill as soon as the bar is past each moment (percent).

    Returns the seconds after which the job went on.
    """
    book.prepare(site)
    job = site.do("import", str(book.path), *how)
    waits = []
    with Watcher(demo, job) as watcher:
        for percent, kind in moments:
            if wait_for_percent(site, watcher, job, percent):
                waits.append(
                    seconds_until_it_goes_on(
                        site, job, lambda how=kind: kill(site, job, how)
                    )
                )
        wait_for("rest", lambda: rests(site, job), seconds=120)
        wait_for("last message", lambda: watcher.newest["complete"])
    is_right(site, book, job)
    assert watcher.never_went_back(), watcher.percents
    assert watcher.newest["percent"] == 100
    return [wait for wait in waits if wait is not None]


def cancel_at(
    site: Site, demo: Person, book: Book, percent: float, *how: str
) -> dict[str, Any]:
    """Cancel an import as soon as the bar is that far; see what is in, and what it says."""
    book.prepare(site)
    job = site.do("import", str(book.path), *how)
    with Watcher(demo, job) as watcher:
        wait_for_percent(site, watcher, job, percent)
        demo.cancel(job)
        wait_for("rest", lambda: rests(site, job), GOES_ON_WITHIN)
        wait_for("last message", lambda: watcher.newest["complete"])
    # A chunk that was being written when the job ended is counted a moment later.
    wait_for("quiet", lambda: site.leaves_alone(job))
    told = state_of(site, job)
    assert book.holds(site) == (told["created"], told["updated"]), told
    if told["state"] == "done":  # all was in when the click came
        is_right(site, book, job)
        return told
    done = told["created"] + told["updated"]
    assert told["state"] == "cancelled"
    assert done % CHUNK_ROWS == 0
    assert told["message"].startswith("Cancelled")
    assert (f"{done:,}" if done else "Nothing was imported") in told["message"]
    assert told["message"] in demo.words(f"jobs/{job}/")
    return told


def deploy_at(
    site: Site, demo: Person, book: Book, percent: float, *how: str
) -> float | None:
    """Stop the worker at work and the web server by SIGTERM as soon as the bar is that far.

    Returns the seconds after which another worker went on; None: there was nothing to stop.
    """
    book.prepare(site)
    job = site.do("import", str(book.path), *how)
    with Watcher(demo, job) as watcher:
        wait_for_percent(site, watcher, job, percent)
        at_work = [name for name, _pid in site.at_work(job)][:1]
        links, wait = watcher.links, None
        for name in at_work:
            wait = seconds_until_it_goes_on(
                site, job, lambda who=name: bool(site.ask_to_stop(who))
            )
        site.restart_web()
        wait_for("rest", lambda: rests(site, job))
        wait_for("last message", lambda: watcher.newest["complete"])
        wait_for("a socket to the new web server", lambda: watcher.links > links)
    is_right(site, book, job)
    assert watcher.never_went_back(), watcher.percents
    assert (wait or 0) < GOES_ON_WITHIN
    for name in at_work:
        wait_for(f"the end of {name}", lambda who=name: site.stopped(who) == 0)
    assert state_of(site, job)["attempt"] <= 1 + len(at_work)
    return wait


def kill_redis_at(
    site: Site, demo: Person, book: Book, percent: float, *how: str
) -> None:
    """kill -9 Redis as soon as the bar is that far; start it when the page has missed it."""
    book.prepare(site)
    draft = site.do("import", str(book.path), "draft")
    job = site.do("import", str(book.path), *how)
    with Watcher(demo, job) as watcher, Watcher(demo, draft) as idle:
        wait_for_percent(site, watcher, job, percent)
        site.kill("redis")
        wait_for("a bar that is asked for", lambda: watcher.asked)
        site.start_redis()
        wait_for("rest", lambda: rests(site, job))
        wait_for("last message", lambda: watcher.newest["complete"])
        # Beat, a worker and the sockets that were open all along are with the new Redis.
        site.wait_for_workers()
        wait_for("beat and a worker", lambda: site.was_rescued())
        demo.cancel(draft)
        wait_for("a message by socket", lambda: idle.heard[-1]["complete"])
    is_right(site, book, job)
    assert watcher.never_went_back(), watcher.percents
    assert state_of(site, job)["attempt"] == 1
    assert site.all_live()


def done_in_spite_of(
    site: Site, demo: Person, job: str, percent: float, kind: str
) -> dict[str, Any]:
    """kill -9 as soon as the bar of any job is that far; return what it says at its end."""
    with Watcher(demo, job) as watcher:
        wait = None
        if wait_for_percent(site, watcher, job, percent):
            wait = seconds_until_it_goes_on(site, job, lambda: kill(site, job, kind))
        wait_for("rest", lambda: rests(site, job))
        wait_for("last message", lambda: watcher.newest["complete"])
    told = state_of(site, job)
    assert told["state"] == "done", told
    assert watcher.never_went_back(), watcher.percents
    assert (wait or 0) < GOES_ON_WITHIN
    return told | {"wait": wait}
