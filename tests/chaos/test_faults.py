"""Faults in the middle of a job, caused for real; `make chaos` causes more of them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.chaos import faults, striking
from tests.chaos.books import Book
from tests.chaos.site import Person, Site, running_site, wait_for

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
    kinds = {"import": "child", "load": "worker"}
    """Of which processes are killed while the file is checked, and while it is loaded."""
    most = dict.fromkeys(kinds, 80.0)
    for _try in range(striking.TRIES):
        book.prepare(site)
        arguments = ["import", str(book.path), "check"]
        for step in ("import", "load"):
            percent = luck.uniform(1, most[step])
            with striking.begun(site, demo, *arguments) as (job, watcher):
                kind = kinds.get(step, "")
                if kind and striking.in_spite_of(site, watcher, job, percent, kind):
                    del kinds[step]
                most[step] = percent
                wait_for("rest", lambda it=job: striking.rests(site, it))
            arguments = ["load", job]
        faults.is_right(site, book, job)
        if not kinds:
            return
    raise AssertionError(f"never hit: {kinds}")


def test_messages_that_come_again_do_nothing(site: Site, demo: Person, book: Book):
    for _try in range(striking.TRIES):
        book.prepare(site)
        with striking.begun(site, demo, "import", str(book.path)) as (job, _watcher):
            wait_for("chunks", lambda it=job: striking.state_of(site, it)["chunks"] > 1)
            # The workers take nothing new, so that chunks are left to be taken twice.
            with site.asleep(*WORKERS):
                site.do("again", job)
                site.do("again", job)
                hit = striking.state_of(site, job)["state"] == "running"
            wait_for("rest", lambda it=job: striking.rests(site, it))
        faults.is_right(site, book, job)
        if hit:
            break
    assert hit, "the job was over each time"
    stamps = "SELECT max(updated_at), count(*) FROM shop_product WHERE sku LIKE 'C-%'"
    before, left = (site.rows(stamps), striking.state_of(site, job)), site.messages
    site.do("again", job)
    wait_for("quiet", lambda: site.messages <= left)
    assert (site.rows(stamps), striking.state_of(site, job)) == before


def test_a_deploy_in_mid_job_loses_nothing(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    hit = striking.until_it_hits(
        luck, (5, 80), lambda at: faults.deploy_at(site, demo, book, at)
    )
    assert hit.wait < striking.GOES_ON_WITHIN


def test_redis_may_die_in_mid_job(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    striking.until_it_hits(
        luck, (5, 80), lambda at: faults.kill_redis_at(site, demo, book, at)
    )


@pytest.mark.parametrize("how", [(), ("atomic",)], ids=["chunks", "all-or-nothing"])
def test_a_cancelled_import_says_what_is_in(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    striking.until_it_hits(
        luck, (20, 70), lambda at: faults.cancel_at(site, demo, book, at, *how)
    )
    if how:
        assert book.holds(site) == (0, 0)


def test_a_waiting_import_is_cancelled_at_once(site: Site, demo: Person, book: Book):
    book.prepare(site)
    left = site.messages
    with site.asleep(*WORKERS):
        job = site.do("import", str(book.path))
        assert striking.state_of(site, job)["state"] == "waiting"
        demo.cancel(job)
        told = striking.state_of(site, job)
        assert (told["state"], told["attempt"]) == ("cancelled", 0)
        assert told["message"] == "Cancelled before it started."
    wait_for("quiet", lambda: site.messages <= left)
    assert striking.state_of(site, job) == told
    assert book.holds(site) == (0, 0)
