"""`make chaos`: the same faults at twenty random moments each, with the settings of a real site."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.chaos import faults
from tests.chaos.books import Book
from tests.chaos.site import Person, Site, running_site

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3_600)]

TIMES = int(os.environ.get("CHAOS_TIMES", "20"))
WORKERS = ("worker1", "worker2")
KINDS = ["child", "worker", "leader"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("chaos") / "var"
    with running_site(var, *WORKERS, DATAIO_CHUNK_ROWS="4000") as found:
        yield found


@pytest.fixture(scope="module")
def demo(site: Site) -> Person:
    return Person(site)


@pytest.mark.parametrize("how", [(), ("atomic",)], ids=["chunks", "all-or-nothing"])
def test_another_worker_goes_on_after_each_kill(
    site: Site, demo: Person, book: Book, luck: random.Random, how: tuple[str, ...]
):
    for number in range(TIMES):
        site.start_missing(*WORKERS)
        moments = [(luck.uniform(1, 95), KINDS[number % len(KINDS)])]
        waits = faults.import_under_fire(site, demo, book, moments, *how)
        print(f"{number}: {moments} went on after {waits}")  # noqa: T201
        assert max(waits, default=0) < faults.GOES_ON_WITHIN
