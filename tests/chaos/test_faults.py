"""Faults in the middle of a job, caused for real; `make chaos` causes more of them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.chaos import faults
from tests.chaos.books import Book
from tests.chaos.site import Person, Site, running_site, wait_for
from tests.chaos.watching import Watcher

WORKERS = ("worker1", "worker2")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workers, small chunks; the dead are missed sooner than by default, to save time."""
    var = tmp_path_factory.mktemp("faults") / "var"
    settings = {
        "DATAIO_CHUNK_ROWS": str(faults.CHUNK_ROWS),
        "DATAIO_STALLED_SECONDS": "6",
    }
    with running_site(var, *WORKERS, **settings) as found:
        yield found


@pytest.fixture(scope="module")
def demo(site: Site) -> Person:
    return Person(site)


@pytest.fixture(autouse=True)
def all_run(site: Site) -> None:
    """Whatever the test before has killed is there again."""
    site.start_missing(*WORKERS)


def test_another_worker_goes_on_after_a_kill(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    book.prepare(site)
    job = site.do("import", str(book.path), "check")
    waits = []
    for percent, kind in [
        (luck.uniform(5, 60), "child"),
        (luck.uniform(5, 80), "worker"),
    ]:
        with Watcher(demo, job) as watcher:
            if faults.wait_for_percent(site, watcher, job, percent):
                fault = lambda how=kind: faults.kill(site, job, how)  # noqa: E731
                waits.append(faults.seconds_until_it_goes_on(site, job, fault))
            wait_for("rest", lambda: faults.rests(site, job))
            wait_for("100 %", lambda: watcher.newest["percent"] == 100)
        assert watcher.never_went_back(), watcher.percents
        if faults.state_of(site, job)["state"] == "review":
            site.do("load", job)
    faults.is_right(site, book, job)
    assert max([wait or 0 for wait in waits]) < faults.GOES_ON_WITHIN, waits


def test_messages_that_come_again_do_nothing(site: Site, book: Book):
    book.prepare(site)
    job = site.do("import", str(book.path))
    wait_for("chunks", lambda: faults.state_of(site, job)["loaded"])
    site.do("again", job)
    site.do("again", job)
    wait_for("rest", lambda: faults.rests(site, job))
    faults.is_right(site, book, job)
    stamps = "SELECT max(updated_at), count(*) FROM shop_product WHERE sku LIKE 'C-%'"
    before, left = (site.rows(stamps), faults.state_of(site, job)), site.messages
    site.do("again", job)
    wait_for("quiet", lambda: site.messages <= left)
    assert (site.rows(stamps), faults.state_of(site, job)) == before


def test_a_deploy_in_mid_job_loses_nothing(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    faults.deploy_at(site, demo, book, luck.uniform(5, 80))


def test_redis_may_die_in_mid_job(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    faults.kill_redis_at(site, demo, book, luck.uniform(5, 80))


@pytest.mark.parametrize("how", [(), ("atomic",)], ids=["chunks", "all-or-nothing"])
def test_a_cancelled_import_says_what_is_in(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    told = faults.cancel_at(site, demo, book, luck.uniform(30, 70), *how)
    if how and told["state"] == "cancelled":
        assert book.holds(site) == (0, 0)


def test_a_waiting_import_is_cancelled_at_once(site: Site, demo: Person, book: Book):
    book.prepare(site)
    left = site.messages
    with site.asleep(*WORKERS):
        job = site.do("import", str(book.path))
        assert faults.state_of(site, job)["state"] == "waiting"
        demo.cancel(job)
        told = faults.state_of(site, job)
        assert (told["state"], told["attempt"]) == ("cancelled", 0)
        assert told["message"] == "Cancelled before it started."
    wait_for("quiet", lambda: site.messages <= left)
    assert faults.state_of(site, job) == told
    assert book.holds(site) == (0, 0)
