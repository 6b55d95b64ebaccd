"""Faults in the middle of an import, and what must be seen of it.

Each is caused while somebody works on the job, or it does not count: see `until_it_hits`.
"""

from __future__ import annotations

from typing import Any

from tests.chaos.books import Book
from tests.chaos.site import Person, Site, wait_for
from tests.chaos.striking import (
    GOES_ON_WITHIN,
    Hit,
    begun,
    hit_at,
    in_spite_of,
    rests,
    state_of,
    wait_for_percent,
)
from tests.chaos.watching import Watcher

CHUNK_ROWS = 3_000


def is_right(site: Site, book: Book, job: str) -> None:
    """Every row is in once, with every value right, and so the counts say."""
    told = state_of(site, job)
    assert (told["state"], told["rows"], told["failed"]) == ("done", book.rows, 0), told
    half = book.rows // 2
    assert (told["created"], told["updated"], told["unchanged"]) == (half, half, 0)
    assert book.is_in(site)


def import_under_fire(
    site: Site, demo: Person, book: Book, percent: float, kind: str, *how: str
) -> Hit | None:
    """Import the book, with a kill as soon as the bar is that far."""
    book.prepare(site)
    with begun(site, demo, "import", str(book.path), *how) as (job, watcher):
        hit = in_spite_of(site, watcher, job, percent, kind)
    is_right(site, book, job)
    return hit


def cancel_at(
    site: Site, demo: Person, book: Book, percent: float, *how: str
) -> dict[str, Any] | None:
    """Cancel an import as soon as the bar is that far; see what is in, and what it says.

    Returns None when all was in before the click.
    """
    book.prepare(site)
    with begun(site, demo, "import", str(book.path), *how) as (job, watcher):
        wait_for_percent(site, watcher, job, percent)
        demo.cancel(job)
        wait_for("rest", lambda: rests(site, job), GOES_ON_WITHIN)
        wait_for("last message", lambda: watcher.newest["complete"])
    # A chunk that was being written when the job ended is counted a moment later.
    wait_for("quiet", lambda: site.leaves_alone(job))
    told = state_of(site, job)
    assert book.holds(site) == (told["created"], told["updated"]), told
    if told["state"] == "done":
        is_right(site, book, job)
        return None
    done = told["created"] + told["updated"]
    # It ran: what waits is cancelled otherwise.
    assert (told["state"], told["attempt"]) == ("cancelled", 1)
    assert done % CHUNK_ROWS == 0
    assert told["message"].startswith("Cancelled")
    whole = told["staged"] and done == told["rows"]
    said = "all rows" if whole else f"{done:,} "
    assert (said if done else "Nothing was imported") in told["message"], told
    assert told["message"] in demo.words(f"jobs/{job}/")
    return told


def deploy_at(
    site: Site, demo: Person, book: Book, percent: float, *how: str
) -> Hit | None:
    """Stop the worker at work and the web server by SIGTERM as soon as the bar is that far."""
    book.prepare(site)
    with begun(site, demo, "import", str(book.path), *how) as (job, watcher):
        links, struck = watcher.links, hit_at(site, watcher, job, percent, "stop")
        if struck:
            site.restart_web()
        wait_for("rest", lambda: rests(site, job))
        wait_for("last message", lambda: watcher.newest["complete"])
        if struck:
            wait_for("a socket to the new web server", lambda: watcher.links > links)
    is_right(site, book, job)
    assert watcher.never_went_back(), watcher.percents
    if struck is None:
        return None
    hit, worker = struck
    assert hit.wait < GOES_ON_WITHIN, hit
    wait_for(f"the end of {worker}", lambda: site.stopped(worker) == 0)
    assert state_of(site, job)["attempt"] <= 2
    return hit


def kill_redis_at(
    site: Site, demo: Person, book: Book, percent: float, *how: str
) -> float | None:
    """kill -9 Redis as soon as the bar is that far; start it when the page has missed it.

    Returns where the bar was; None when all was in before.
    """
    book.prepare(site)
    draft = site.do("import", str(book.path), "draft")
    with (
        Watcher(demo, draft) as idle,
        begun(site, demo, "import", str(book.path), *how) as (job, watcher),
    ):
        wait_for_percent(site, watcher, job, percent)
        seen = watcher.newest["percent"]
        site.kill("redis")
        hit = state_of(site, job)["state"] == "running"
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
    return seen if hit else None
