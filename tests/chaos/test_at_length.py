"""`make chaos`: the same faults at many random moments, with the settings of a real site."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.chaos import faults
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


def moments(luck: random.Random, most: float = 95) -> Iterator[float]:
    """Yield percents of the bar."""
    for _number in range(TIMES):
        yield luck.uniform(1, most)


@BOTH
def test_another_worker_goes_on_after_each_kill(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for number, moment in enumerate(moments(luck)):
        site.start_missing(*WORKERS)
        kind = KINDS[number % len(KINDS)]
        waits = faults.import_under_fire(site, demo, book, [(moment, kind)], *how)
        print(f"{number}: {kind} at {moment:.0f} % went on after {waits}")  # noqa: T201
        assert max(waits, default=0) < faults.GOES_ON_WITHIN


@BOTH
def test_each_cancelled_import_says_what_is_in(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for moment in moments(luck):
        site.start_missing(*WORKERS)
        told = faults.cancel_at(site, demo, book, moment, *how)
        print(f"at {moment:.0f} %: {told}")  # noqa: T201
        if how and told["state"] == "cancelled":
            assert book.holds(site) == (0, 0)


@BOTH
def test_each_deploy_loses_nothing(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for moment in moments(luck):
        site.start_missing(*WORKERS)
        wait = faults.deploy_at(site, demo, book, moment, *how)
        print(f"at {moment:.0f} %: went on after {wait}")  # noqa: T201


@BOTH
def test_redis_may_die_at_each_moment(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for moment in moments(luck):
        site.start_missing(*WORKERS)
        faults.kill_redis_at(site, demo, book, moment, *how)
        print(f"at {moment:.0f} %: well")  # noqa: T201


def test_exports_and_undos_go_on_after_a_kill(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    for number in range(max(1, TIMES // 4)):
        site.start_missing(*WORKERS)
        kind = KINDS[number % len(KINDS)]
        book.prepare(site)
        job = site.do("import", str(book.path))
        wait_for("the import", lambda one=job: faults.rests(site, one))
        export = faults.done_in_spite_of(
            site, demo, site.do("export"), luck.uniform(5, 70), kind
        )
        assert export["rows"] == site.one("SELECT count(*) FROM shop_product")
        undo = faults.done_in_spite_of(
            site, demo, site.do("undo", job), luck.uniform(5, 70), kind
        )
        assert (undo["created"], undo["updated"]) == (book.rows // 2, book.rows // 2)
        assert book.holds(site) == (0, 0)
        print(f"{number}: {kind}: {export} {undo}")  # noqa: T201
