"""`make chaos`: the same faults at many random moments, with the settings of a real site."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.chaos import faults, striking
from tests.chaos.books import Book
from tests.chaos.site import Person, Site, running_site, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3_600)]

TIMES = int(os.environ.get("CHAOS_TIMES", "20"))
WORKERS = ("worker1", "worker2")
KINDS = ["child", "worker", "leader"]
BOTH = pytest.mark.parametrize(
    "how", [(), ("atomic",)], ids=["chunks", "all-or-nothing"]
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("chaos") / "var"
    size = str(faults.CHUNK_ROWS)
    with running_site(var, *WORKERS, DATAIO_CHUNK_ROWS=size) as found:
        yield found


@pytest.fixture(scope="module")
def demo(site: Site) -> Person:
    return Person(site)


@BOTH
def test_another_worker_goes_on_after_each_kill(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    met = Counter[str]()
    for number in range(TIMES):
        site.start_missing(*WORKERS)
        kind = KINDS[number % len(KINDS)]
        hit = striking.until_it_hits(
            luck,
            (0, 97),
            lambda percent, kind=kind: faults.import_under_fire(
                site, demo, book, percent, kind, *how
            ),
        )
        assert hit.wait < striking.GOES_ON_WITHIN
        met[hit.phase] += 1
        striking.tell(f"{number}: {hit}")
    striking.tell(f"{sum(met.values())} kills: {dict(met)}")


@BOTH
def test_each_cancelled_import_says_what_is_in(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for number in range(TIMES):
        site.start_missing(*WORKERS)
        told = striking.until_it_hits(
            luck,
            (1, 95),
            lambda percent: faults.cancel_at(site, demo, book, percent, *how),
        )
        striking.tell(f"{number}: {told}")
        if how:
            assert book.holds(site) == (0, 0)


@BOTH
def test_each_deploy_loses_nothing(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for number in range(TIMES):
        site.start_missing(*WORKERS)
        hit = striking.until_it_hits(
            luck,
            (1, 95),
            lambda percent: faults.deploy_at(site, demo, book, percent, *how),
        )
        assert hit.wait < striking.GOES_ON_WITHIN
        striking.tell(f"{number}: {hit}")


@BOTH
def test_redis_may_die_at_each_moment(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for number in range(TIMES):
        site.start_missing(*WORKERS)
        percent = striking.until_it_hits(
            luck,
            (1, 95),
            lambda percent: faults.kill_redis_at(site, demo, book, percent, *how),
        )
        striking.tell(f"{number}: at {percent:.0f} %")


def test_exports_go_on_after_a_kill(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    book.prepare(site)
    there = site.one("SELECT count(*) FROM shop_product")

    def export(percent: float, kind: str) -> striking.Hit | None:
        with striking.begun(site, demo, "export") as (job, watcher):
            hit = striking.in_spite_of(site, watcher, job, percent, kind)
        told = striking.state_of(site, job)
        assert (told["state"], told["rows"]) == ("done", there)
        return hit

    for number in range(max(3, TIMES // 4)):
        site.start_missing(*WORKERS)
        kind = KINDS[number % len(KINDS)]
        hit = striking.until_it_hits(
            luck, (1, 90), lambda at, how=kind: export(at, how)
        )
        striking.tell(f"{number}: {hit}")


def test_undos_go_on_after_a_kill(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    def undo(percent: float, kind: str) -> striking.Hit | None:
        book.prepare(site)
        done = site.do("import", str(book.path))
        wait_for("the import", lambda: striking.rests(site, done))
        with striking.begun(site, demo, "undo", done) as (job, watcher):
            hit = striking.in_spite_of(site, watcher, job, percent, kind)
        told, half = striking.state_of(site, job), book.rows // 2
        assert (told["state"], told["created"], told["updated"]) == ("done", half, half)
        assert book.holds(site) == (0, 0)
        return hit

    for number in range(max(3, TIMES // 4)):
        site.start_missing(*WORKERS)
        kind = KINDS[number % len(KINDS)]
        hit = striking.until_it_hits(luck, (1, 90), lambda at, how=kind: undo(at, how))
        striking.tell(f"{number}: {hit}")
